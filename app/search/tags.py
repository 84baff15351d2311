"""The tenant's tags: one set for all its records. Using a tag registers it; renaming one renames it everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Index, event, func, inspect, select, text
from sqlalchemy.orm import Mapped, Session, object_session

from app.data import Choice, Record, choice, current_tenant_id, db, uuid7
from app.data import text as text_field
from app.data.bulk import LISTENERS, TOLD
from app.data.session import TenantSession
from app.host import Entry, registry
from app.search.index import SearchToken, exactly, tag_token, term_range

COLOURS = (
    Choice("grey", _l("Grey"), "grey"),
    Choice("blue", _l("Blue"), "blue"),
    Choice("green", _l("Green"), "green"),
    Choice("yellow", _l("Yellow"), "amber"),
    Choice("orange", _l("Orange"), "amber"),
    Choice("red", _l("Red"), "red"),
    Choice("purple", _l("Purple"), "purple"),
    Choice("pink", _l("Pink"), "pink"),
)
_WAITING = "tenantry_tags"


class Tag(Record):
    """A tag by name. Rows carry the name itself, so that a list shows its tags without another look-up."""

    __label__ = "name"
    __table_args__ = (Index("uq_tag_name", "tenant_id", text("lower(name)"), unique=True),)

    name: Mapped[str] = text_field(max_length=60, label=_l("Name"), sortable=True, immutable=True)
    colour: Mapped[str] = choice(*COLOURS, label=_l("Colour"), default="grey")


REGISTER = text(
    "INSERT INTO tag (tenant_id, id, name, colour)"
    " SELECT :tenant_id, * , 'grey' FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[])) ON CONFLICT DO NOTHING"
    " RETURNING id, name, colour"
)


@event.listens_for(TenantSession, "after_flush")
def _collect(session: Session, context: Any) -> None:
    names: set[str] = session.info.setdefault(_WAITING, set())
    for row in (*session.new, *session.dirty):
        if isinstance(row, Record) and not row.__config__:
            names.update(_new_tags(row))


@event.listens_for(TenantSession, "after_flush_postexec")
def _register(session: Session, context: Any) -> None:
    register_tags(session, session.info.pop(_WAITING, set()))


def register_tags(session: Session, names: set[str]) -> None:
    """Enter tags into the tenant's set, those that are not there yet."""
    if names:
        values = {"tenant_id": current_tenant_id(), "names": sorted(names), "ids": [uuid7() for _name in names]}
        new = [dict(row) for row in session.execute(REGISTER, values, execution_options=TOLD).mappings()]
        for listener in LISTENERS if new else ():
            listener(session, Tag, new)


def _new_tags(row: Record) -> Iterable[str]:
    for field in row.__fields__.values():
        if field.kind == "tags":
            history = inspect(row).attrs[field.name].history
            before = {tag for value in history.deleted or () for tag in value or ()}
            yield from (tag for value in history.added or () for tag in value or () if tag not in before)


def rename_tag(rows: list[Any], name: str) -> str:
    """Rename a tag on every record that carries it. Renaming onto an existing tag merges the two."""
    changed = 0
    for tag in rows:
        session = object_session(tag) or db.session()
        other = session.scalars(select(Tag).where(func.lower(Tag.name) == name.lower(), Tag.id != tag.id)).first()
        before = tag.name
        if other is None:
            tag.name = name
            session.flush()  # before the records carry the new name, which would register it as another tag
        changed += replace_tag(session, before, other.name if other else name)
        if other is not None:
            session.delete(tag)
    return str(ngettext("%(num)s record changed.", "%(num)s records changed.", changed))


def replace_tag(session: Session, before: str, after: str | None) -> int:
    """Replace (or, with None, take away) a tag on every record of every plugin. Returns how many records changed."""
    return sum(_replace_on(session, entry, before, after) for entry in _tagged_resources())


def _tagged_resources() -> list[Entry]:
    return [entry for entry in registry().by_model.values() if any(f.kind == "tags" for f in entry.fields.values())]


def _replace_on(session: Session, entry: Entry, before: str, after: str | None) -> int:
    changed = 0
    low, high = exactly(tag_token(before))
    ids = select(SearchToken.record_id).where(term_range(low, high, entry.key))
    for row in session.scalars(select(entry.model).where(entry.model.id.in_(ids))):
        for field in entry.fields.values():
            if field.kind == "tags":
                setattr(row, field.name, _replaced(getattr(row, field.name), before, after))
        changed += 1
    session.flush()
    return changed


def _replaced(tags: list[str], before: str, after: str | None) -> list[str]:
    kept = [after if tag.casefold() == before.casefold() else tag for tag in tags]
    return list(dict.fromkeys(tag for tag in kept if tag is not None))
