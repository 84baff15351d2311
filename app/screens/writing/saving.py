"""From a submission to the row: relations checked, rules of the resource asked, the database's refusals put in words.

`save` flushes and does not commit: the edge does. After any exception from here the caller rolls the session back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.data import Field, Record
from app.files.pictures.models import Picture
from app.host import Doubt, FieldError, Resource, registry
from app.host.custom_fields import PREFIX
from app.screens.kinds import kind_of
from app.screens.reading.surface import Surface, value_of
from app.screens.ruling import hold_to_rules, rules_of
from app.screens.writing.submission import Submission


class Invalid(Exception):
    """The submission cannot be saved; `submission.errors` (and those of inline rows) say why, field by field."""

    def __init__(self, submission: Submission) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in all_errors(submission).items()))
        self.submission = submission


def all_errors(submission: Submission) -> dict[str, str]:
    """Errors of the record and of its inline rows, by the names of their form controls."""
    errors = dict(submission.errors)
    for name, rows in submission.inlines.items():
        for row in rows:
            if not row.delete:
                errors |= {f"{name}-{row.index}-{key}": words for key, words in row.submission.errors.items()}
    return errors


def error_paths(submission: Submission) -> dict[str, str]:
    """The same by their paths in a body of JSON: `channels.1.value`."""
    errors = dict(submission.errors)
    for name, rows in submission.inlines.items():
        for row in rows:
            if not row.delete:
                found = row.submission.errors.items()
                errors |= {f"{name}.{row.index}.{key}".rstrip("."): words for key, words in found}
    return errors


class Conflict(Exception):
    """Somebody else saved the record since it was opened; the stored version is `current`."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the stored version is {current}")
        self.current = current


class Doubts(Exception):
    """The values may be saved, but only once the person has confirmed: a possible duplicate, for example."""

    def __init__(self, warnings: Sequence[Doubt]) -> None:
        super().__init__("; ".join(str(one.message) for one in warnings))
        self.warnings = tuple(warnings)


class NotAllowed(Exception):
    """The person may not do this to this record; the message says why."""


def save(surface: Surface, submission: Submission, record: Record | None) -> Record:
    """Create a record (None) or change one. Raises Invalid, Conflict, Doubts or NotAllowed; nothing is saved then."""
    if not submission.is_valid:
        raise Invalid(submission)
    if record is not None and submission.version is not None and submission.version != record.version:
        raise Conflict(record.version)
    row = record if record is not None else surface.model(**_defaults(surface))
    hold_submission(surface, submission, record)
    _check_relations(surface, submission, record)
    if not submission.is_valid:
        raise Invalid(submission)
    with surface.session.no_autoflush:
        _assign(surface, row, submission)
        written = _assign_inlines(surface, row, submission)
        if record is None:
            surface.claim(row)
        _ask_rules(surface, row, submission, is_new=record is None)
    if record is None:
        surface.session.add(row)
    _flush(surface.session, submission, row)
    check_reach(surface, [row.id])
    _check_rows(surface, written)
    return row


def _check_rows(surface: Surface, written: Mapping[str, Sequence[Record]]) -> None:
    """Rows inside the record that have rules of their own are held to them as if they were saved alone."""
    for name, rows in written.items():
        child = surface.target(surface.entry.fields[name]) if rows else None
        if child is not None and child.row_rules(frozenset({surface.model})):
            check_reach(child, [one.id for one in rows])


def hold_submission(surface: Surface, submission: Submission, record: Record | None) -> None:
    """Hold what is to be written to the tenant's form rules, rows inside it too. Errors are in the submission."""
    submission.errors |= hold_to_rules(surface, submission.values, record, offered=submission.offered)
    for name, rows in submission.inlines.items():
        child = surface.target(surface.entry.fields[name])
        if child is None or not rules_of(child):
            continue
        stored = {row.id: row for row in getattr(record, name)} if record is not None else {}
        for row in rows:
            if not row.delete:
                before = stored.get(row.id) if row.id else None
                row.submission.errors |= hold_to_rules(child, row.submission.values, before)


def _defaults(surface: Surface) -> dict[str, Any]:
    return {
        name: field.default() if callable(field.default) else field.default
        for name, field in surface.entry.fields.items()
        if field.default is not None and field.kind not in ("has_many", "belongs_to")
    }


def _check_relations(surface: Surface, submission: Submission, record: Record | None = None) -> None:
    """A chosen record must exist and be within this person's reach: the same words whether it is another tenant's
    or none. A link that led nowhere before may stay."""
    for name, value in submission.values.items():
        found = surface.fields.get(name) or surface.entry.fields.get(name)
        if value is not None and found is not None and found.kind == "image" and not _is_kept(surface, value):
            submission.errors[name] = _("This picture is not here (any more). Please upload it again.")
        if value is None or found is None or not found.picks:
            continue
        if found.links and record is not None and value_of(record, found) == value:
            continue
        if not reaches(surface, found, value):
            submission.errors[name] = no_such_record(found)
    for collection, rows in submission.inlines.items():
        child = surface.target(surface.entry.fields[collection])
        for row in rows:
            if child is not None and not row.delete:
                _check_relations(child, row.submission)


def _is_kept(surface: Surface, key: str) -> bool:
    """Whether there is a picture of this key. Keys cannot be guessed: whoever knows one was shown the picture."""
    return surface.session.scalar(select(Picture.key).where(Picture.key == key)) is not None


def no_such_record(found: Field) -> str:
    """The words for a chosen record that is not there, or not for this person."""
    return str(_("The chosen %(what)s does not exist (any more).", what=found.words))


def reaches(surface: Surface, found: Field, value: UUID) -> bool:
    """Can this person choose that record for the relation?"""
    other = surface.target(found)
    if other is not None:
        return other.get(value) is not None
    if found.links:
        return False
    model: type[Record] = found.target()  # type: ignore[misc]
    return surface.session.get(model, value) is not None


def _assign(surface: Surface, row: Record, submission: Submission) -> None:
    custom: dict[str, Any] | None = None
    for name, value in submission.values.items():
        if name.startswith(PREFIX):
            custom = dict(row.custom_fields or {}) if custom is None else custom
            _put_custom(custom, surface.custom[name], value)
        else:
            field = row.__fields__.get(name) or surface.entry.fields[name]
            setattr(row, field.column if field.kind == "belongs_to" else name, value)
    if custom is not None:
        row.custom_fields = custom


def _put_custom(stored: dict[str, Any], field: Field, value: Any) -> None:
    key = field.name.removeprefix(PREFIX)
    if value is None or value == []:
        stored.pop(key, None)
    else:
        stored[key] = kind_of(field).dump(field, value)


def _assign_inlines(surface: Surface, row: Record, submission: Submission) -> dict[str, list[Record]]:
    """Returns the rows that were added or changed, by collection."""
    written: dict[str, list[Record]] = {}
    for name, rows in submission.inlines.items():
        field = surface.entry.fields[name]
        model: type[Record] = field.target()  # type: ignore[misc]
        target = surface.target(field)
        collection: list[Record] = getattr(row, name)
        existing = {child.id: child for child in collection}
        for one in rows:
            child = existing.get(one.id) if one.id else None
            if one.delete:
                if child is not None:
                    collection.remove(child)
                continue
            if child is None:
                child = model(**{n: f.default for n, f in model.__fields__.items() if f.default is not None})
                collection.append(child)
            _assign(target or surface, child, one.submission)
            if target is not None:
                _ask(target.entry.resource, child, one.submission, is_new=one.id is None)
            written.setdefault(name, []).append(child)
    return written


def _ask_rules(surface: Surface, row: Record, submission: Submission, *, is_new: bool) -> None:
    resource = surface.entry.resource
    if submission.is_valid:  # a rule of the record may rely on sound inline rows
        _ask(resource, row, submission, is_new=is_new)
    if not submission.is_valid:
        raise Invalid(submission)
    if resource.warn is not None and not submission.confirmed and (is_new or submission.has_changes):
        warnings = resource.warn(row)
        if warnings:
            raise Doubts(warnings)


def _ask(resource: Resource, row: Record, submission: Submission, *, is_new: bool) -> None:
    """Let a resource complete or refuse a row; its refusal goes to the field it names."""
    try:
        if resource.before_save is not None:
            resource.before_save(row, is_new)
    except FieldError as error:
        submission.errors |= error.errors
    except ValueError as error:
        submission.errors[""] = str(error)


def _flush(session: Session, submission: Submission, row: Record) -> None:
    try:
        session.flush()
    except FieldError as error:  # a rule that listens to the flush
        submission.errors |= error.errors
        raise Invalid(submission) from None
    except StaleDataError:
        raise Conflict(row.version) from None
    except (IntegrityError, DataError) as error:
        name, words = in_words(error, type(row))
        submission.errors[name] = words
        raise Invalid(submission) from None


def check_reach(surface: Surface, ids: Collection[UUID]) -> None:
    """Nobody writes rows past their own row rule: NotAllowed for what they could not see afterwards."""
    if not surface.row_rules():
        return
    model: Any = surface.model
    reached = select(func.count()).select_from(model).where(model.id.in_(ids), *surface.conditions())
    if surface.session.scalar(reached) != len(set(ids)):
        raise NotAllowed(_("You may only save records that stay within your own reach."))


def in_words(error: DBAPIError, model: type[Record]) -> tuple[str, str]:
    """A refusal by the database as (field name or "", sentence). Never holds SQL or values."""
    diag = getattr(error.orig, "diag", None)
    constraint = getattr(diag, "constraint_name", None) or ""
    table, column = getattr(diag, "table_name", None) or "", getattr(diag, "column_name", None)
    state = getattr(error.orig, "sqlstate", "") or ""
    owner = next((m for m in (model, *_children(model)) if m.__table__.name == table), model)  # type: ignore[attr-defined]
    field = _field_of(owner, constraint, column)
    name = field.name if field is not None and owner is model else ""
    words = field.words if field is not None else ""
    if state == "23505":
        return name, _("Another record already has this %(field)s.", field=words or _("value"))
    if state == "23503":
        return name, _("The chosen %(what)s does not exist (any more).", what=words or _("record"))
    if state == "23502":
        return name, _("Please fill in “%(field)s”.", field=words or (column or ""))
    if state == "23P01":
        return name, _("This overlaps with another record, and only one can be there at a time.")
    if state == "23514":
        return name, _("“%(field)s” does not meet a rule of these records.", field=words or owner.__name__)
    return name, _("The database cannot store one of these values.")


def _children(model: type[Record]) -> list[type[Record]]:
    return [field.target() for field in model.__fields__.values() if field.kind == "has_many" and field.target]


def _field_of(model: type[Record], constraint: str, column: str | None) -> Field | None:
    stem = model.__table__.name  # type: ignore[attr-defined]
    for field in sorted(model.__fields__.values(), key=lambda one: -len(one.name)):
        if column in (field.name, field.column):
            return field
        if any(f"_{stem}_{part}" in constraint for part in (field.name, field.column)):
            return field
    return None


def entry_title(model: type[Record]) -> str:
    """What records of a model are called in sentences; those without pages have no name that people know."""
    entry = registry().by_model.get(model)
    return entry.resource.plural_words if entry else str(_("Other records"))
