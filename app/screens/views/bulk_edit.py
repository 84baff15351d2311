"""Changing fields of ticked rows, or of all that match: which fields, to what, and why not where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.audit import just_written
from app.data import Field, db
from app.screens.history import can_be_undone
from app.screens.page import BulkField, BulkPage, Option, Problem
from app.screens.views.actions import SHOWN_TARGETS, Chosen, choose
from app.screens.views.controls import FIND, Known, control_of
from app.screens.views.counting import number_words
from app.screens.views.finding import find_typed
from app.screens.views.form_page import plan_of
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen, next_target
from app.screens.writing import Conflict, Invalid, NotAllowed, Submission
from app.screens.writing.many import Refused, Way, change_many, changeable, read_change
from app.screens.writing.submission import shown

WAY = "_way."
"""Before the name of a field of tags: what becomes of those that a record has."""


def bulk_edit(screen: Screen) -> str | Response | tuple[str, int]:
    """Asks for fields and values, and changes all of the rows or none of them."""
    target = next_target(screen.list_href)
    chosen = choose(screen)
    if not chosen.rows:
        return screen.leave(_("Please tick at least one row first."), target, "warning")
    labels = [str(row) for row in chosen.rows[:SHOWN_TARGETS]]
    if request.form.get("_run") != "1":
        return _ask(screen, chosen, labels, target, Submission())
    given = read_change(screen.surface, request.form, request.form.getlist("change"))
    asked = {key: words for key, words in request.form.items() if key.removeprefix(FIND) in given.texts}
    offered = find_typed(screen, asked, given)
    try:
        number = change_many(screen.surface, chosen.rows, given, _ways())
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        return _ask(screen, chosen, labels, target, error.submission, offered), 422
    except Refused as error:
        db.session.rollback()
        return _ask(screen, chosen, labels, target, given, refused=error.problems), 422
    except (NotAllowed, Conflict) as error:
        db.session.rollback()
        words = str(error) if isinstance(error, NotAllowed) else _("Somebody else was first. Please try again.")
        return screen.leave(words, target, "error")
    written = just_written(db.session())
    undo = written if number and can_be_undone(screen.surface, written, number) else None
    words = ngettext("Changed: %(count)s record.", "Changed: %(count)s records.", number, count=number_words(number))
    return screen.leave(words, target, undo=undo)


def _ways() -> dict[str, Way]:
    found = {key.removeprefix(WAY): value for key, value in request.form.items() if key.startswith(WAY)}
    return {name: value for name, value in found.items() if value in get_args(Way)}  # type: ignore[misc]


def _ask(
    screen: Screen, chosen: Chosen, labels: list[str], target: str, given: Submission,
    offered: Mapping[str, tuple[Option, ...]] | None = None, refused: Sequence[tuple[str, str]] = (),
) -> str:  # fmt: skip
    fields = changeable(screen.surface)
    count, more = len(chosen.rows), len(chosen.rows) - len(labels)
    page = BulkPage(
        title=ngettext(
            "Change %(count)s record (%(what)s)", "Change %(count)s records (%(what)s)",
            count, count=number_words(count), what=screen.plural,
        ),
        action_href=screen.href("bulk-edit"),
        cancel_href=target,
        targets=tuple(labels),
        more_targets=_("and %(count)s more", count=number_words(more)) if more > 0 else "",
        fields=tuple(_fields(screen, fields, given, offered or {})),
        problems=tuple(_problems(given, fields, refused)),
        hidden=(*chosen.hidden, ("next", target), ("_run", "1")),
        trail=screen.trail(),
    )  # fmt: skip
    return render_template("resource/bulk_edit.html", page=page)


def _problems(given: Submission, fields: Mapping[str, Field], refused: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """Of a value at its field; of a record by what it is called."""
    for name, words in given.errors.items():
        yield Problem(words, name, fields[name].words) if name in fields else Problem(words)
    for called, words in refused:
        yield Problem(words, "", called)


def _fields(
    screen: Screen, fields: Mapping[str, Field], given: Submission, offered: Mapping[str, tuple[Option, ...]]
) -> Iterator[BulkField]:
    typed = {name: (one, given.texts[name]) for name, one in fields.items() if one.picks and given.texts.get(name)}
    known = Known(relation_labels(screen.surface.session, typed), offered)
    for name in plan_of(screen, fields):
        text = given.texts.get(name, "false" if fields[name].kind == "flag" else shown(None, _plain(fields[name])))
        control = control_of(screen, fields[name], name, text, given.errors.get(name, ""), known=known)
        ways = _choice_of_ways(name) if fields[name].kind == "tags" else ()
        yield BulkField(replace(control, required=False), name in given.texts, WAY + name, ways)


def _plain(field: Field) -> Field:
    """Without what a new record would begin with: nobody means that here before they say so."""
    return replace(field, default=None)


def _choice_of_ways(name: str) -> tuple[Option, ...]:
    chosen = _ways().get(name, "add")
    words = (("add", _("Add to what is there")), ("remove", _("Take away")), ("set", _("Replace what is there")))
    return tuple(Option(way, text, way == chosen) for way, text in words)
