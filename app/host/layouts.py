"""Layouts: how the records of a kind are laid out for a role, as a tenant's admins arrange it. About convenience alone.

What nobody arranged is as the plugin declares it. Where a person has several roles, the first of the tenant's order
that has a layout holds; where none of them has, everybody's. Names of fields that are not there (a plugin is off)
are kept and left alone, so that they come back in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session

from app.data import Record, integer, json
from app.data.choices import named_later
from app.features.access_rules import RULED
from app.features.decided import decisions
from app.identity.principal import Principal, TenantInfo
from app.tenancy.configuration import by_configuration
from app.tenancy.models import ROLES, role_check

EVERYBODY = "everybody"
ROLES_OF_LAYOUTS = "layouts.roles"
"""The choice of roles, and of everybody, which the application names (`app.data.choices`)."""
Place = Literal["both", "form", "page", "none"]
Look = Literal["open", "folded"]
Width = Literal["", "half", "full"]
View = Literal["list", "board", "calendar", "gallery", "tree"]
PLACES: tuple[Place, ...] = get_args(Place)
LOOKS: tuple[Look, ...] = get_args(Look)
WIDTHS: tuple[Width, ...] = get_args(Width)
VIEWS: tuple[View, ...] = get_args(View)


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "declared": {"type": "string"},
                    "titles": {"type": "object", "additionalProperties": {"type": "string"}},
                    "look": {"enum": list(LOOKS)},
                    "fields": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["name"],
                            "properties": {
                                "name": {"type": "string"},
                                "place": {"enum": list(PLACES)},
                                "width": {"enum": list(WIDTHS)},
                            },
                        },
                    },
                },
            },
        },
        "blocks": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "shown": {"type": "boolean"}},
            },
        },
        "columns": {"type": "array", "items": {"type": "string"}},
        "sort": {"type": "string"},
        "view": {"enum": ["", *VIEWS]},
    },
}
"""JSON Schema of a layout, for the OpenAPI document."""


class Layout(Record):
    """How records of a kind are laid out for one role. `published` holds; `draft` is what somebody is arranging."""

    __label__ = "resource role"
    __config__ = True
    __table_args__ = (
        Index("uq_layout_role", "tenant_id", "resource", "role", unique=True),
        role_check("role", (EVERYBODY, *ROLES)),
    )

    resource: Mapped[str] = named_later(RULED, max_length=100, label=_l("Records"), immutable=True)
    role: Mapped[str] = named_later(ROLES_OF_LAYOUTS, label=_l("Role"), default=EVERYBODY, immutable=True)
    position: Mapped[int] = integer(
        label=_l("Order"), default=100, minimum=0, maximum=10_000,
        help=_l("Who has several roles gets the layout that comes first."),
    )  # fmt: skip
    published: Mapped[Any | None] = json(label=_l("Layout"), extra={"schema": SCHEMA})
    draft: Mapped[Any | None] = json(label=_l("Draft"), extra={"schema": SCHEMA})


@dataclass(frozen=True, slots=True)
class PlacedField:
    """A field in its section: on the form, on the record's page, on both or on none of them; how wide."""

    name: str
    place: Place = "both"
    width: Width = ""
    """Empty: as wide as is usual for its kind."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section. `declared` is the English title of one that the plugin declares, whose words are translated with it;
    `titles` are the tenant's own, by language, and go before."""

    fields: tuple[PlacedField, ...] = ()
    declared: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    look: Look = "open"


@dataclass(frozen=True, slots=True)
class Arranged:
    """A layout as it is read. `blocks` are related lists and panels of a record's page by name, with whether they are
    shown; `columns`, `sort` and `view` are what a list begins with, empty as the plugin declares it."""

    parts: tuple[Part, ...] = ()
    blocks: tuple[tuple[str, bool], ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = ""
    view: str = ""

    @property
    def placed(self) -> Iterator[PlacedField]:
        return (one for part in self.parts for one in part.fields)

    @property
    def known(self) -> Mapping[str, PlacedField]:
        """The fields that the layout has a place for, be it outside."""
        return {one.name: one for one in self.placed}


def arranged_of(stored: Any) -> Arranged:
    """From what is stored. What is not well-formed is left out: whoever saves a layout is told (`app.console`)."""
    data = stored if isinstance(stored, Mapping) else {}
    return Arranged(
        tuple(_part(one) for one in _list(data.get("sections")) if isinstance(one, Mapping)),
        tuple((str(one.get("name", "")), one.get("shown") is not False) for one in _maps(data.get("blocks"))),
        tuple(str(one) for one in _list(data.get("columns"))),
        str(data.get("sort") or ""),
        str(data.get("view") or ""),
    )


def as_stored(arranged: Arranged) -> dict[str, Any]:
    """What `arranged_of` reads."""
    return {
        "sections": [
            {
                "declared": part.declared,
                "titles": dict(part.titles),
                "look": part.look,
                "fields": [{"name": one.name, "place": one.place, "width": one.width} for one in part.fields],
            }
            for part in arranged.parts
        ],
        "blocks": [{"name": name, "shown": shown} for name, shown in arranged.blocks],
        "columns": list(arranged.columns),
        "sort": arranged.sort,
        "view": arranged.view,
    }


def layout_for(session: Session, person: Principal | None, resource: str) -> Arranged | None:
    """The layout that holds for a person; None where it is as declared, and outside a request."""
    if person is None or person.tenant is None:
        return None
    tenant = person.tenant
    layouts: _Layouts = by_configuration(session, person, "layouts", lambda _session: _load(tenant))
    found = layouts.get(resource, ())
    mine = next((one for role, one in found if role in person.roles), None)
    return mine or next((one for role, one in found if role == EVERYBODY), None)


_Layouts = Mapping[str, Sequence[tuple[str, Arranged]]]


def _load(tenant: TenantInfo) -> _Layouts:
    """By kind of record, each in the tenant's order; no statement of its own."""
    found: dict[str, list[tuple[str, Arranged]]] = {}
    for resource, stored in decisions(tenant).layouts:
        found.setdefault(resource, []).append((stored["role"], arranged_of(stored["published"])))
    return found


def _part(data: Mapping[str, Any]) -> Part:
    titles = data.get("titles")
    fields = (_placed(one) for one in _maps(data.get("fields")))
    return Part(
        tuple(fields),
        str(data.get("declared") or ""),
        {str(key): str(words) for key, words in titles.items()} if isinstance(titles, Mapping) else {},
        _one_of(data.get("look"), LOOKS),
    )


def _placed(data: Mapping[str, Any]) -> PlacedField:
    return PlacedField(
        str(data.get("name", "")), _one_of(data.get("place"), PLACES), _one_of(data.get("width"), WIDTHS)
    )


def _one_of(given: Any, known: tuple[Any, ...]) -> Any:
    return given if given in known else known[0]


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _maps(given: Any) -> list[Mapping[str, Any]]:
    return [one for one in _list(given) if isinstance(one, Mapping)]
