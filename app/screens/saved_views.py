"""Saved views: a list's filters, search, order and columns under a name, for one person or for everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, select, update
from sqlalchemy.orm import Mapped, Session

from app.data import Record, choice, flag, long_text
from app.data import text as text_field
from app.identity.principal import Principal
from app.tenancy.configuration import by_configuration

SHARERS = frozenset({"owner", "admin", "manager"})
"""Roles that may share a view with everybody."""
LIMIT = 50
"""Views of one resource that a person is shown."""


class SavedView(Record):
    """What the list of one resource was asked for, as its address says it."""

    __label__ = "name"
    __config__ = True
    __table_args__ = (Index("ix_saved_view_resource", "tenant_id", "resource", "created_by"),)

    resource: Mapped[str] = text_field(max_length=100, label=_l("Records"), immutable=True)
    name: Mapped[str] = text_field(max_length=60, label=_l("Name"))
    query: Mapped[str] = long_text(max_length=4_000, label=_l("Question"))
    audience: Mapped[str] = choice(
        ("private", _l("Only me")), ("shared", _l("Everybody")), default="private", label=_l("For")
    )
    is_default: Mapped[bool] = flag(label=_l("Open the list with this view"))


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as every list reads it, remembered from one request to the next; or one that its plugin declares
    (`audience` is then empty, and nobody changes it)."""

    id: UUID | str
    name: str
    query: str
    audience: str
    is_default: bool
    created_by: UUID | None


def views_for(session: Session, person: Principal, resource: str) -> Sequence[View]:
    """The views a person sees on a resource: their own and the shared ones, by name."""
    views: Mapping[str, list[View]] = by_configuration(session, person, "saved_views", _load)
    found = [one for one in views.get(resource, ()) if one.created_by == person.uid or one.audience == "shared"]
    return found[:LIMIT]


def _load(session: Session) -> Mapping[str, list[View]]:
    """All views of the tenant by resource: they are few, and change rarely."""
    columns = [getattr(SavedView, name) for name in View.__slots__]
    found: dict[str, list[View]] = defaultdict(list)
    for resource, *values in session.execute(
        select(SavedView.resource, *columns).order_by(SavedView.name, SavedView.id)
    ):
        found[resource].append(View(*values))
    return found


def default_view(views: Sequence[View], person: Principal) -> View | None:
    """The view a list opens with: one's own choice before everybody's."""
    chosen = [view for view in views if view.is_default]
    own = [view for view in chosen if view.created_by == person.uid]
    return next(iter(own or chosen), None)


def may_change(view: SavedView | View, person: Principal) -> bool:
    """A view is changed by who made it; a shared one by those who may share, too."""
    return view.created_by == person.uid or (view.audience == "shared" and may_share(person))


def may_share(person: Principal) -> bool:
    return person.is_owner or bool(SHARERS.intersection(person.roles))


def make_only_default(session: Session, view: SavedView) -> None:
    """At most one default per audience: the one of a person, the one of everybody."""
    others = update(SavedView).where(
        SavedView.resource == view.resource, SavedView.audience == view.audience, SavedView.id != view.id
    )
    if view.audience == "private":
        others = others.where(SavedView.created_by == view.created_by)
    session.execute(others.values(is_default=False))
