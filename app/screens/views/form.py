"""Add and edit: what was typed always comes back, with every refusal at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import abort, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy import inspect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.data import Record, current_tenant_id, db
from app.data.bounded import Bounded
from app.identity.locale import current_locale
from app.screens.kinds import reader
from app.screens.page import FormPage, Hint, Link
from app.screens.reading.surface import as_uuid
from app.screens.views.actions import COPY
from app.screens.views.conflict import conflict_page, theirs_dropped
from app.screens.views.finding import find_typed
from app.screens.views.form_page import Draft, form_page
from app.screens.views.pictures import with_pictures
from app.screens.views.screen import Screen, next_target
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, Submission, read_form, save
from app.screens.writing.copying import copied

NONE: Mapping[str, str] = MappingProxyType({})
Answer = str | Response | tuple[str, int]


def add_page(screen: Screen) -> Answer:
    """GET shows an empty form (arguments named like fields fill it in, `_copy` the record with this id); POST creates
    the record."""
    if request.method != "GET":
        return _submit(screen, None, *with_pictures(screen, request.form, is_new=True))
    if COPY in request.args:
        return _show(screen, _copy_of(screen, as_uuid(request.args[COPY])))
    if not request.args:
        return render_template("resource/form.html", page=_empty_form(screen))
    return _show(screen, Draft(prefilled={name: value for name, value in request.args.items() if name != "next"}))


def _empty_form(screen: Screen) -> FormPage:
    """The form of a new record when the address fills nothing in: made once for all it looks the same to."""
    person, tenant = screen.surface.person, current_tenant_id()
    rights = (person.permissions, person.roles, person.tenant) if person is not None else ()
    key = (screen.entry.key, screen.base, str(current_locale()), reader(), tenant, screen.surface.access, rights)
    kept: Bounded[Any, FormPage] = current_app.extensions.setdefault("tenantry_empty_forms", Bounded(500))
    if key not in kept:
        kept[key] = replace(form_page(screen, Draft()), is_kept=True)
    return kept[key]


def _copy_of(screen: Screen, record_id: UUID | None) -> Draft:
    if record_id is None or not screen.may("read"):
        abort(404)
    record = screen.snapshot(record_id)
    hint = Hint(_("A copy of “%(name)s”. Nothing is stored before you save.", name=str(record)))
    return Draft(submission=copied(screen.surface, record), hints=(hint,))


def edit_page(screen: Screen, record_id: UUID) -> Answer:
    """GET shows the record's form; POST changes it, or shows the conflict when somebody else saved first."""
    if request.method == "GET":
        return _show(screen, Draft(record=screen.snapshot(record_id)))
    form, refused = with_pictures(screen, theirs_dropped(request.form), is_new=False)
    record = screen.surface.get(record_id, lock=True)
    return _submit(screen, record, form, refused) if record is not None else _submit_to_trash(screen, record_id, form)


def saved_or_asked_again(screen: Screen, record: Record, submission: Submission) -> Answer:
    """Save what was not typed but found (an earlier version); where it cannot be saved, the form asks about it."""
    draft = Draft(record=record, submission=submission)
    try:
        row = save(screen.surface, submission, record)
        row_id, label = row.id, str(row)
        db.session.commit()
    except Invalid:
        return _refuse(screen, draft)
    except Doubts as error:
        draft.hints = _doubts(error)
        return _refuse(screen, draft, 409)
    except NotAllowed as error:
        submission.errors[""] = str(error)
        return _refuse(screen, draft)
    except Conflict as error:
        db.session.rollback()
        return screen.leave(str(error), screen.href(record.id), "warning")
    return screen.leave(_("“%(name)s” is restored.", name=label), screen.href(row_id))


def _submit(
    screen: Screen, record: Record | None, form: MultiDict[str, str], refused: Mapping[str, str] = NONE
) -> Answer:
    submission = read_form(screen.surface, form, record)
    submission.errors |= refused
    draft = Draft(record=record, submission=submission, opened=form.get("_was", ""))
    if "add_row" in form:
        draft.extra_row = form["add_row"]
        return _show(screen, draft)
    draft.found = find_typed(screen, form, submission)
    if draft.found:
        return _refuse(screen, draft)
    try:
        row = save(screen.surface, submission, record)
        row_id, label = row.id, str(row)
        db.session.commit()
    except Invalid:
        return _refuse(screen, draft)
    except Doubts as error:
        draft.hints = _doubts(error)
        return _refuse(screen, draft, 409)
    except NotAllowed as error:
        submission.errors[""] = str(error)
        return _refuse(screen, draft)
    except Conflict:
        db.session.rollback()
        return _conflict(screen, record, submission, form)
    return _done(screen, record, row_id, label)


def _submit_to_trash(screen: Screen, record_id: UUID, form: MultiDict[str, str]) -> Answer:
    """Somebody put the record into the trash while it was edited: nothing is saved, nothing typed is lost."""
    record = screen.record(record_id, trash=True)
    submission = read_form(screen.surface, form, record)
    submission.errors = {"": _("This was put into the trash while you were typing. Restore it first, then save again.")}
    return _show(screen, Draft(record=record, submission=submission, opened=form.get("_was", ""))), 409


def _done(screen: Screen, record: Record | None, row_id: UUID, label: str) -> Response:
    detail = screen.href(row_id)
    if request.form.get("again"):
        target = screen.href("add")
    else:
        target = next_target(detail if screen.may("read") else screen.list_href)
    words = _("“%(name)s” is saved.") if record is not None else _("“%(name)s” is added.")
    return screen.leave(words % {"name": label}, target)


def _conflict(screen: Screen, record: Record | None, submission: Submission, form: MultiDict[str, str]) -> Answer:
    current = screen.record(record.id if record is not None else UUID(int=0))
    page = conflict_page(screen, current, submission, form)
    if page is None:
        words = _("Nothing was changed: what you saw is what somebody else has saved meanwhile.")
        return screen.leave(words, screen.href(current.id))
    return render_template("resource/conflict.html", page=page), 409


def _refuse(screen: Screen, draft: Draft, status: int = 422) -> Answer:
    """Undo what was half done and show the form again as it was typed."""
    identity = inspect(draft.record).identity if draft.record is not None else None  # the rest went with a failed flush
    db.session.rollback()
    if identity is not None:
        draft.record = screen.record(identity[0])
    return _show(screen, draft), status


def _show(screen: Screen, draft: Draft) -> str:
    return render_template("resource/form.html", page=form_page(screen, draft))


def _doubts(error: Doubts) -> tuple[Hint, ...]:
    last = len(error.warnings) - 1
    return tuple(
        Hint(
            str(one.message),
            (Link(_("Look at it"), _inside(one.href)),) if one.href else (),
            "_confirmed" if at == last else "",
            _("Save it all the same") if at == last else "",
        )
        for at, one in enumerate(error.warnings)
    )


def _inside(address: str) -> str:
    """An address below the tenant's prefix."""
    return address if address.startswith(request.script_root + "/") else request.script_root + address
