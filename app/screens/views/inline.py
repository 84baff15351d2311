"""One field of a record, changed where it is shown: a form of one control, by the same rules as the whole form.

Without scripts the link beside a value leads to the whole form instead.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.data import Field, Record, db
from app.data.record import words_of
from app.screens.page import FieldForm, FieldSaved, Hint
from app.screens.reading.snapshot import Snapshot
from app.screens.reading.surface import value_of
from app.screens.views.controls import Known
from app.screens.views.detail import badge_of, detail_item
from app.screens.views.printing import Printer
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, Submission, read_form, save
from app.screens.writing.submission import shown

Answer = str | Response | tuple[Response, int]


def edit_field(screen: Screen, record_id: UUID, name: str) -> Answer:
    """GET gives the form of one field; POST saves it and gives what it, and whatever changed with it, shows now."""
    field = screen.surface.editable(is_new=False).get(name)
    if field is None:
        abort(404)
    if request.method == "GET":
        opened = screen.snapshot(record_id)
        if request.headers.get("X-Fragment") != "1":
            return redirect(screen.href(record_id, "edit"), 303)
        return _form(screen, field, opened)
    record = screen.record(record_id, lock=True)
    submission = _read(screen, field, record)
    if submission.version != record.version:
        if not _is_untouched(field, record):
            return _overtaken(screen, field, record, submission)
        submission.version = record.version  # somebody else changed other fields
    return _save(screen, field, record, submission)


def _read(screen: Screen, field: Field, record: Record) -> Submission:
    """What was typed for this field, and nothing else that a request may hold."""
    submission = read_form(screen.surface, request.form, record, settles=False)
    submission.inlines.clear()
    for group in (submission.values, submission.texts, submission.errors):
        for other in [name for name in group if name != field.name]:
            del group[other]  # type: ignore[attr-defined]
    return submission


def _is_untouched(field: Field, record: Record) -> bool:
    """Does the record still hold what the form showed when it was opened?"""
    return request.form.get("_was", "").replace("\r\n", "\n") == shown(record, field).replace("\r\n", "\n")


def _save(screen: Screen, field: Field, record: Record, submission: Submission) -> Answer:
    record_id = record.id
    before = {name: value_of(record, one) for name, one in screen.surface.fields.items() if one.kind != "has_many"}
    try:
        save(screen.surface, submission, record)
        db.session.commit()
    except Invalid:
        return _refuse(screen, field, record_id, submission)
    except Doubts as error:
        last = len(error.warnings) - 1
        hints = [
            Hint(str(one.message), (), "_confirmed" if at == last else "", _("Save it all the same"))
            for at, one in enumerate(error.warnings)
        ]
        return _refuse(screen, field, record_id, submission, tuple(hints), 409)
    except NotAllowed as error:
        submission.errors[""] = str(error)
        return _refuse(screen, field, record_id, submission)
    except Conflict:
        db.session.rollback()
        return _overtaken(screen, field, screen.record(record_id), submission)
    return _saved(screen, record_id, before)


def _saved(screen: Screen, record_id: UUID, before: dict[str, Any]) -> Answer:
    """The rules of a record may change other fields as well: all that is different is shown again."""
    if not _is_for_scripts():
        return redirect(screen.href(record_id), 303)
    record = screen.record(record_id)
    changed = [one for name, one in screen.surface.fields.items() if name in before and _differs(record, one, before)]
    relations = [one for one in changed if one.picks]
    board = screen.surface.fields.get(screen.entry.resource.board or "")
    if board is not None and board.kind == "belongs_to":
        relations.append(board)
    labels = relation_labels(screen.surface.session, {one.name: (one, value_of(record, one)) for one in relations})
    items = tuple(detail_item(screen, record, one, labels) for one in changed)
    page = FieldSaved(str(record), items, badge_of(screen, record, labels))
    return jsonify(
        version=record.version, detail=_("Saved."), html=render_template("resource/field_saved.html", page=page)
    )


def _differs(record: Record, field: Field, before: dict[str, Any]) -> bool:
    return bool(value_of(record, field) != before[field.name])


def _refuse(
    screen: Screen, field: Field, record_id: UUID, submission: Submission, hints: tuple[Hint, ...] = (),
    status: int = 422,
) -> Answer:  # fmt: skip
    db.session.rollback()
    return _asked_again(screen, field, screen.record(record_id), submission, hints, status)


def _overtaken(screen: Screen, field: Field, record: Record, submission: Submission) -> Answer:
    """Somebody else changed this very field: their value is told, and saving again replaces it."""
    theirs = _words(screen, field, record)
    submission.errors = {
        field.name: _("Somebody else has set this to “%(value)s” meanwhile. Save again to replace it.", value=theirs)
    }
    submission.version = record.version
    return _asked_again(screen, field, record, submission, (), 409)


def _words(screen: Screen, field: Field, record: Record) -> str:
    value = value_of(record, field)
    if value in (None, "", []):
        return _("nothing")
    if field.picks:
        return relation_labels(screen.surface.session, {"": (field, value)}).get("", _("Unknown"))
    return words_of(field, value) if field.kind == "choice" else shown(record, field)


def _asked_again(
    screen: Screen, field: Field, record: Record, submission: Submission, hints: tuple[Hint, ...], status: int
) -> Answer:
    detail = " ".join([*submission.errors.values(), *(hint.title for hint in hints)])
    if not _is_for_scripts():
        flash(detail, "error")
        return redirect(screen.href(record.id, "edit"), 303)
    return jsonify(form=_form(screen, field, record, submission, hints), detail=detail), status


def _is_for_scripts() -> bool:
    """Not what was typed before a session ended, which the sign-in page sends on as a form."""
    return not request.accept_mimetypes.accept_html


def _form(
    screen: Screen, field: Field, record: Record | Snapshot, submission: Submission | None = None,
    hints: tuple[Hint, ...] = (),
) -> str:  # fmt: skip
    errors = submission.errors if submission is not None else {}
    stored = shown(record, field)
    text = submission.texts.get(field.name, stored) if submission is not None else stored
    known = record.__labels__ if isinstance(record, Snapshot) else {}
    if field.picks and text and field.name not in known:
        known = relation_labels(screen.surface.session, {field.name: (field, text)})
    control = Printer(screen, Known(known)).field(field, text, errors.get(field.name, ""), autofocus=True)
    fields = screen.surface.fields
    page = FieldForm(
        action_href=screen.href(record.id, "field", field.name),
        control=control,
        hidden=(("_version", str(record.version)), ("_was", stored)),
        problems=tuple(
            f"{fields[name].words}: {words}" if name in fields else words
            for name, words in errors.items()
            if name != field.name
        ),
        form_href=screen.href(record.id, "edit"),
        hints=hints,
    )
    return render_template("resource/field.html", page=page)
