"""Actions on one row, on ticked rows, or on all rows that match: their buttons, their form, their running.

Deleting many rows works the same way, so it is here as well.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.audit import just_written
from app.data import Field, Record, db
from app.host import Action
from app.screens.history import can_be_undone
from app.screens.page import ActionButton, ActionPage, FieldView, Link, Problem
from app.screens.reading.surface import as_uuid
from app.screens.reading.timeline import adding_actions
from app.screens.views.asking import from_query
from app.screens.views.controls import control_of
from app.screens.views.counting import number_words
from app.screens.views.own_buttons import own_buttons
from app.screens.views.screen import Screen, next_target, with_query
from app.screens.writing import Invalid, NotAllowed, Submission, run_action, trash
from app.screens.writing.actions import chosen_rows, parameter_fields, read_parameters
from app.screens.writing.many import changeable
from app.screens.writing.submission import shown

COPY = "_copy"
"""The argument of the form of a new record that names another one to begin from."""
SHOWN_TARGETS = 8
MAX_TICKED = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that were meant, and how the form names them again."""

    rows: Sequence[Record]
    hidden: tuple[tuple[str, str], ...]


def bulk_buttons(screen: Screen) -> tuple[ActionButton, ...]:
    """What may be done with ticked rows."""
    found = [
        ActionButton(str(one.title), screen.href("actions", one.name), "post", "danger" if one.danger else "plain")
        for one in screen.entry.resource.actions
        if one.on in ("bulk", "both") and screen.may(one.name)
    ]
    sure = _("Do this to all that are ticked?")
    found += [ActionButton(one.label, one.href, "post", icon="bolt", confirm=sure) for one in own_buttons(screen)]
    if screen.may("update") and changeable(screen.surface):
        found.insert(0, ActionButton(_("Change fields"), screen.href("bulk-edit"), "post", icon="edit"))
    if screen.may("merge"):
        address = with_query(screen.outside("merging/new"), [("resource", screen.entry.key)])
        found.append(ActionButton(_("Merge"), address, "post", icon="users"))
    if found and screen.may("export"):  # rows that can only be read carry no boxes: such lists are the longest
        address = with_query(screen.outside("transfer/exports/ticked"), [("resource", screen.entry.key)])
        found.append(ActionButton(_("Export"), address, "post", icon="download"))
    if screen.may("delete"):
        found.append(ActionButton(_("Delete"), screen.href("bulk-delete"), "post", "danger", "trash"))
    return tuple(found)


def copy_button(screen: Screen, record_id: UUID | str) -> tuple[ActionButton, ...]:
    """The form of a new record filled in like this one, for those who may add some by a form."""
    if not screen.may("create") or not screen.may("read") or screen.entry.resource.add_path:
        return ()
    return (ActionButton(_("Make a copy"), f"{screen.base}/add?{COPY}={record_id}", icon="copy"),)


def row_buttons(screen: Screen, here: str) -> tuple[ActionButton, ...]:
    """The menu of a row in a list; `{id}` stands for the row."""
    found = []
    if screen.may("update"):
        found.append(ActionButton(_("Edit"), screen.base + "/{id}/edit", icon="edit"))
    found += copy_button(screen, "{id}")
    for one in screen.entry.resource.actions:
        if one.on in ("row", "both") and screen.may(one.name):
            address = with_query(screen.href("actions", one.name), [("next", here)]) + "&id={id}"
            found.append(ActionButton(str(one.title), address, "post", "danger" if one.danger else "plain"))
    for own in own_buttons(screen):
        address = with_query(own.href, [("next", here)]) + "&id={id}"
        found.append(ActionButton(own.label, address, "post", icon="bolt"))
    if screen.may("delete"):
        found.append(ActionButton(_("Delete"), screen.base + "/{id}/delete", style="danger", icon="trash"))
    return tuple(found)


def record_buttons(screen: Screen, record: Record) -> list[ActionButton]:
    """The buttons at the head of one record's page: actions that apply to it and add nothing to its timeline."""
    above_the_timeline = adding_actions(screen.surface)
    names = [one.name for one in screen.entry.resource.actions if one.name not in above_the_timeline]
    pairs = [("id", record.id), ("next", screen.href(record.id))]
    own = [ActionButton(one.label, with_query(one.href, pairs), "post", icon="bolt") for one in own_buttons(screen)]
    return [*named_buttons(screen, record, names), *own]


def named_buttons(screen: Screen, record: Record, names: Container[str]) -> list[ActionButton]:
    """The buttons of those of these actions that this person may do to the record, and that apply to it."""
    pairs = [("id", record.id), ("next", screen.href(record.id))]
    offered = [
        one
        for one in screen.entry.resource.actions
        if one.name in names and one.on in ("row", "both") and screen.may(one.name)
        if one.applies is None or one.applies(record)
    ]
    return [
        ActionButton(
            str(one.title),
            with_query(screen.href("actions", one.name), pairs),
            "post",
            "danger" if one.danger else "plain",
            one.icon,
            is_beside=bool(one.beside) and before is not None and one.beside == before.name,
        )
        for before, one in zip([None, *offered], offered, strict=False)
    ]


def action_page(screen: Screen, action: Action) -> str | Response | tuple[str, int]:
    """Ask for parameters and confirmation where the action wants them, then run it on the chosen rows."""
    target = next_target(screen.list_href)
    chosen = choose(screen)
    if not chosen.rows:
        return screen.leave(_("Please tick at least one row first."), target, "warning")
    needs_form = bool(action.parameters or action.confirm or action.danger or len(chosen.rows) > 1)
    if needs_form and request.form.get("_run") != "1":
        return _ask(screen, action, chosen, target, Submission())
    parameters = read_parameters(action, request.form, json=False)
    labels = [str(row) for row in chosen.rows[:SHOWN_TARGETS]]
    try:
        message = run_action(screen.surface, action, chosen.rows, parameters)
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        return _ask(screen, action, chosen, target, error.submission, labels), 422
    except NotAllowed as error:
        db.session.rollback()
        return screen.leave(str(error), target, "error")
    written = just_written(db.session())
    undo = written if can_be_undone(screen.surface, written, len(chosen.rows)) else None
    return screen.leave(message or _("%(action)s: done.", action=action.title), target, undo=undo)


def bulk_delete(screen: Screen) -> str | Response:
    """Delete ticked rows, or all that match, after asking once."""
    target = next_target(screen.list_href)
    chosen = choose(screen)
    if not chosen.rows:
        return screen.leave(_("Please tick at least one row first."), target, "warning")
    number = number_words(len(chosen.rows))
    if request.form.get("_run") != "1":
        words = _("They go to the trash, from where they can be restored.")
        if not screen.surface.model.__soft_delete__:
            words = _("They are deleted for good. This cannot be undone.")
        title = ngettext(
            "Delete %(count)s record? (%(what)s)", "Delete %(count)s records? (%(what)s)",
            len(chosen.rows), count=number, what=screen.plural,
        )  # fmt: skip
        address = screen.href("bulk-delete")
        return _render(screen, title, words, address, target, _("Delete"), chosen, is_danger=True)
    try:
        for row in chosen.rows:
            trash(screen.surface, row)
        db.session.commit()
        undo = just_written(db.session()) if screen.surface.model.__soft_delete__ else None
    except NotAllowed as error:
        db.session.rollback()
        return screen.leave(str(error), target, "error")
    return screen.leave(_("Deleted: %(count)s.", count=number), target, undo=undo)


def choose(screen: Screen) -> Chosen:
    """The rows that the form means, read in one statement; those out of reach are not among them."""
    query = request.form.get("query", "")
    if request.form.get("all") == "1":
        rows = chosen_rows(screen.surface, None, from_query(screen.surface, query))
        return Chosen(rows, (("all", "1"), ("query", query)))
    given = [as_uuid(text) for text in request.values.getlist("id")[:MAX_TICKED]]
    ids: list[UUID] = list(dict.fromkeys(one for one in given if one is not None))
    rows = chosen_rows(screen.surface, ids, None) if ids else []
    return Chosen(rows, (*(("id", str(one)) for one in ids), ("query", query)))


def _ask(
    screen: Screen, action: Action, chosen: Chosen, target: str, typed: Submission, labels: Sequence[str] = ()
) -> str:
    fields = _parameter_controls(screen, action, typed, takes_focus=not typed.errors)
    problems = tuple(
        Problem(words, name if name in action.parameters else "", _label(action, name))
        for name, words in typed.errors.items()
    )
    verb = title = str(action.title).removesuffix("…")  # what comes has come
    if len(chosen.rows) > 1:
        title = _("%(action)s: %(count)s records", action=title, count=number_words(len(chosen.rows)))
    words = str(action.confirm) if action.confirm else _("This is done to:")
    address = screen.href("actions", action.name)
    return _render(
        screen, title, words, address, target, verb, chosen,
        is_danger=action.danger, fields=fields, problems=problems, labels=labels,
    )  # fmt: skip


def _render(
    screen: Screen, title: str, words: str, address: str, target: str, submit: str, chosen: Chosen,
    *, is_danger: bool, fields: tuple[FieldView, ...] = (), problems: tuple[Problem, ...] = (),
    labels: Sequence[str] = (),
) -> str:  # fmt: skip
    shown = tuple(labels or [str(row) for row in chosen.rows[:SHOWN_TARGETS]])
    more = len(chosen.rows) - len(shown)
    page = ActionPage(
        title=title,
        words=words,
        action_href=address,
        cancel_href=target,
        submit_label=submit,
        is_danger=is_danger,
        targets=shown,
        more_targets=_("and %(count)s more", count=number_words(more)) if more > 0 else "",
        fields=fields,
        problems=problems,
        hidden=(*chosen.hidden, ("next", target), ("_run", "1")),
        trail=screen.trail(*([Link(shown[0], target)] if len(chosen.rows) == 1 else [])),
    )
    return render_template("resource/action.html", page=page)


def _parameter_controls(
    screen: Screen, action: Action, typed: Submission, *, takes_focus: bool
) -> tuple[FieldView, ...]:
    found = [_control(screen, action, name, field, typed) for name, field in parameter_fields(action).items()]
    return tuple(replace(one, autofocus=takes_focus and one is found[0]) for one in found)


def _control(screen: Screen, action: Action, name: str, field: Field, typed: Submission) -> FieldView:
    """The control of one parameter; of a secret one that never shows what was typed."""
    text, error = typed.texts.get(name, shown(None, field)), typed.errors.get(name, "")
    control = control_of(screen, field, name, text, error, pick_stem=screen.href("pick", action.name))
    return replace(control, kind="password", value="") if field.secret else control


def _label(action: Action, name: str) -> str:
    field = parameter_fields(action).get(name)
    return field.words if field else ""
