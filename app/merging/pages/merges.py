"""One merge: what it did, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import Field, Money, Record, db
from app.host.custom_fields import PREFIX
from app.identity.access import access
from app.merging import journal
from app.merging.catalogue import models_by_table, table_of
from app.merging.choosing import LINK, columns_of
from app.merging.contents import Kind, moved_kinds, readable
from app.merging.models import MERGE_STATES, Merge, MergeChange
from app.merging.pages.asked import href, merge_of
from app.merging.undoing import Item, Undecided, undo
from app.screens.page import ActionButton, Badge, Column, Link
from app.screens.reading import Surface
from app.screens.reading.surface import from_storage
from app.screens.views.authors import author_names
from app.screens.views.columns import column
from app.screens.views.relations import reference_to, relation_labels
from app.screens.writing import NotAllowed
from app.transfer.pages.asked import list_link

blueprint = Blueprint("merges", __name__, url_prefix="/merging/merges", template_folder="../templates")
SHOWN = 200
"""Changed rows that are asked about one by one; more are decided about together."""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of the record that stayed, before and after."""

    column: Column
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Question:
    """A row that was changed since: what it says now, and what it said before the merge."""

    name: str
    label: str
    lines: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class MergePage:
    title: str
    trail: tuple[Link, ...]
    badge: Badge
    actions: tuple[ActionButton, ...]
    survivor: Link
    merged: str
    who: str
    when: datetime
    undone_at: datetime | None
    moved: tuple[Kind, ...]
    fields: tuple[FieldLine, ...]
    clashes: tuple[str, ...]
    kept: str
    questions: tuple[Question, ...] = ()
    undo_href: str = ""
    more: str = ""


@blueprint.get("/<uuid:merge_id>")
@access("signed-in")
def show(merge_id: UUID) -> str:
    """What was merged, by whom, what it moved and changed, and the button that takes it back."""
    record, surface = merge_of(merge_id)
    return render_template("merging/merge.html", page=_page(surface, record))


@blueprint.post("/<uuid:merge_id>/undo")
@access("signed-in")
def take_back(merge_id: UUID) -> Any:
    """Undo it; asks about what was changed since."""
    record, surface = merge_of(merge_id)
    rest = request.form.get("rest", "ask")
    try:
        undo(surface, record, _decisions(), rest if rest in ("back", "leave") else "ask")  # type: ignore[arg-type]
        db.session.commit()
        flash(_("The merge was undone: the records are apart again."), "success")
    except Undecided as undecided:
        questions = tuple(_questions(surface, undecided.items[:SHOWN]))
        more = _("and %(count)s more", count=len(undecided.items) - SHOWN) if len(undecided.items) > SHOWN else ""
        db.session.rollback()
        record, surface = merge_of(merge_id)
        page = _page(surface, record, questions, more)
        return render_template("merging/merge.html", page=page), 409
    except NotAllowed as refused:
        db.session.rollback()
        flash(str(refused), "error")
    return redirect(href("merges", merge_id), 303)


def _decisions() -> dict[tuple[str, UUID], Any]:
    """`row.<table>.<id>`: back or leave."""
    found = {}
    for name, text in request.form.items():
        if name.startswith("row.") and text in ("back", "leave"):
            table, _dot, key = name.removeprefix("row.").rpartition(".")
            try:
                found[table, UUID(key)] = text
            except ValueError:
                continue
    return found


def _page(surface: Surface, record: Merge, questions: tuple[Question, ...] = (), more: str = "") -> MergePage:
    state = next(one for one in MERGE_STATES if one.value == record.state)
    base = list_link(surface.entry)
    changes = journal.read(surface.session, record.id)
    kept = sum(one.settled == "kept" for one in changes)
    button = ActionButton(_("Undo this merge"), href("merges", record.id, "undo"), "post", "danger", "restore")
    return MergePage(
        title=record.survivor_label,
        trail=(base, Link(_("Merges"), f"{href('merge')}/")),
        badge=Badge(state.words, state.colour or "grey"),
        actions=(button,) if record.state == "done" and not questions else (),
        survivor=Link(record.survivor_label, f"{base.href}{record.survivor_id}"),
        merged=record.merged_labels,
        who=author_names(surface.session, [record.created_by]).get(record.created_by, ""),
        when=record.created_at,
        undone_at=record.undone_at,
        moved=tuple(moved_kinds(surface, record.report.get("moved", {}))),
        fields=tuple(_fields(surface, record, changes)),
        clashes=tuple(_clashes(surface, record)),
        kept=_kept_words(kept) if kept else "",
        questions=questions,
        undo_href=href("merges", record.id, "undo"),
        more=more,
    )


def _fields(surface: Surface, record: Merge, changes: list[MergeChange]) -> Iterator[FieldLine]:
    table = table_of(surface.model)
    for one in changes:
        if one.kind == table and one.record_id == record.survivor_id:
            yield from _lines(surface.fields, surface, surface.model, one.before, one.after)


def _lines(
    fields: Mapping[str, Field], surface: Surface, model: type[Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[FieldLine]:
    """The fields this person may see, in the order of the declaration."""
    was, now = journal.typed(model, before), journal.typed(model, after)
    shown = {name: field for name, field in fields.items() if field.kind != "has_many" and name != LINK}
    relations = [field for field in shown.values() if field.picks]
    wanted = {f"{at}.{one.name}": (one, _stored(one, part)) for one in relations for at, part in enumerate((was, now))}
    labels = relation_labels(surface.session, wanted)
    for field in shown.values():
        pair = [_value(field, part, labels.get(f"{at}.{field.name}", "")) for at, part in enumerate((was, now))]
        if pair[0] != pair[1]:
            yield FieldLine(column(surface, field), *pair)


def _value(field: Field, part: Mapping[str, Any], label: str) -> Any:
    value = _stored(field, part)
    return reference_to(value, label) if field.picks and value is not None else value


def _stored(field: Field, part: Mapping[str, Any]) -> Any:
    """The value of a field from the columns that were written; None when they were not."""
    if field.name.startswith(PREFIX):
        return from_storage(field, (part.get("custom_fields") or {}).get(field.name.removeprefix(PREFIX)))
    if field.kind == "money":
        minor, currency = (part.get(name) for name in columns_of(field))
        return None if minor is None or currency is None else Money(minor, currency)
    return part.get(field.column)


def _kept_words(count: int) -> str:
    return str(
        ngettext(
            "%(num)s row stayed as it was, because it had been changed since.",
            "%(num)s rows stayed as they were, because they had been changed since.",
            count,
        )
    )


def _clashes(surface: Surface, record: Merge) -> Iterator[str]:
    """What had to give way, in words."""
    for clash in record.report.get("clashes", ()):
        model = models_by_table().get(clash["table"])
        entry = readable(surface, model) if model is not None else None
        if entry is None:
            continue
        numbers = {"count": len(clash["rows"]), "what": entry.resource.plural_words}
        field = entry.fields.get(clash["what"])
        if field is not None:
            yield _(
                "%(what)s: the mark “%(mark)s” was taken off %(count)s that came along.", mark=field.words, **numbers
            )
        elif clash["what"] == "twin":
            yield _("%(what)s: %(count)s stayed behind, because the same was there already.", **numbers)
        else:
            yield _("%(what)s: %(count)s stayed behind, because there may be only one.", **numbers)


def _questions(surface: Surface, items: tuple[Item, ...]) -> Iterator[Question]:
    for one in items:
        entry = readable(surface, one.model)
        name = f"row.{one.change.kind}.{one.change.record_id}"
        row: Any = surface.session.get(one.model, one.change.record_id) if entry is not None else None
        other = Surface(entry, surface.session, surface.person) if entry is not None else None
        if other is None or not isinstance(row, Record) or other.get(row.id) is None:
            yield Question(name, _("A record that you may not see"), ())
            continue
        now, before = (
            {name: part[name] for name in one.changed} for part in (journal.stored(one.now), one.change.before)
        )
        lines = tuple(_lines(other.fields, other, one.model, now, before))
        yield Question(name, f"{other.entry.resource.words}: {row}", lines)
