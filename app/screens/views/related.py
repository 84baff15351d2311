"""Related lists of a record: other records that point to it, fetched when their block is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, literal, select, union_all

from app.data import Field, Record
from app.host import Related, registry
from app.screens.page import Link, RelatedFragment
from app.screens.reading import Line, ListRequest, Surface
from app.screens.reading.listing import row_reader
from app.screens.reading.paging import Order
from app.screens.reading.request import default_sort
from app.screens.views.columns import plain_columns, rows_of
from app.screens.views.panels import panel_fragment, panels_of
from app.screens.views.screen import Screen, with_query

SHOWN = 10
MOST_COUNTED = 99
ANY = "target"
"""`Related(Note, "target")`: rows that name the record they hang on by type and id."""


@dataclass(frozen=True, slots=True)
class RelatedList:
    """One related list of a resource that this person may read."""

    name: str
    label: str
    declared: Related
    surface: Surface


def related_lists(screen: Screen) -> Iterator[RelatedList]:
    """The lists offered on a record's page, in the declared order, then those that other resources add."""
    hanging = [
        Related(entry.model, ANY)
        for entry in registry().entries.values()
        if screen.entry.key in entry.resource.hangs_on.split()
    ]
    for declared in (*screen.entry.resource.related, *hanging):
        entry = registry().by_model.get(declared.resolve())
        if entry is None:
            continue
        surface = Surface(entry, screen.surface.session, screen.surface.person)
        if surface.may("read"):
            label = str(declared.title) if declared.title is not None else entry.resource.plural_words
            yield RelatedList(f"{entry.plugin.name}-{entry.resource.key_name}-{declared.via}", label, declared, surface)


def related_fragment(screen: Screen, record_id: UUID, name: str) -> str:
    """The first rows of a related list, with links to all of them and to adding one; or the facts of a panel."""
    panel = next((placed for placed in panels_of(screen) if placed.key == name), None)
    if panel is not None:
        return panel_fragment(screen, record_id, panel)
    found = next((one for one in related_lists(screen) if one.name == name), None)
    if found is None:
        abort(404)
    record = screen.record(record_id)
    lines, more, fields = read_related(found, screen, record, SHOWN)
    base = f"{request.script_root}{found.surface.entry.path}/"
    page = RelatedFragment(
        label=found.label,
        columns=plain_columns(found.surface, fields),
        rows=rows_of(lines, _row_base(found, base), fields),
        empty=_("None yet."),
        more=_all(found, record, base) if more else None,
        add=_add(found, screen, record, base),
        back_href=screen.href(record.id),
    )
    return render_template("resource/related.html", page=page)


def read_related(found: RelatedList, screen: Screen, record: Record, most: int) -> tuple[list[Line], bool, list[Field]]:
    """(the first rows, whether there are more, their fields)."""
    surface = found.surface
    hidden = {found.declared.via, "target_type", "target_id"}
    fields = [surface.fields[name] for name in surface.default_columns() if name not in hidden]
    sort = ListRequest(sort=default_sort(surface)).sort
    order = Order.of(surface.model, surface.fields[sort.removeprefix("-")], sort)
    reader = row_reader(surface, tuple(fields), order, labels=True)
    statement = reader.statement.where(*surface.conditions(), *_condition(found, screen, record))
    rows = list(surface.session.execute(statement.order_by(*order.by()).limit(most + 1)))
    return [reader.line(row) for row in rows[:most]], len(rows) > most, fields


def related_counts(lists: Sequence[RelatedList], screen: Screen, record: Record) -> dict[str, int]:
    """How many rows each list has, by its name, at most `MOST_COUNTED` and one more: one statement for all."""
    parts = [_counted(at, one, screen, record) for at, one in enumerate(lists)]
    if not parts:
        return {}
    statement = union_all(*parts) if len(parts) > 1 else parts[0]
    return {lists[at].name: count for at, count in screen.surface.session.execute(statement)}


def _counted(at: int, one: RelatedList, screen: Screen, record: Record) -> Any:
    model = one.surface.model
    rows = select(literal(1).label("one")).select_from(model)
    rows = rows.where(*one.surface.conditions(), *_condition(one, screen, record)).limit(MOST_COUNTED + 1)
    return select(literal(at), func.count()).select_from(rows.subquery())


def _condition(found: RelatedList, screen: Screen, record: Record) -> list[Any]:
    model: Any = found.surface.model
    if found.declared.via == ANY:
        return [model.target_type == screen.entry.key, model.target_id == record.id]
    link = getattr(model, model.__fields__[found.declared.via].column)
    return [link == _linked_id(found, record)]


def _linked_id(found: RelatedList, record: Record) -> Any:
    """This record's id; or, for a relation both have, the record both point to."""
    field = found.surface.entry.fields[found.declared.via]
    if field.links or (field.target is not None and field.target() is type(record)):
        return record.id
    return getattr(record, f"{found.declared.via}_id")


def _row_base(found: RelatedList, base: str) -> str:
    own = found.surface.entry.resource.row_path
    return request.script_root + own if own else base


def _all(found: RelatedList, record: Record, base: str) -> Link | None:
    if found.declared.via == ANY or found.declared.via not in found.surface.filterable():
        return None
    pairs = [(f"{found.declared.via}.is", _linked_id(found, record))]
    return Link(_("Show all"), with_query(base, pairs))


def _add(found: RelatedList, screen: Screen, record: Record, base: str) -> Link | None:
    own_page = found.surface.entry.resource.add_path
    if not found.surface.may("create") and not (own_page and screen.surface.may("update")):
        return None
    if found.declared.via == ANY:
        given = [("target_type", screen.entry.key), ("target_id", record.id)]
    else:
        given = [(found.declared.via, _linked_id(found, record))]
    label = _("New: %(what)s", what=found.surface.entry.resource.words)
    address = request.script_root + own_page if own_page else base + "add"
    return Link(label, with_query(address, [*given, ("next", screen.href(record.id))]))
