"""What was submitted: values that could be read, texts as they were typed, errors by field.

A form field whose text is what the form showed is not touched at all, so opening a record and saving it changes
nothing, whatever precision a form control loses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.data import Field, Record
from app.screens.kinds import kind_of
from app.screens.reading.snapshot import Snapshot
from app.screens.reading.surface import Surface, as_uuid, value_of
from app.screens.ruling import settle_form
from app.screens.ruling.conditions import any_holds, looked_at, shown_when

OFFERED = "_offered"
"""The control that names the fields that a rule has filled in before somebody's eyes."""


class Form(dict[str, list[str]]):
    """Only for typing: a multi-dict such as `request.form`."""


@dataclass(slots=True)
class InlineRow:
    """One row of a collection edited inside the form."""

    index: str
    id: UUID | None
    delete: bool
    submission: Submission


@dataclass(slots=True)
class Submission:
    """`values` holds only what is to be written; `texts` is what the form must show again."""

    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    inlines: dict[str, list[InlineRow]] = field(default_factory=dict)
    version: int | None = None
    confirmed: bool = False
    offered: frozenset[str] = frozenset()
    """Fields whose filling by a rule somebody has seen: what they made of it stays."""

    @property
    def has_changes(self) -> bool:
        """Is there anything to write?"""
        rows = [row for group in self.inlines.values() for row in group]
        return bool(self.values) or any(row.delete or row.id is None or row.submission.values for row in rows)

    @property
    def is_valid(self) -> bool:
        rows = [row for group in self.inlines.values() for row in group if not row.delete]
        return not self.errors and all(row.submission.is_valid for row in rows)

    def take(self, name: str, found: Field, text: str) -> None:
        """Keep a text as it was typed, with what it means or why it means nothing."""
        self.texts[name] = text
        try:
            self.values[name] = _value(found, text)
        except ValueError as error:
            self.errors[name] = str(error)


def shown(record: Record | Snapshot | None, found: Field) -> str:
    """The text of a form control for the record's value; of its default for a new record."""
    default = None if callable(found.default) else found.default
    value = default if record is None else value_of(record, found)
    if value is None:
        return "false" if found.kind == "flag" else ""  # an empty box is a no: a custom flag never answered
    return kind_of(found).show(found, value)


def read_form(surface: Surface, form: Any, record: Record | None, *, settles: bool = True) -> Submission:
    """Read a posted form for a new record (None) or an existing one. Never raises: errors are in the result. What rules
    hide or close is not in it, unless nothing is to be `settled`: saving then says so."""
    result = _read_fields(surface, surface.editable(is_new=record is None), form, "", record)
    version = form.get("_version", "")
    result.version = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
    result.confirmed = form.get("_confirmed") == "1"
    result.offered = frozenset(form.get(OFFERED, "").split())
    if settles:
        settle_form(surface, result, record, result.offered)
    for name, collection in surface.inlines().items():
        result.inlines[name] = _read_inlines(surface, collection, form, record)
    return result


def _read_fields(
    surface: Surface, fields: Mapping[str, Field], form: Any, prefix: str, record: Record | None
) -> Submission:
    result = Submission()
    for name, found in fields.items():
        text = _posted(form, prefix + name, found)
        if text is None:
            if record is not None:
                continue  # a field the form did not hold stays as it is
            text = shown(None, found)
        result.texts[name] = text
        if record is not None and _same(text, shown(record, found)):
            continue
        result.take(name, found, text)
    _let_hidden_go(fields, result, record)
    return result


def _let_hidden_go(fields: Mapping[str, Field], result: Submission, record: Record | None) -> None:
    """A field that its `show_if` hides, given the other values of the form, is not required and not written."""
    for name in [name for name, found in fields.items() if found.show_if and name in result.texts]:
        other = fields.get(looked_at(fields[name]))
        if other is None:
            continue
        before = other.default if record is None else value_of(record, other)
        value = result.values.get(other.name, before)
        if not any_holds(shown_when(fields[name], other), lambda _name, value=value: value):  # type: ignore[misc]
            result.values.pop(name, None)
            result.errors.pop(name, None)


def _posted(form: Any, name: str, found: Field) -> str | None:
    values: list[str] = form.getlist(name)
    if found.kind == "flag":  # an unticked box posts nothing but its companion
        return ("true" if values[-1] not in ("", "false", "0") else "false") if values else None
    if found.kind == "money" and f"{name}-currency" in form:
        amount = values[-1].strip() if values else ""
        return f"{amount} {form.get(f'{name}-currency', '').strip()}".strip() if amount else ""
    return values[-1] if values else None


def _same(text: str, before: str) -> bool:
    return text.replace("\r\n", "\n").strip() == before.replace("\r\n", "\n").strip()


def _value(found: Field, text: str) -> Any:
    if not text.strip():
        if found.required:
            raise ValueError(_("Please fill in “%(field)s”.", field=found.words))
        return [] if found.kind == "tags" else None
    return kind_of(found).parse(found, text)


def _read_inlines(surface: Surface, collection: Field, form: Any, record: Record | None) -> list[InlineRow]:
    """Rows are posted as `channels-0-value`; `channels-0-id` names an existing row, `channels-0-_delete` drops it."""
    child = surface.target(collection)
    model: type[Record] = collection.target()  # type: ignore[misc]
    fields = inline_fields(surface, collection, child)
    existing = {row.id: row for row in getattr(record, collection.name)} if record is not None else {}
    stem = f"{collection.name}-"
    indexes = sorted({key[len(stem) :].split("-", 1)[0] for key in form if key.startswith(stem)}, key=_numeric)
    rows: list[InlineRow] = []
    for index in indexes[:500]:
        if not index.isdigit():
            continue
        prefix = f"{stem}{index}-"
        row_id = as_uuid(form.get(prefix + "id", ""))
        before = existing.get(row_id) if row_id else None
        submission = _read_fields(child or surface, fields, form, prefix, before)
        delete = form.get(prefix + "_delete", "") not in ("", "false", "0")
        if before is None and not delete and _is_blank(model, submission):
            continue
        rows.append(InlineRow(index, before.id if before else None, delete, submission))
    return rows


def inline_fields(surface: Surface, collection: Field, child: Surface | None) -> dict[str, Field]:
    """The fields of an inline row: those of the child's form without the link back."""
    if child is not None:
        fields = child.editable(is_new=True)
    else:
        model: type[Record] = collection.target()  # type: ignore[misc]
        fields = {n: f for n, f in model.__fields__.items() if not f.readonly and f.kind != "has_many"}
    return {name: found for name, found in fields.items() if name != collection.reverse}


def _is_blank(model: type[Record], submission: Submission) -> bool:
    """A row nobody typed into: all texts are empty or defaults. Boxes, and lists that begin with a default, count where
    there is nothing else."""
    fields = {name: model.__fields__[name] for name in submission.texts if name in model.__fields__}
    typed = [name for name, found in fields.items() if not _is_preset(found)] or list(fields)
    texts = submission.texts
    return all(not texts[name].strip() or texts[name] == shown(None, fields[name]) for name in typed)


def _is_preset(found: Field) -> bool:
    return found.kind == "flag" or (found.kind == "choice" and found.default is not None)


def _numeric(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdigit() and len(text) < 9 else (10**9, text)
