"""Plugins as a tenant's admins see them: cards with a switch, and a page each with settings and what it may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit import note
from app.data import current_tenant_id, db
from app.features import can, has_feature
from app.features.decided import decisions
from app.features.gate import pinned_words
from app.features.pins import fits, isolated
from app.host import FieldError, Plugin, registry
from app.host.bridging import wanted
from app.host.lifecycle import let_it_follow, refusals_here, rows_here, states_here, switch
from app.host.versions import ALIVE, pin_of
from app.identity.access import access
from app.identity.locale import listed
from app.identity.principal import principal
from app.installation.brought import abilities, additions, brought, works_by_itself
from app.installation.features import features_of, switch_feature, switches_here
from app.installation.pages.days import end_of_day
from app.installation.pages.leaving import lacks_tables
from app.installation.pins import pin, unpin
from app.installation.settings import read_settings, save_settings, stored_settings, texts_of
from app.installation.words import need_words
from app.screens.page import FieldView, Problem
from app.screens.views.controls import control_of
from app.screens.views.screen import Screen
from app.screens.writing.submission import Submission
from app.tenancy.models import PLUGIN_STATES, Tenant, TenantPlugin

blueprint = Blueprint("plugins", __name__, url_prefix="/console/plugins", template_folder="../templates")
TONES = {"on": "green", "read_only": "amber", "archived": "purple"}


_OUT_OF_ORDER = _l("It is out of order. The operator of the platform sees why; nothing of yours is lost.")


@dataclass(frozen=True, slots=True)
class BridgeWords:
    """What there is to say of a bridge: what it joins, how it came to be as it is, and what can be decided."""

    joins: str
    story: str
    may_come_on: bool
    may_keep_off: bool
    may_follow: bool


@dataclass(frozen=True, slots=True)
class PinWords:
    """With which versions the tenant stays, and whether that keeps it from the installed one."""

    spec: str
    until: datetime | None
    reason: str
    by_operator: bool
    warning: str


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
    bridge: BridgeWords | None = None
    pin: PinWords | None = None

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE


@blueprint.get("/")
@access("console.plugin.read")
def cards() -> str:
    """Every plugin that could be on here, and those that are out of order."""
    rows, known = rows_here(), registry()
    refusals = refusals_here()
    shown = [_card(one, rows, refusals.get(one.name, "")) for one in known.plugins if not one.core]
    shown += [_left_out(name, row.state) for name, row in sorted(rows.items()) if _is_lost(name, row.state)]
    may = can("console.plugin", "update").allowed
    return render_template("installation/cards.html", title=_("Plugins"), cards=shown, may=may)


def _is_lost(name: str, state: str) -> bool:
    """On, and its code is left out or uninstalled."""
    return state in ALIVE and registry().is_lost(name)


def _card(plugin: Plugin, rows: dict[str, TenantPlugin], refusal: str) -> Card:
    row = rows.get(plugin.name)
    state = row.state if row is not None else "off"
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
        bridge=_bridge(plugin, rows, listed(titles), refusal) if plugin.bridge else None,
        pin=_pin(plugin, row) if row is not None and (row.pin or row.held) else None,
    )  # fmt: skip


def _bridge(plugin: Plugin, rows: dict[str, TenantPlugin], joins: str, refusal: str) -> BridgeWords:
    row, states = rows.get(plugin.name), {name: one.state for name, one in rows.items()}
    state = states.get(plugin.name, "off")
    kept = row.by_hand if row is not None else None
    most = wanted(registry(), plugin, states, None)
    return BridgeWords(
        joins, _story(plugin, row, state, most, is_refused=bool(refusal)),
        may_come_on=most == "on", may_keep_off=state == "off" and kept != "off",
        may_follow=kept is not None and most == "off",
    )  # fmt: skip


def _story(plugin: Plugin, row: TenantPlugin | None, state: str, most: str, *, is_refused: bool) -> str:
    """How a bridge came to be as it is, in words."""
    if state == "archived":
        return str(_("It stays in the archive until it is switched on by hand."))
    kept = row.by_hand if row is not None else None
    if kept == "off":
        return str(_("Switched off by hand: it does not come on by itself until you switch it on."))
    if kept == "read_only":
        return str(_("Only read, by hand: it stays so until you switch it on."))
    if state == "off" and most != "off" and not is_refused:
        return str(
            _("It could not come on by itself. What failed is noted; it is tried again, and you can try it too.")
        )
    cause = registry().plugin(row.along_with) if row is not None and row.along_with else None
    if cause is None:
        return ""
    named = {"plugin": cause.title}
    return str({
        "on": _("It came on with %(plugin)s.", **named), "off": _("It went off with %(plugin)s.", **named),
        "read_only": _("It may only be read since %(plugin)s was switched.", **named),
    }[state])  # fmt: skip


def _pin(plugin: Plugin, row: TenantPlugin) -> PinWords:
    found = pin_of(row)
    person = principal()
    tenant = person.tenant if person is not None else None
    warning = pinned_words(tenant, found, plugin.version) if tenant and found.keeps_from(plugin.version) else ""
    spec = found.spec if found.is_in_force else ""
    return PinWords(spec, row.pin_until, row.pin_reason or "", row.pin_by_operator, warning)


def _left_out(name: str, state: str) -> Card:
    title = registry().title(name)
    return Card(name, title, "", "", "warning", state, _("Out of order"), "red", refusal=str(_OUT_OF_ORDER))


def _state_words(state: str) -> str:
    return next(one.words for one in PLUGIN_STATES if one.value == state)


@blueprint.get("/<name>")
@access("console.plugin.read")
def page(name: str) -> str:
    """One plugin: its state, its settings, what it brings and may do."""
    return _page(_installed(name), Submission())


def _page(plugin: Plugin, typed: Submission) -> str:
    rows = rows_here()
    card = _card(plugin, rows, refusals_here().get(plugin.name, ""))
    problems = tuple(Problem(words, name, _label(plugin.name, name)) for name, words in typed.errors.items())
    return render_template(
        "installation/plugin.html",
        title=card.title,
        card=card,
        fields=_controls(plugin.name, typed),
        clearable=_clearable(plugin.name),
        problems=problems,
        may=can("console.plugin", "update").allowed,
        abilities=abilities(plugin),
        features=_features(plugin),
        needs=[need_words(one) for one in plugin.needs.words()],
        happenings=works_by_itself(plugin),
        parts=[*brought(plugin), *additions(plugin)],
        ranges=_ranges(plugin, rows.get(plugin.name)) if _may_pin(plugin.name) else (),
    )


def _may_pin(plugin: str) -> bool:
    person = principal()
    return person is not None and person.tenant is not None and plugin in decisions(person.tenant).pinnable


def _ranges(plugin: Plugin, row: TenantPlugin | None) -> list[tuple[str, str]]:
    """What an admin may stay with, from the version the tenant works with: (range, words)."""
    works_with = (row.plugin_version if row is not None else "") or plugin.version
    parts = works_with.split(".")
    wide, narrow = f"{parts[0]}.*", ".".join(parts[:2]) + ".*"
    if not fits(works_with, wide):
        return []
    found = [(wide, _("Stay with version %(number)s; its own improvements come", number=isolated(f"{parts[0]}.x")))]
    if len(parts) > 1 and fits(works_with, narrow):
        words = _("Stay with version %(number)s; only corrections come", number=isolated(f"{parts[0]}.{parts[1]}.x"))
        found.append((narrow, words))
    return found


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


@blueprint.post("/<name>/state")
@access("console.plugin.update")
def change(name: str) -> Any:
    """Switch it on, off, or to reading alone."""
    state = request.form.get("state", "")
    is_bridge = False
    if not (state == "off" and _is_lost(name, states_here().get(name, "off"))):
        is_bridge = _installed(name).bridge
    if state not in ("on", "off", "read_only") and not (state == "follow" and is_bridge):
        abort(400)
    if state != "off" and lacks_tables(name):
        flash(_("Its tables are not there: the operator of the platform makes them."), "error")
        return redirect(url_for("plugins.cards"), 303)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    try:
        if state == "follow":
            let_it_follow(name)
        else:
            switch(tenant, name, state)
        state = _state_here(name)
        db.session.commit()
    except FieldError as refused:
        db.session.rollback()
        flash(refused.message, "error")
    else:
        flash(
            _("%(plugin)s is switched: %(state)s.", plugin=registry().title(name), state=_state_words(state)), "success"
        )
    return redirect(url_for("plugins.page" if request.form.get("from") == "page" else "plugins.cards", name=name), 303)


def _state_here(name: str) -> str:
    row = rows_here().get(name)
    return row.state if row is not None else "off"


@blueprint.post("/<name>/pin")
@access("console.plugin.update")
def stay(name: str) -> Any:
    """Stay with a version, or go along with the installed one again."""
    plugin = _installed(name)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    spec, until = request.form.get("pin", ""), request.form.get("until", "")
    try:
        if spec:
            is_done = pin(tenant, name, spec, by_operator=False, until=end_of_day(until))
        else:
            is_done = unpin(tenant, name, by_operator=False)
    except ValueError as refused:
        flash(str(refused), "error")
    else:
        stays = _("You stay with version %(pin)s of %(plugin)s.", pin=isolated(spec), plugin=plugin.title)
        goes = _("You go along with new versions of %(plugin)s.", plugin=plugin.title)
        later = _("The step to the installed version failed. It is tried again by itself, and nothing was changed.")
        flash((stays if spec else goes) if is_done else later, "success" if is_done else "warning")
    return redirect(url_for("plugins.page", name=name), 303)


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
