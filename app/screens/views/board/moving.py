"""Moving a card: its field is saved by the record's own rules; what they ask for is asked in a small form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, render_template, request
from flask_babel import gettext as _

from app.data import Record, db
from app.screens.page import MoveForm
from app.screens.reading.surface import value_of
from app.screens.views.board.cards import Cards
from app.screens.views.board.lane_records import LaneOf
from app.screens.views.board.lanes import LaneSet, lane_set
from app.screens.views.controls import Known
from app.screens.views.printing import Printer
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, Submission, read_form, save
from app.screens.writing.submission import shown

Answer = Response | tuple[Response, int]


def move_card(screen: Screen, record_id: UUID) -> Answer:
    """`{value, version}` in JSON, or the form that was asked to be filled in. The card as it now is comes back, or the
    reason why not: 422 with a form when fields are missing, 409 with the lane the card is in by now."""
    found = lane_set(screen)
    record = screen.record(record_id, lock=True)
    if found.field.name not in screen.surface.editable(is_new=False):
        return _refuse(_("This cannot be changed."))
    given: Any = request.get_json(silent=True) if request.is_json else {"value": request.form.get(found.field.name)}
    lane = found.find(_text(given.get("value"))) if isinstance(given, dict) else None
    if lane is None:
        return _refuse(_("There is no such lane."))
    submission = _submission(screen, found, record, lane, given)
    return _moved(screen, found, record, submission, lane)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else "?"


def _submission(screen: Screen, found: LaneSet, record: Record, lane: LaneOf, given: Any) -> Submission:
    if not request.is_json:
        typed = read_form(screen.surface, request.form, record)
        typed.inlines.clear()  # the form holds no rows
        typed.confirmed = True
        return typed
    version = given.get("version")
    value = None if value_of(record, found.field) == lane.value else {found.field.name: lane.value}
    return Submission(value or {}, version=version if type(version) is int else None, confirmed=True)


def _moved(screen: Screen, found: LaneSet, record: Record, submission: Submission, lane: LaneOf) -> Answer:
    record_id = record.id
    try:
        row = save(screen.surface, submission, record)
        version = row.version
        db.session.commit()
    except Conflict:
        return _overtaken(screen, found, record_id)
    except Invalid as error:
        db.session.rollback()
        return _ask(screen, found, record_id, error.submission, lane)
    except (Doubts, NotAllowed) as error:
        db.session.rollback()
        return _refuse(str(error))
    return jsonify(version=version, card=_card(screen, found, record_id))


def _refuse(words: str, status: int = 422) -> Answer:
    return jsonify(detail=words), status


def _card(screen: Screen, found: LaneSet, record_id: UUID) -> str:
    card = Cards(screen, found, screen.surface.conditions()).one(record_id)
    return render_template("resource/card.html", card=card) if card is not None else ""


def _overtaken(screen: Screen, found: LaneSet, record_id: UUID) -> Answer:
    """Somebody else saved first: where the card is now, so that the board can show it and it can be moved again."""
    db.session.rollback()
    record = screen.record(record_id)
    stored = value_of(record, found.field)
    lane = found.find("" if stored is None else str(stored))
    words = _("Somebody else has changed “%(name)s” meanwhile. It is shown as it is now.", name=str(record))
    card = _card(screen, found, record_id)
    return jsonify(detail=words, lane=lane.key if lane else None, version=record.version, card=card), 409


def _ask(screen: Screen, found: LaneSet, record_id: UUID, submission: Submission, lane: LaneOf) -> Answer:
    """A form for exactly the fields that stand in the way; mere words when a form would not help."""
    editable = screen.surface.editable(is_new=False)
    names = [name for name in submission.errors if name != found.field.name and name in editable]
    if len(names) < len(submission.errors):
        fields = screen.surface.fields
        return _refuse(" ".join(_sentence(fields, name, words) for name, words in submission.errors.items()))
    record = screen.record(record_id)
    texts = {name: submission.texts.get(name, shown(record, editable[name])) for name in names}
    relations = {name: (editable[name], texts[name]) for name in names if editable[name].kind == "belongs_to"}
    printer = Printer(screen, Known(relation_labels(screen.surface.session, relations)))
    is_asked_again = not request.is_json
    controls = [
        printer.field(editable[name], texts[name], submission.errors[name] if is_asked_again else "", autofocus=not at)
        for at, name in enumerate(names)
    ]
    form = MoveForm(
        title=_("%(name)s: %(lane)s", name=str(record), lane=lane.label),
        words=_("Before it moves, please fill in:"),
        action_href=screen.href("board", record_id),
        fields=tuple(controls),
        hidden=((found.field.name, lane.key), ("_version", str(submission.version or record.version))),
    )
    return jsonify(detail=submission_words(submission), form=render_template("resource/move.html", page=form)), 422


def submission_words(submission: Submission) -> str:
    """All that was refused, in one text."""
    return " ".join(submission.errors.values())


def _sentence(fields: Any, name: str, words: str) -> str:
    return f"{fields[name].words}: {words}" if name in fields and name else words
