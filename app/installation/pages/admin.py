"""Plugins as a tenant's admins see them: cards with a switch, and a page each with settings and what it may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit import note
from app.data import current_tenant_id, db
from app.features import can, has_feature
from app.features.decided import decisions
from app.host import FieldError, Plugin, registry
from app.host.lifecycle import ALIVE, refusals_here, states_here, switch
from app.identity.access import access
from app.identity.locale import listed
from app.identity.principal import principal
from app.installation.features import features_of, switch_feature, switches_here
from app.installation.pages.leaving import lacks_tables
from app.installation.settings import read_settings, save_settings, stored_settings, texts_of
from app.installation.words import need_words, role_words, verb_words
from app.screens.page import FieldView, Problem
from app.screens.views.controls import control_of
from app.screens.views.screen import Screen
from app.screens.writing.submission import Submission
from app.tenancy.models import PLUGIN_STATES, Tenant

blueprint = Blueprint("plugins", __name__, url_prefix="/console/plugins", template_folder="../templates")
TONES = {"on": "green", "read_only": "amber", "archived": "purple"}


_OUT_OF_ORDER = _l("It is out of order. The operator of the platform sees why; nothing of yours is lost.")


@dataclass(frozen=True, slots=True)
class Card:
    """One plugin for one tenant. `state_words` and `tone` are its badge."""

    name: str
    title: str
    summary: str
    version: str
    icon: str
    state: str
    state_words: str
    tone: str
    refusal: str = ""
    """Why it cannot be switched on: it is left out, not in the plan, or waits for the operator."""
    needs: str = ""
    has_settings: bool = False

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE


@blueprint.get("/")
@access("console.plugin.read")
def cards() -> str:
    """Every plugin that could be on here, and those that are out of order."""
    states, known = states_here(), registry()
    refusals = refusals_here()
    shown = [_card(one, states, refusals.get(one.name, "")) for one in known.plugins if not one.core]
    shown += [_left_out(name, states) for name, state in sorted(states.items()) if _is_lost(name, state)]
    may = can("console.plugin", "update").allowed
    return render_template("installation/cards.html", title=_("Plugins"), cards=shown, may=may)


def _is_lost(name: str, state: str) -> bool:
    """On, and its code is left out or uninstalled."""
    return state in ALIVE and name not in registry().names


def _card(plugin: Plugin, states: dict[str, str], refusal: str) -> Card:
    state = states.get(plugin.name, "off")
    needed = [other for other in plugin.requires if other not in registry().always_on]
    titles = [str(other.title) for other in registry().plugins if other.name in needed]
    words, tone = _state_words(state), TONES.get(state, "grey")
    person = principal()
    if state in ALIVE and person is not None and person.tenant and plugin.name in decisions(person.tenant).stopped:
        words, tone, refusal = _("Out of order"), "red", _OUT_OF_ORDER
    return Card(
        plugin.name, str(plugin.title), str(plugin.summary), plugin.version, plugin.icon, state, words, tone,
        refusal=str(refusal), needs=listed(titles),
        has_settings=bool(registry().settings.get(plugin.name)),
    )  # fmt: skip


def _left_out(name: str, states: dict[str, str]) -> Card:
    title = registry().title(name)
    return Card(name, title, "", "", "warning", states[name], _("Out of order"), "red", refusal=str(_OUT_OF_ORDER))


def _state_words(state: str) -> str:
    return next(one.words for one in PLUGIN_STATES if one.value == state)


@blueprint.get("/<name>")
@access("console.plugin.read")
def page(name: str) -> str:
    """One plugin: its state, its settings, what it brings and may do."""
    return _page(_installed(name), Submission())


def _page(plugin: Plugin, typed: Submission) -> str:
    card = _card(plugin, states_here(), refusals_here().get(plugin.name, ""))
    problems = tuple(Problem(words, name, _label(plugin.name, name)) for name, words in typed.errors.items())
    return render_template(
        "installation/plugin.html",
        title=card.title,
        card=card,
        fields=_controls(plugin.name, typed),
        clearable=_clearable(plugin.name),
        problems=problems,
        may=can("console.plugin", "update").allowed,
        abilities=_abilities(plugin),
        features=_features(plugin),
        needs=[need_words(one) for one in plugin.needs.words()],
        happenings=_happenings(plugin),
    )


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature as an admin sees it. Only a switch is theirs; of the others `state` says how it stands."""

    name: str
    label: str
    help: str
    is_on: bool
    is_theirs: bool
    state: str = ""


def _features(plugin: Plugin) -> list[FeatureRow]:
    switched, person = switches_here(), principal()
    found = []
    for one in features_of(plugin.name):
        is_theirs = one.kind == "switch"
        is_on = switched.get(one.name, one.default) if is_theirs else has_feature(one.name, person)
        words = {"flag": _("The operator opens it."), "capability": _("Given member by member, under Capabilities.")}
        row = FeatureRow(one.name, str(one.label), str(one.help), is_on, is_theirs, words.get(one.kind, ""))
        found.append(row)
    return found


@blueprint.post("/<name>/features")
@access("console.plugin.update")
def switch_features(name: str) -> Any:
    """Switch the plugin's features as they are ticked."""
    plugin = _installed(name)
    for one in features_of(plugin.name):
        if one.kind == "switch":
            switch_feature(one.name, f"feature.{one.name}" in request.form)
    db.session.commit()
    flash(_("The features are switched."), "success")
    return redirect(url_for("plugins.page", name=name), 303)


def _controls(plugin: str, typed: Submission) -> list[FieldView]:
    screen, texts, kept = Screen(registry().entries["console.plugin"]), texts_of(plugin), stored_settings()
    controls = []
    for name, field in registry().settings.get(plugin, {}).items():
        asked = _as_asked(field, is_kept=kept.get((plugin, name), (None, None))[1] is not None)
        text, wrong = typed.texts.get(name, texts[name]), typed.errors.get(name, "")
        control = control_of(screen, asked, name, text, wrong)
        controls.append(replace(control, kind="password", value="") if field.secret else control)
    return controls


def _as_asked(field: Any, *, is_kept: bool) -> Any:
    """A secret that is there is not asked for again, and says so."""
    if not (field.secret and is_kept):
        return field
    return replace(field, required=False, help=_("A value is kept and never shown. Leave this empty to keep it."))


def _clearable(plugin: str) -> list[tuple[str, str]]:
    """(name, label) of secrets that are kept and need not be."""
    kept = stored_settings()
    return [
        (name, field.words)
        for name, field in registry().settings.get(plugin, {}).items()
        if field.secret and not field.required and kept.get((plugin, name), (None, None))[1] is not None
    ]


def _label(plugin: str, name: str) -> str:
    field = registry().settings[plugin].get(name)
    return field.words if field else ""


@dataclass(frozen=True, slots=True)
class Ability:
    """A resource and what roles may do on it by the plugin's declaration."""

    title: str
    verbs: tuple[tuple[str, str], ...]
    """What, and the roles that may, in words."""


def _abilities(plugin: Plugin) -> list[Ability]:
    found = []
    for entry in registry().entries.values():
        if entry.plugin is plugin:
            held = [one for one in registry().declared_permissions() if one.resource == entry.key]
            verbs = tuple((verb_words(one.verb, entry), role_words(one.roles)) for one in held)
            found.append(Ability(entry.resource.plural_words, verbs))
    return found


def _happenings(plugin: Plugin) -> list[tuple[str, list[str]]]:
    """What it does without being asked, in words: jobs by the clock, what it listens to, messages that come in."""
    known = registry()
    jobs = {one.job for one in known.schedules.values()}
    mine = f"{plugin.name}."
    rows: Iterable[tuple[str, list[str]]] = (
        (_("Works by the clock"), [str(known.jobs[name].title) for name in sorted(jobs) if name.startswith(mine)]),
        (
            _("Hears of"),
            [one.handler.event_name for one in known.happenings.listeners.values() if one.plugin == plugin.name],
        ),
        (
            _("Takes messages of other systems"),
            [name for owner, name in known.happenings.inlets if owner == plugin.name],
        ),
        (_("Reaches people by"), [str(one.title) for one in known.channels.values() if one.plugin == plugin.name]),
        (_("Takes payments by"), [str(one.title) for one in known.providers.values() if one.plugin == plugin.name]),
    )
    return [(title, words) for title, words in rows if words]


@blueprint.post("/<name>/state")
@access("console.plugin.update")
def change(name: str) -> Any:
    """Switch it on, off, or to reading alone."""
    state = request.form.get("state", "")
    if not (state == "off" and _is_lost(name, states_here().get(name, "off"))):
        _installed(name)
    if state not in ("on", "off", "read_only"):
        abort(400)
    if state != "off" and lacks_tables(name):
        flash(_("Its tables are not there: the operator of the platform makes them."), "error")
        return redirect(url_for("plugins.cards"), 303)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    try:
        switch(tenant, name, state)
        db.session.commit()
    except FieldError as refused:
        db.session.rollback()
        flash(refused.message, "error")
    else:
        flash(
            _("%(plugin)s is switched: %(state)s.", plugin=registry().title(name), state=_state_words(state)), "success"
        )
    return redirect(url_for("plugins.page" if request.form.get("from") == "page" else "plugins.cards", name=name), 303)


@blueprint.post("/<name>")
@access("console.plugin.update")
def save(name: str) -> Any:
    """Store the settings that were typed; what cannot be used is said at its field, and nothing is stored then."""
    plugin = _installed(name)
    typed = read_settings(name, request.form)
    if not typed.is_valid:
        return _page(plugin, typed), 422
    save_settings(name, typed.values)
    note("console.plugin_settings", details={"plugin": name})
    db.session.commit()
    flash(_("The settings are saved."), "success")
    return redirect(url_for("plugins.page", name=name), 303)


def _installed(name: str) -> Plugin:
    plugin = registry().plugin(name)
    if plugin is None or (plugin.core and not registry().settings.get(name)):
        abort(404)
    return plugin
