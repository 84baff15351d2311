"""Making and changing an automation: the form, another line of it, and keeping it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.automations.checking import can_have, check_automation
from app.automations.models import DRAFT, Automation
from app.automations.pages.editing import Draft, changed, draft_from, draft_of
from app.automations.pages.offering import cards, owner_controls, trigger_controls, triggers
from app.automations.pages.reached import automation
from app.automations.pages.storing import put, shown_value
from app.console.form_rules.offering import groups_of
from app.data import db
from app.host import FieldError
from app.host.extending import entry_here
from app.identity.access import access
from app.screens.views.screen import Screen

blueprint = Blueprint("automation_editor", __name__, url_prefix="/automations", template_folder="../templates")
MAY = "automations.automation.update"


@blueprint.get("/new")
@access("automations.automation.create")
def new() -> str:
    """An empty automation for `?kind=`."""
    return _editor(_screen(request.args.get("kind", "")), None, Draft({"trigger": "created"}))


@blueprint.post("/new")
@access("automations.automation.create")
def make() -> str | Response | tuple[str, int]:
    """Keep a new automation, as a draft; or another part of one that is made."""
    return _make(_screen(request.args.get("kind", "")), None)


@blueprint.get("/edit/<uuid:automation_id>")
@access(MAY)
def edit(automation_id: UUID) -> str:
    """The automation in its form."""
    row = automation(automation_id)
    screen = _screen(row.resource)
    return _editor(screen, row, draft_of(row, lambda step, line: shown_value(screen.surface, step, line)))


@blueprint.post("/edit/<uuid:automation_id>")
@access(MAY)
def change(automation_id: UUID) -> str | Response | tuple[str, int]:
    """Change the automation, or another part of it."""
    row = automation(automation_id)
    return _make(_screen(row.resource), row)


def _make(screen: Screen, row: Automation | None) -> str | Response | tuple[str, int]:
    draft, deed = draft_from(request.form), request.form.get("do", "")
    if deed != "save":
        return _editor(screen, row, changed(draft, deed))
    is_new = row is None
    if row is None:
        row = Automation(
            resource=screen.entry.key, state=DRAFT, trigger="created", unit="days", direction="after", amount=0,
            keep_days=90,
        )  # fmt: skip
    with db.session.no_autoflush:
        problems = put(row, draft, screen.surface)
        try:
            if not problems:
                check_automation(row, is_new)
        except FieldError as refused:
            problems = dict(refused.errors)
    if problems:
        db.session.rollback()
        known = None if is_new else automation(row.id)
        return _editor(screen, known, replace(draft, problems=problems)), 422
    db.session.add(row)
    db.session.flush()
    target = url_for("automations.show", automation_id=row.id)
    db.session.commit()
    flash(_("The automation is saved."), "success")
    return redirect(target, 303)


def _editor(screen: Screen, row: Automation | None, draft: Draft) -> str:
    back = url_for("automations.show", automation_id=row.id) if row is not None else url_for("automations.overview")
    return render_template(
        "automations/edit.html",
        title=row.name if row is not None else _("New automation: %(what)s", what=screen.plural),
        draft=draft,
        triggers=triggers(draft),
        trigger_controls=list(trigger_controls(screen, draft)),
        groups=groups_of(screen, draft.when, asks_roles=False),
        cards=cards(screen, draft),
        owner=list(owner_controls(draft)),
        problems=draft.problems,
        cancel=back,
    )


def _screen(kind: str) -> Screen:
    entry = entry_here(kind)
    return Screen(entry) if entry is not None and can_have(kind) else abort(404)
