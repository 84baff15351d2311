"""Records side by side: which one stays, whose value each field takes, what moves along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import Field, Record, db
from app.identity.access import access
from app.merging.choosing import choosable, source_of, stored_value
from app.merging.contents import Kind, kinds_on
from app.merging.merging import MOST, Wish, check, merge
from app.merging.pages.asked import href
from app.screens.page import Column, Link
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid, value_of
from app.screens.views.actions import choose
from app.screens.views.columns import column
from app.screens.views.relations import reference_to, relation_labels
from app.screens.views.screen import Screen, next_target, with_query
from app.screens.writing import Conflict, Invalid, NotAllowed
from app.transfer.pages.asked import list_link, surface_for

blueprint = Blueprint("merging", __name__, url_prefix="/merging", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the records: the head of a column."""

    id: str
    label: str
    href: str
    version: int
    stays: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """One record's value of a field."""

    record_id: str
    value: Any
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A field in which the records differ; `together` is offered where values can be put together."""

    name: str
    column: Column
    offers: tuple[Offer, ...]
    together: bool = False
    is_together: bool = False


@dataclass(frozen=True, slots=True)
class ComparePage:
    title: str
    trail: tuple[Link, ...]
    action_href: str
    cancel_href: str
    hidden: tuple[tuple[str, str], ...]
    candidates: tuple[Candidate, ...]
    lines: tuple[Line, ...]
    same: tuple[tuple[Column, Any], ...]
    moving: tuple[Kind, ...]
    problem: str


@blueprint.route("/new", methods=["GET", "POST"])
@access("signed-in")
def new() -> Any:
    """Compare the records that were ticked or named, and merge them as chosen."""
    surface = surface_for(request.values.get("resource", ""), "merge")
    screen = Screen(surface.entry)
    rows = choose(screen).rows
    target = next_target(list_link(surface.entry).href)
    if not 2 <= len(rows) <= MOST:
        return screen.leave(_("Please tick two to %(most)s records to merge them.", most=MOST), target, "warning")
    if request.form.get("_run") != "1":
        return render_template("merging/compare.html", page=_page(surface, rows, {}))
    wish = _wish(rows)
    try:
        check(surface, wish)
        done = merge(surface, wish)
        db.session.commit()
    except (Invalid, NotAllowed) as refused:
        return _again(surface, wish, str(refused))
    except Conflict:
        return _again(surface, wish, _("Somebody changed one of these records since you looked. Please look again."))
    flash(_("Merged. It can be undone here."), "success")
    return redirect(href("merges", done.id), 303)


def _wish(rows: Sequence[Record]) -> Wish:
    """What the form asks for. A choice that cannot be read is none."""
    ids = [row.id for row in rows]
    survivor = as_uuid(request.form.get("survivor", "")) or ids[0]
    given = [(name.removeprefix("field."), text) for name, text in request.form.items() if name.startswith("field.")]
    choices = {name: as_uuid(text) for name, text in given}
    versions = {one: int(text) for one in ids if (text := request.form.get(f"version.{one}", "")).isdecimal()}
    others = tuple(one for one in ids if one != survivor)
    return Wish(survivor, others, {name: one for name, one in choices.items() if one is not None}, versions)


def _again(surface: Surface, wish: Wish, problem: str) -> Any:
    db.session.rollback()
    wanted = [wish.survivor, *wish.others]
    rows = [row for row in (surface.get(one) for one in wanted) if row is not None]
    if len(rows) < 2:
        return Screen(surface.entry).leave(problem, list_link(surface.entry).href, "error")
    return render_template("merging/compare.html", page=_page(surface, rows, wish.choices, problem)), 409


def _page(surface: Surface, rows: Sequence[Record], choices: Mapping[str, UUID], problem: str = "") -> ComparePage:
    fields = choosable(surface.fields)
    survivor = max(
        rows, key=lambda row: (sum(stored_value(row, one) is not None for one in fields.values()), -row.id.int)
    )
    labels = _labels(surface, rows, fields)
    others = [row for row in rows if row is not survivor]
    lines, same = [], []
    for field in fields.values():
        values = [_shown(row, field, labels) for row in rows]
        if all(value in (None, "", [], {}) for value in values):
            continue
        if all(stored_value(row, field) == stored_value(rows[0], field) for row in rows):
            same.append((column(surface, field), values[0]))
        else:
            lines.append(_line(surface, field, rows, values, source_of(field, survivor, others, choices), choices))
    base = list_link(surface.entry)
    return ComparePage(
        title=ngettext("Merge %(num)s record", "Merge %(num)s records", len(rows)),
        trail=(base,),
        action_href=href("new"),
        cancel_href=next_target(base.href),
        hidden=tuple(_hidden(surface, rows)),
        candidates=tuple(
            Candidate(str(row.id), str(row), f"{base.href}{row.id}", row.version, row is survivor) for row in rows
        ),
        lines=tuple(lines),
        same=tuple(same),
        moving=tuple(kinds_on(surface, [row.id for row in rows])),
        problem=problem,
    )


def _hidden(surface: Surface, rows: Sequence[Record]) -> Iterator[tuple[str, str]]:
    yield "resource", surface.entry.key
    yield "_run", "1"
    for row in rows:
        yield "id", str(row.id)
        yield f"version.{row.id}", str(row.version)


def _labels(surface: Surface, rows: Sequence[Record], fields: Mapping[str, Field]) -> dict[str, str]:
    relations = [field for field in fields.values() if field.picks]
    wanted = {f"{row.id}.{field.name}": (field, value_of(row, field)) for row in rows for field in relations}
    return relation_labels(surface.session, wanted)


def _shown(row: Record, field: Field, labels: Mapping[str, str]) -> Any:
    value = value_of(row, field)
    return reference_to(value, labels.get(f"{row.id}.{field.name}")) if field.picks and value is not None else value


def _line(
    surface: Surface, field: Field, rows: Sequence[Record], values: Sequence[Any], source: Record, choices: Any
) -> Line:
    together = field.kind == "tags"
    offers = tuple(
        Offer(str(row.id), value, row is source and (not together or field.name in choices))
        for row, value in zip(rows, values, strict=True)
    )
    return Line(field.name, column(surface, field), offers, together, together and field.name not in choices)


def compare_href(resource: str, ids: Sequence[Any]) -> str:
    """The address of this page for some records."""
    return with_query(href("new"), [("resource", resource), *(("id", one) for one in ids)])
