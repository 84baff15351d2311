"""One record: its values, its child rows, its related lists (fetched when opened), what can be done with it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _

from app.audit.models import AuditEntry
from app.data import Field, Record
from app.data.record import label_fields
from app.host.custom_fields import PREFIX
from app.screens.desk.pins import pin_of
from app.screens.laying import arranged_blocks, left_out, page_plan
from app.screens.page import (
    ActionButton,
    Badge,
    ChildTable,
    DetailItem,
    DetailPage,
    DetailSection,
    Face,
    RelatedBlock,
    Row,
)
from app.screens.reading.surface import STAMPS, Surface, value_of
from app.screens.ruling import ruling_of, stored_look
from app.screens.views.actions import copy_button, record_buttons
from app.screens.views.authors import author_names
from app.screens.views.board.lanes import lane_tones
from app.screens.views.columns import GREY, badges_of, column, picture_base, plain_columns
from app.screens.views.history import entry_page, history_block, record_link
from app.screens.views.panels import panels_of
from app.screens.views.related import related_counts, related_lists
from app.screens.views.relations import reference_to, relation_labels
from app.screens.views.screen import Screen
from app.screens.why import why_href
from app.screens.writing.submission import inline_fields

WIDE = ("long_text", "json")
CHILD_ROWS = 100
_NOTHING: tuple[Any, ...] = (None, "", [])


def detail_page(screen: Screen, record_id: UUID) -> str:
    """The page of a record; one in the trash is shown to those who may restore it."""
    record = screen.surface.get(record_id)
    is_trashed = record is None and screen.may("delete")
    if record is None:
        record = screen.record(record_id, trash=is_trashed)
    labels = relation_labels(screen.surface.session, relations_of(screen, record))
    page = DetailPage(
        title=str(record),
        sections=tuple(sections_of(screen, record, labels, () if is_trashed else _editable(screen))),
        children=tuple(children_of(screen, record, labels)),
        told=entry_page(screen, record) if isinstance(record, AuditEntry) else (),
        related=(*_related(screen, record), *history_block(screen, record)),
        actions=_restoring(screen, record) if is_trashed else _actions(screen, record),
        trail=screen.trail(),
        badge=badge_of(screen, record, labels),
        facts=facts_of(screen, record),
        timeline_href=screen.href(record_id, "timeline") if _has_timeline(screen, is_trashed) else "",
        notice=_notice(record, is_trashed=is_trashed),
        pin=None if is_trashed else pin_of(screen.entry.key, record.id),
        face=face_of(screen, record),
        why_href=why_href(),
    )
    return render_template("resource/detail.html", page=page)


def face_of(screen: Screen, record: Record) -> Face | None:
    """The picture by which records of this kind are known, where this person sees it."""
    field = screen.surface.fields.get(screen.entry.resource.gallery or "")
    if field is None:
        return None
    return Face(str(record), picture_base(screen.surface, field), getattr(record, field.name) or "")


def _notice(record: Record, *, is_trashed: bool) -> str:
    if is_trashed:
        return _("This is in the trash.")
    return _("This is in the archive.") if getattr(record, "archived_at", None) is not None else ""


def _has_timeline(screen: Screen, is_trashed: bool) -> bool:
    return screen.entry.resource.timeline and not is_trashed


def _editable(screen: Screen) -> Container[str]:
    return screen.surface.editable(is_new=False) if screen.may("update") else ()


def relations_of(screen: Screen, record: Record) -> dict[str, tuple[Field, Any]]:
    """Every relation on the page: of the record by the field's name, of child rows by their id and the field's name."""
    fields = screen.surface.fields.values()
    wanted = {field.name: (field, value_of(record, field)) for field in fields if field.picks}
    for collection in _collections(screen):
        relations = [field for field in _child_fields(screen, collection).values() if field.picks]
        for row in _child_rows(record, collection) if relations else ():
            wanted |= {f"{row.id}.{field.name}": (field, value_of(row, field)) for field in relations}
    return wanted


def sections_of(
    screen: Screen, record: Record, labels: dict[str, str], editable: Container[str]
) -> Iterator[DetailSection]:
    """The values of the record as its resource arranges them; fields named in `editable` lead to their forms. A section
    that says nothing is folded."""
    hidden = (*STAMPS, "deleted_at", "target_type")
    fields = {name: field for name, field in screen.surface.fields.items() if name not in hidden}
    ruling = ruling_of(screen.surface, stored_look(screen.surface, record))
    out = {*ruling.hidden, *left_out(screen.surface)}
    left = {
        name: field
        for name, field in fields.items()
        if name not in out and (field.picks or field.kind not in ("has_many", "record_id"))
    }
    open_to_change = [name for name in left if name in editable and name not in ruling.readonly]
    editable = open_to_change
    plan = page_plan(screen.surface)
    for one in plan:
        items = [
            _as_wide(_item(screen, record, left.pop(name), labels, editable), width)
            for name, width in one.fields
            if name in left
        ]
        if items:
            is_folded = one.is_folded or all(item.value in _NOTHING for item in items)
            yield DetailSection(one.label, tuple(items), is_folded and bool(one.label))
    own = [name for name in left if name.startswith(PREFIX)]
    said = (*own, *(label_fields(screen.surface.model) if plan else ()))
    rest = [name for name in left if name not in said and not (plan and value_of(record, left[name]) in _NOTHING)]
    if rest:
        title = _("More") if plan else ""
        yield DetailSection(title, tuple(_item(screen, record, left[n], labels, editable) for n in rest))
    if own:
        yield DetailSection(_("Own fields"), tuple(_item(screen, record, left[n], labels, editable) for n in own))


def _as_wide(item: DetailItem, width: str) -> DetailItem:
    """As wide as a layout says; else as is usual for its kind."""
    return replace(item, is_wide=width == "full", is_narrow=width == "half") if width else item


def detail_item(screen: Screen, record: Record, field: Field, labels: dict[str, str]) -> DetailItem:
    """The value of a field as it is shown, without a way to change it."""
    value = value_of(record, field)
    if field.picks and value is not None:
        value = reference_to(value, labels.get(field.name))
    return DetailItem(column(screen.surface, field), value, is_wide=field.kind in WIDE)


def _item(screen: Screen, record: Record, field: Field, labels: dict[str, str], editable: Container[str]) -> DetailItem:
    item = detail_item(screen, record, field, labels)
    if field.name not in editable:
        return item
    here = screen.href(record.id)
    return replace(item, edit_href=f"{here}/edit", field_href=f"{here}/field/{field.name}")


def badge_of(screen: Screen, record: Record, labels: dict[str, str]) -> Badge | None:
    """The board's lane is what people look for first."""
    field = screen.surface.fields.get(screen.entry.resource.board or "")
    value = value_of(record, field) if field is not None else None
    if field is None or not value:
        return None
    if field.kind == "choice":
        return badges_of(field).get(value)
    return Badge(labels.get(field.name, _("Unknown")), lane_tones(screen.surface, field).get(value, GREY))


def _collections(screen: Screen) -> list[Field]:
    return [
        screen.surface.fields[name] for name in screen.entry.resource.inlines.split() if name in screen.surface.fields
    ]


def _child_fields(screen: Screen, collection: Field) -> dict[str, Field]:
    """The columns of the child's own list, where it has one; else what its row in the form asks."""
    child = screen.surface.target(collection)
    if child is None or not child.entry.resource.list:
        return inline_fields(screen.surface, collection, child)
    return {name: child.fields[name] for name in child.default_columns() if name != collection.reverse}


def _child_rows(record: Record, collection: Field) -> list[Record]:
    return list(getattr(record, collection.name))[:CHILD_ROWS]


def children_of(screen: Screen, record: Record, labels: dict[str, str]) -> Iterator[ChildTable]:
    """The rows that are edited inside the record, collection by collection."""
    for collection in _collections(screen):
        fields = _child_fields(screen, collection)
        yield ChildTable(
            collection.words,
            plain_columns(screen.surface.target(collection) or screen.surface, fields.values(), titled=False),
            tuple(_child_row(row, fields, labels) for row in _child_rows(record, collection)),
        )


def _child_row(row: Record, fields: dict[str, Field], labels: dict[str, str]) -> Row:
    cells = tuple(_child_value(row, field, labels) for field in fields.values())
    return Row(str(row.id), "", str(row), cells, row.version)


def _child_value(row: Record, field: Field, labels: dict[str, str]) -> Any:
    value = value_of(row, field)
    if field.picks and value is not None:
        return reference_to(value, labels.get(f"{row.id}.{field.name}"))
    return value


def _related(screen: Screen, record: Record) -> tuple[RelatedBlock, ...]:
    found: dict[str, RelatedBlock] = {}
    lists = list(related_lists(screen))
    counts = related_counts(lists, screen, record)
    for one in lists:
        href = screen.href(record.id, "related", one.name)
        found[one.name] = RelatedBlock(one.name, one.label, href, count=counts[one.name])
    for placed in panels_of(screen):
        title, href = str(placed.panel.title), screen.href(record.id, "related", placed.key)
        found[placed.key] = RelatedBlock(placed.key, title, href, placed.panel.is_open)
    return tuple(sorted(arranged_blocks(screen.surface, found), key=lambda block: not block.is_open))


def _actions(screen: Screen, record: Record) -> tuple[ActionButton, ...]:
    found = []
    if isinstance(record, AuditEntry) and (link := record_link(record)) is not None:
        found.append(ActionButton(link.label, link.href, style="primary"))
    if screen.may("update"):
        found.append(ActionButton(_("Edit"), screen.href(record.id, "edit"), style="primary", icon="edit"))
    own = record_buttons(screen, record)
    found += [one for one in own if one.style != "danger"]
    found.append(_printing(screen, record))
    if screen.may("delete"):
        found.append(ActionButton(_("Delete"), screen.href(record.id, "delete"), icon="trash"))
    found += copy_button(screen, record.id)
    return (*found, *(one for one in own if one.style == "danger"))


def _printing(screen: Screen, record: Record) -> ActionButton:
    """To the document, by way of the choice of related lists where there are any."""
    has_related = next(iter(related_lists(screen)), None) is not None
    return ActionButton(_("PDF"), screen.href(record.id, "print" if has_related else "pdf"), icon="file")


def _restoring(screen: Screen, record: Record) -> tuple[ActionButton, ...]:
    return (
        ActionButton(_("Restore"), screen.href("trash", record.id, "restore"), "post", "primary", "restore"),
        ActionButton(_("Delete for good"), screen.href("trash", record.id, "purge"), icon="trash"),
    )


def facts_of(screen: Screen, record: Record) -> tuple[DetailItem, ...]:
    """When the record was made and changed, and by whom."""
    names = author_names(screen.surface.session, [record.created_by, record.updated_by])
    return tuple(_fact(screen.surface, record, names))


def _fact(surface: Surface, record: Record, names: dict[UUID | None, str]) -> Iterator[DetailItem]:
    authors = (("created_at", record.created_by, _("Created by")), ("updated_at", record.updated_by, _("Changed by")))
    for moment, author, by in authors:
        field = surface.fields.get(moment)
        if field is not None:
            yield DetailItem(column(surface, field), getattr(record, moment))
        if author in names:
            yield DetailItem(column(surface, Field("text", f"{moment}_by", by)), names[author])
