"""Plugins as the operator sees them: how all stand, and a page each with what waits for a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.features.models import FeatureFlag
from app.host import Feature, registry
from app.host.accepted import asked_of_operator
from app.identity.access import OPERATOR, access
from app.identity.locale import listed
from app.identity.principal import principal
from app.installation.approval import accept
from app.installation.docs.collecting import joined_by
from app.installation.faults import faults_of, try_again
from app.installation.features import features_of, flags_of, forget_flag, set_flag
from app.installation.pages.days import end_of_day
from app.installation.pins import announce, let_tenants_pin, pin, unpin, versions_of
from app.installation.preflight import Preflight, look_ahead
from app.installation.status import Status, status_of_all
from app.installation.upgrading import begin, go_back, go_on, triers, trying
from app.installation.words import need_words
from app.tenancy.models import Tenant
from app.tenancy.services import find_tenant

MOST_PINS = 100
"""Tenants that the page names."""
blueprint = Blueprint("plugins_of_all", __name__, url_prefix="/operator/plugins", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a plugin asks for."""

    stored: str
    words: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag of a plugin's, and every word about it with the tenant's address (empty for all)."""

    feature: Feature
    words: list[tuple[FeatureFlag, str]]


@blueprint.get("")
@access(OPERATOR)
def show() -> str:
    """Every plugin with version, migrations, tenants and errors."""
    rows = status_of_all(current_app.config["TENANTRY"])
    return render_template("installation/operator.html", title=_("Plugins"), rows=rows)


@blueprint.get("/<name>")
@access(OPERATOR)
def page(name: str) -> str:
    """One plugin: what it asks for, its flags, its faults."""
    status = _status(name)
    new = asked_of_operator().get(name, ())
    needs = [Need(one, need_words(one), one in new) for one in registry().needs.get(name, ())]
    plugin = registry().plugin(name)
    return render_template(
        "installation/operator_plugin.html", title=status.title, summary=str(plugin.summary) if plugin else "",
        tenants=[f"{words}: {count}" for words, count in status.tenants_in_words], row=status, needs=needs,
        waits=bool(new), flags=_flags(name), faults=faults_of(name), ahead=_ahead(name), trying=trying(name),
        triers=", ".join(triers(name)), pins=status.pins[:MOST_PINS], versions=versions_of(name),
        may_pin=status.may_pin, has_pins=plugin is not None and not plugin.core,
        joins=joined_by(plugin) if plugin is not None else (),
    )  # fmt: skip


def _status(name: str) -> Status:
    found = next((one for one in status_of_all(current_app.config["TENANTRY"]) if one.name == name), None)
    if found is None:
        abort(404)
    return found


def _ahead(plugin: str) -> Preflight | None:
    """What an upgrade would do; None when nothing is to be done, or it cannot be loaded."""
    manifest = registry().plugin(plugin)
    if manifest is None or manifest.core:
        return None
    found = look_ahead(current_app.config["TENANTRY"], plugin)
    return found if found.is_due and found.before else None


@blueprint.post("/<name>/upgrade")
@access(OPERATOR)
def upgrade(name: str) -> Any:
    """Begin, go on, or go back. Migrations run within the request, with the lock timeouts of every migration."""
    settings, said = current_app.config["TENANTRY"], []  # type: ignore[var-annotated]
    over_pins = bool(request.form.get("over_pins"))

    def decide() -> None:
        match request.form.get("do"):
            case "begin":
                canary = request.form.get("canary", "").replace(",", " ").split()
                begin(settings, name, canary, said.append, over_pins=over_pins)
            case "go_on":
                go_on(name, said.append, over_pins=over_pins)
            case "announce":
                told = announce(name)
                said.append(_("Told: %(tenants)s.", tenants=listed(told)) if told else _("Nobody stays behind."))
            case "back":
                go_back(settings, name, said.append)
            case _:
                abort(400)

    return _decide(name, decide, said)


def _flags(plugin: str) -> list[FlagRow]:
    said = flags_of(plugin)
    return [
        FlagRow(one, [(flag, slug) for flag, slug in said if flag.feature_key == one.name])
        for one in features_of(plugin)
        if one.kind == "flag"
    ]


@blueprint.post("/<name>/accept")
@access(OPERATOR)
def accept_needs(name: str) -> Any:
    """Accept what the page showed."""
    return _decide(name, lambda: accept(name, _me(), request.form.getlist("need")), _("What it asks for is accepted."))


@blueprint.post("/<name>/pins")
@access(OPERATOR)
def stay(name: str) -> Any:
    """Pin a tenant to a range of versions, lift a pin, or say whether tenants may pin themselves."""
    said = [_("It holds from the next request on.")]

    def decide() -> None:
        match request.form.get("do"):
            case "pin":
                words = request.form.get("pin", ""), end_of_day(request.form.get("until", ""))
                reason = request.form.get("reason", "")
                is_done = pin(_some_tenant(), name, words[0], by_operator=True, until=words[1], reason=reason)
            case "unpin":
                is_done = unpin(_some_tenant(), name, by_operator=True)
            case "allow" | "forbid" as do:
                let_tenants_pin(name, do == "allow")
                is_done = True
            case _:
                abort(400)
        if not is_done:
            said.append(_("The step to the installed version failed there; it is tried again by itself."))

    return _decide(name, decide, said)


def _some_tenant() -> Tenant:
    slug = request.form.get("tenant", "").strip()
    found = find_tenant(slug)
    if found is None:
        raise ValueError(_("There is no tenant “%(slug)s”.", slug=slug))
    return found


@blueprint.post("/<name>/again")
@access(OPERATOR)
def again(name: str) -> Any:
    """Let hooks that failed be called again."""
    return _decide(name, lambda: try_again(name), _("They are called again."))


@blueprint.post("/<name>/flags")
@access(OPERATOR)
def say(name: str) -> Any:
    """Open or close a flag for a tenant, for all, or for a share of them; or take the word back."""

    def decide() -> None:
        feature, tenant = request.form.get("feature", ""), _tenant(request.form.get("tenant", ""))
        if feature not in {one.name for one in features_of(name)}:
            raise ValueError(_("There is no flag of this name: the plugin decides what is one."))
        if request.form.get("say") == "forget":
            forget_flag(feature, tenant)
        else:
            percent, until = _number(request.form.get("percent", "")), end_of_day(request.form.get("until", ""))
            set_flag(feature, tenant, request.form.get("say") == "on", _me(), percent=percent, until=until)

    return _decide(name, decide, _("It holds from the next request on."))


def _decide(name: str, decide: Callable[[], None], words: str | list[str]) -> Any:
    """Decide, and tell: the words, or the last of those that are said on the way."""
    try:
        decide()
    except (ValueError, LookupError) as refused:
        flash(str(refused), "error")
    else:
        flash(words if isinstance(words, str) else words[-1], "success")
    return redirect(url_for("plugins_of_all.page", name=name), 303)


def _me() -> str:
    person = principal()
    return person.username if person is not None else ""


def _tenant(slug: str) -> Any:
    if not slug.strip():
        return None
    found = find_tenant(slug.strip())
    if found is None:
        raise ValueError(_("There is no tenant “%(slug)s”.", slug=slug))
    return found.id


def _number(text: str) -> int:
    if not text.strip():
        return 100
    try:
        return int(text)
    except ValueError:
        raise ValueError(_("A share is a number from 0 to 100.")) from None
