"""Settings, Form rules: all rules, making one, what it would do and whom it would keep from saving, on and off."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.console.form_rules.checking import problems_of
from app.console.form_rules.editing import EMPTY, Edited, changed, edited_from, edited_of
from app.console.form_rules.offering import effects_of, groups_of
from app.console.form_rules.telling import breaking, condition_words, effect_words, readable, tried_on
from app.console.layouts.offering import kinds_here
from app.data import db
from app.host import Entry, registry
from app.host.form_rules import FormRule, rule_of
from app.identity.access import access
from app.screens.page import Option
from app.screens.reading.surface import as_uuid
from app.screens.views.screen import Screen

blueprint = Blueprint("form_rules", __name__, url_prefix="/console/form-rules", template_folder="../templates")
MAY = "console.form_rule.update"
LONGEST = 100
OFFERED_RECORDS = 30


@blueprint.get("/")
@access(MAY)
def rules() -> str:
    """All rules by kind of record."""
    here = {one.key: one for one in kinds_here()}
    groups: dict[str, list[FormRule]] = {}
    for row in db.session.scalars(select(FormRule).order_by(FormRule.resource, FormRule.position, FormRule.id)):
        entry = here.get(row.resource) or registry().entries.get(row.resource)
        groups.setdefault(entry.resource.plural_words if entry is not None else row.resource, []).append(row)
    kinds = [Option(key, one.resource.plural_words, group=str(one.plugin.title)) for key, one in here.items()]
    return render_template("console/form_rules/rules.html", title=_("Form rules"), groups=groups, kinds=kinds)


@blueprint.get("/new")
@access(MAY)
def new() -> str:
    """An empty rule for `?kind=`."""
    return _editor(_entry(request.args.get("kind", "")), None, EMPTY)


@blueprint.post("/new")
@access("console.form_rule.create")
def make() -> str | Response | tuple[str, int]:
    """Keep a new rule, off for now; or another line of one that is made."""
    return _make(_entry(request.args.get("kind", "")), None)


@blueprint.get("/<uuid:rule_id>/edit")
@access(MAY)
def edit(rule_id: UUID) -> str:
    """The rule in its form."""
    row = _row(rule_id)
    return _editor(_entry(row.resource), row, edited_of(row))


@blueprint.post("/<uuid:rule_id>/edit")
@access(MAY)
def change(rule_id: UUID) -> str | Response | tuple[str, int]:
    """Change the rule, or another line of it."""
    row = _row(rule_id)
    return _make(_entry(row.resource), row)


def _make(entry: Entry, row: FormRule | None) -> str | Response | tuple[str, int]:
    edited = edited_from(request.form)
    deed = request.form.get("do", "")
    if deed != "save":
        return _editor(entry, row, changed(edited, deed))
    problems = _problems(Screen(entry), edited)
    if problems:
        return _editor(entry, row, replace(edited, problems=problems)), 422
    if row is None:
        row = FormRule(resource=entry.key, is_active=False, position=100)
        db.session.add(row)
    row.name, row.conditions, row.effects = edited.name, edited.conditions, edited.deeds
    db.session.flush()
    target = url_for("form_rules.show", rule_id=row.id)
    db.session.commit()
    flash(_("The rule is saved."), "success")
    return redirect(target, 303)


def _problems(screen: Screen, edited: Edited) -> dict[str, str]:
    found = {}
    if not edited.name or len(edited.name) > LONGEST:
        found["name"] = _("Please give it a name of at most %(count)s characters.", count=LONGEST)
    return found | problems_of(screen.surface, rule_of(edited.name, edited.conditions, edited.deeds))


@blueprint.get("/<uuid:rule_id>")
@access(MAY)
def show(rule_id: UUID) -> str:
    """The rule in words, who could not save any more, and what it does with `?record=`."""
    row = _row(rule_id)
    screen = Screen(_entry(row.resource))
    rule = readable(screen.surface, row)
    newest = screen.surface.rows().order_by(screen.surface.model.id.desc()).limit(OFFERED_RECORDS)
    records = list(db.session.scalars(newest))
    key = as_uuid(request.args.get("record", ""))
    chosen = screen.surface.get(key) if key is not None else None
    return render_template(
        "console/form_rules/rule.html",
        title=row.name,
        row=row,
        plural=screen.plural,
        is_readable=rule is not None,
        when=condition_words(screen.surface, rule.when) if rule is not None else [],
        then=[effect_words(one) for one in rule.then] if rule is not None else [],
        breaking=list(breaking(screen.surface, rule)) if rule is not None else [],
        records=[Option(str(one.id), str(one), one.id == key) for one in records],
        tried=tried_on(screen.surface, rule, chosen) if rule is not None and chosen is not None else None,
        history=f"{request.script_root}/console/form_rule/{row.id}",
    )


@blueprint.post("/<uuid:rule_id>/switch")
@access(MAY)
def switch(rule_id: UUID) -> Response:
    """On or off."""
    row = _row(rule_id)
    row.is_active = request.form.get("on") == "1"
    words = _("The rule is on.") if row.is_active else _("The rule is off.")
    db.session.commit()
    flash(words, "success")
    return redirect(url_for("form_rules.show", rule_id=rule_id), 303)


@blueprint.post("/<uuid:rule_id>/remove")
@access("console.form_rule.delete")
def remove(rule_id: UUID) -> Response:
    """Do without the rule."""
    db.session.delete(_row(rule_id))
    db.session.commit()
    flash(_("The rule is removed."), "success")
    return redirect(url_for("form_rules.rules"), 303)


def _editor(entry: Entry, row: FormRule | None, edited: Edited) -> str:
    screen = Screen(entry)
    return render_template(
        "console/form_rules/edit.html",
        title=row.name if row is not None else _("New rule: %(what)s", what=entry.resource.plural_words),
        edited=edited,
        groups=groups_of(screen, edited),
        effects=effects_of(screen, edited),
        problems=edited.problems,
        cancel=url_for("form_rules.show", rule_id=row.id) if row is not None else url_for("form_rules.rules"),
    )


def _entry(kind: str) -> Entry:
    found = next((one for one in kinds_here() if one.key == kind), None)
    return found if found is not None else abort(404)


def _row(rule_id: UUID) -> FormRule:
    found = db.session.scalars(select(FormRule).where(FormRule.id == rule_id)).one_or_none()
    return found if found is not None else abort(404)
