"""All automations, and the page of one: in words, why it cannot run, on trial, and its log; buttons on records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.automations.buttons import press
from app.automations.checking import check_automation, why_not
from app.automations.dry import Tried, last_that_match, try_on
from app.automations.models import OFF, ON, RUN_STATES, STEP_KINDS, Automation, AutomationOutcome, AutomationRun
from app.automations.pages.reached import automation
from app.automations.pages.wording import conditions_in_words, step_words, trigger_words
from app.console.layouts.offering import kinds_here
from app.data import db
from app.host import FieldError, registry
from app.host.extending import entry_here
from app.identity.access import access
from app.screens.page import Badge, Option
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.screens.views.actions import choose
from app.screens.views.screen import Screen, next_target

blueprint = Blueprint("automations", __name__, url_prefix="/automations", template_folder="../templates")
MAY = "automations.automation.update"
OFFERED_RECORDS, SHOWN_RUNS = 30, 20
_STEPS = {one.value: one for one in STEP_KINDS}
_STATES = {one.value: one for one in RUN_STATES}


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in the log."""

    href: str
    record: str
    record_href: str
    at: datetime
    badge: Badge
    reason: str
    steps: tuple[str, ...]


@blueprint.get("/")
@access(MAY)
def overview() -> str:
    """All automations by kind of record."""
    here = {one.key: one for one in kinds_here()}
    groups: dict[str, list[Automation]] = {}
    for row in db.session.scalars(select(Automation).order_by(Automation.resource, Automation.name, Automation.id)):
        entry = here.get(row.resource) or registry().entries.get(row.resource)
        groups.setdefault(entry.resource.plural_words if entry is not None else row.resource, []).append(row)
    types = registry().happenings.types
    kinds = [
        Option(key, one.resource.plural_words, group=str(one.plugin.title))
        for key, one in here.items()
        if f"{key}_created" in types
    ]
    return render_template(
        "automations/overview.html", title=_("Automations"), groups=groups, kinds=kinds,
        log=f"{request.script_root}/automations/run/",
    )  # fmt: skip


@blueprint.get("/show/<uuid:automation_id>")
@access(MAY)
def show(automation_id: UUID) -> str:
    """The automation in words, and its log."""
    return _page(automation(automation_id))


@blueprint.post("/try/<uuid:automation_id>")
@access(MAY)
def try_it(automation_id: UUID) -> str:
    """What it would do with the record that is chosen, or the last ones that match; nothing of it stays."""
    row = automation(automation_id)
    key = as_uuid(request.form.get("record", ""))
    problem, tried = "", list[Tried]()
    try:
        ids = [key] if key is not None and "last" not in request.form else last_that_match(row)
        tried = try_on(row, ids)
    except ValueError as error:
        problem = str(error)
    return _page(automation(automation_id), tried=tried, asked=True, problem=problem, chosen=key)


def _page(
    row: Automation, *, tried: list[Tried] | None = None, asked: bool = False, problem: str = "",
    chosen: UUID | None = None,
) -> str:  # fmt: skip
    entry = entry_here(row.resource)
    screen = Screen(entry) if entry is not None else None
    surface = screen.surface if screen is not None else None
    base = f"{request.script_root}{entry.path}/" if entry is not None else ""
    return render_template(
        "automations/automation.html",
        title=row.name,
        row=row,
        what=entry.resource.plural_words if entry is not None else row.resource,
        why_not=problem or why_not(row),
        when=trigger_words(surface, row) if surface is not None else "",
        conditions=conditions_in_words(surface, row.conditions) if surface is not None else [],
        steps=list(step_words(surface, row)) if surface is not None else [],
        records=_records(surface, chosen) if surface is not None else [],
        tried=[_in_words(one) for one in tried or []],
        asked=asked,
        base=base,
        runs=list(_runs(row, base)),
        log=f"{request.script_root}/automations/run/?automation.is={row.id}",
        history=f"{request.script_root}/automations/automation/{row.id}",
    )


def _in_words(one: Tried) -> Tried:
    return replace(one, steps=tuple((_STEPS[kind].words, words) for kind, words in one.steps))


def _records(surface: Surface, chosen: UUID | None) -> list[Option]:
    if not surface.may("read"):
        return []
    newest = surface.rows().order_by(surface.model.id.desc()).limit(OFFERED_RECORDS)
    return [Option(str(one.id), str(one), one.id == chosen) for one in db.session.scalars(newest)]


def _runs(row: Automation, base: str) -> list[RunLine]:
    """The newest runs with what came of their steps: two statements."""
    newest = select(AutomationRun).where(AutomationRun.automation_id == row.id)
    rows = db.session.scalars(newest.order_by(AutomationRun.id.desc()).limit(SHOWN_RUNS)).all()
    steps: dict[UUID, list[str]] = defaultdict(list)
    one = AutomationOutcome
    outcomes = select(one.run_id, one.words).where(one.run_id.in_([run.id for run in rows]))
    for run_id, words in db.session.execute(outcomes.order_by(one.run_id, one.number)) if rows else ():
        steps[run_id].append(words)
    return [
        RunLine(
            f"{request.script_root}/automations/run/{run.id}", run.record_label or _("a record"),
            f"{base}{run.target_id}" if base else "", run.created_at,
            Badge(_STATES[run.state].words, _STATES[run.state].colour or "grey"), run.reason or "",
            tuple(steps[run.id]),
        )
        for run in rows
    ]  # fmt: skip


@blueprint.post("/switch/<uuid:automation_id>")
@access(MAY)
def switch(automation_id: UUID) -> Response:
    """On or off."""
    row = automation(automation_id)
    row.state = ON if request.form.get("on") == "1" else OFF
    try:
        with db.session.no_autoflush:
            if row.state == ON:
                check_automation(row, False)
        db.session.commit()
        flash(_("The automation is on.") if row.state == ON else _("The automation is off."), "success")
    except FieldError as refused:
        db.session.rollback()
        flash(" ".join(refused.errors.values()), "error")
    return redirect(url_for("automations.show", automation_id=automation_id), 303)


@blueprint.post("/remove/<uuid:automation_id>")
@access("automations.automation.delete")
def remove(automation_id: UUID) -> Response:
    """Do without it; its log goes with it."""
    db.session.delete(automation(automation_id))
    db.session.commit()
    flash(_("The automation is removed."), "success")
    return redirect(url_for("automations.overview"), 303)


@blueprint.post("/press/<uuid:automation_id>")
@access("automations.button.press")
def press_button(automation_id: UUID) -> Response:
    """The button on a record, on ticked ones, or on all that match."""
    row = automation(automation_id)
    entry = entry_here(row.resource)
    if entry is None:
        return redirect(next_target(f"{request.script_root}/"), 303)
    screen = Screen(entry)
    target, chosen = next_target(screen.list_href), choose(screen)
    if not chosen.rows:
        return screen.leave(_("Please tick at least one row first."), target, "warning")
    try:
        words = press(row, screen.surface, chosen.rows)
        db.session.commit()
    except ValueError as error:
        db.session.rollback()
        return screen.leave(str(error), target, "error")
    return screen.leave(words, target)
