"""A plugin's way out, for the operator: who has something of it, its archives, the purge; and its way back in.

What is in an archive is the tenant's: the operator makes it and sees that it is sound, owners and admins fetch it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from app.audit import note
from app.data import Scope, current_tenant_id, db, scope
from app.host import FieldError, registry
from app.host.lifecycle import switch
from app.identity.access import OPERATOR, access
from app.identity.sync import sync_all
from app.installation.archive import Archive, archive_plugin, archives_of
from app.installation.purge import Holder, MayNot, holders_of, purge
from app.installation.restoring import restore
from app.installation.status import status_of_all
from app.installation.upgrades import note_versions
from app.ops.migrations import pending, upgrade_one
from app.tenancy.models import PLUGIN_STATES
from app.tenancy.services import find_tenant

_FOLDER = "\N{LEFT-TO-RIGHT ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
"""A path inside a sentence of any direction."""

blueprint = Blueprint("plugins_leaving", __name__, template_folder="../templates")


def archives_folder() -> Path:
    """Where archives are written, for the commands as for the pages."""
    folder: Path = current_app.config["TENANTRY"].var
    return folder / "archives"


@dataclass(frozen=True, slots=True)
class Row:
    """A tenant that has something of the plugin, and its newest sound archive."""

    holder: Holder
    state: str
    archive: Archive | None


@blueprint.get("/operator/plugins/<name>/leaving")
@access(OPERATOR)
def page(name: str) -> str:
    """Who has something of it, with what is archived; and what removes it for good."""
    found = next((one for one in status_of_all(current_app.config["TENANTRY"]) if one.name == name), None)
    if found is None or found.is_core:
        abort(404)
    newest = {one.tenant: one for one in archives_of(name, archives_folder())}  # sorted by their moment
    holders = holders_of(name)
    rows = [Row(one, _state(one), newest.get(one.id)) for one in holders]
    kept = [one for key, one in newest.items() if key not in {holder.id for holder in holders if holder.has_rows}]
    return render_template(
        "installation/leaving.html", title=found.title, row=found, rows=rows,
        loads=registry().plugin(name) is not None, lacks_tables=lacks_tables(name),
        archived=kept, folder=_FOLDER.format(archives_folder()),
    )  # fmt: skip


def _state(holder: Holder) -> str:
    return next(one.words for one in PLUGIN_STATES if one.value == holder.state)


def lacks_tables(plugin: str) -> bool:
    """Whether migrations of the plugin wait, all of them after a purge: its pages would fail."""
    histories = [one for one in registry().histories() if one.owner == plugin]
    return bool(histories and pending(current_app.config["TENANTRY"], histories))


@blueprint.post("/operator/plugins/<name>/leaving/archive")
@access(OPERATOR)
def archive(name: str) -> Any:
    """Write and check the archive of one tenant, or of all that have rows."""
    asked = request.form.get("tenant", "")
    slugs = [asked] if asked else [one.slug for one in holders_of(name) if one.has_rows]

    def decide() -> None:
        for slug in slugs:
            tenant = find_tenant(slug)
            if tenant is None:
                raise LookupError(_("There is no tenant “%(slug)s”.", slug=slug))
            made = archive_plugin(tenant, name, archives_folder())
            flash(_("%(tenant)s: %(count)s records, written and checked.", tenant=slug, count=made.rows), "success")

    return _decide(name, decide)


@blueprint.post("/operator/plugins/<name>/leaving/off")
@access(OPERATOR)
def off(name: str) -> Any:
    """Switch a plugin off for one tenant whose admins cannot, because its code is gone or left out."""
    slug = request.form.get("tenant", "")

    def decide() -> None:
        tenant = find_tenant(slug)
        if tenant is None:
            raise LookupError(_("There is no tenant “%(slug)s”.", slug=slug))
        with scope(Scope(tenant.id, via="cli")):
            switch(tenant, name, "off")
            db.session.commit()
        flash(_("It is switched off for %(tenant)s.", tenant=slug), "success")

    return _decide(name, decide)


@blueprint.post("/operator/plugins/<name>/leaving/restore")
@access(OPERATOR)
def put_back(name: str) -> Any:
    """Read the newest archive of a tenant back into it."""
    slug = request.form.get("tenant", "")

    def decide() -> None:
        tenant = find_tenant(slug)
        mine = [one for one in archives_of(name, archives_folder()) if tenant is not None and one.tenant == tenant.id]
        if tenant is None or not mine:
            raise LookupError(_("There is no archive of %(slug)s.", slug=slug))
        for line in restore(mine[-1], tenant).lines():
            flash(f"{slug}: {line}", "success")

    return _decide(name, decide)


@blueprint.post("/operator/plugins/<name>/leaving/purge")
@access(OPERATOR)
def remove(name: str) -> Any:
    """Remove everything of it, once its name was typed. It asks for archives of today unless told not to."""

    def decide() -> None:
        if request.form.get("confirm", "").strip() != name:
            raise MayNot(_("What you typed is not “%(name)s”: nothing was removed.", name=name))
        folder = None if request.form.get("without_archive") else archives_folder()
        said: list[str] = []
        purge(current_app.config["TENANTRY"], name, folder, said.append, careful="careful" in request.form)
        for line in said:
            if "failed" in line:
                flash(line, "warning")
        flash(_("Everything of it is removed. Its package can be uninstalled now."), "success")

    answer = _decide(name, decide)
    is_left = any(one.name == name for one in status_of_all(current_app.config["TENANTRY"]))
    return answer if is_left else redirect(url_for("plugins_of_all.show"), 303)


@blueprint.post("/operator/plugins/<name>/leaving/install")
@access(OPERATOR)
def install(name: str) -> Any:
    """Make its tables and permissions (again): what the next start would do."""

    def decide() -> None:
        settings = current_app.config["TENANTRY"]
        for history in [one for one in registry().histories() if one.owner == name]:
            upgrade_one(settings, history, lambda line: None)
        sync_all(current_app)  # type: ignore[arg-type]
        note_versions(lambda line: None)
        flash(_("Its tables and permissions are there. Tenants can switch it on."), "success")

    return _decide(name, decide)


def _decide(name: str, decide: Callable[[], None]) -> Any:
    try:
        decide()
    except FieldError as refused:
        db.session.rollback()
        flash(refused.message, "error")
    except (ValueError, LookupError, OSError) as refused:
        db.session.rollback()
        flash(str(refused), "error")
    return redirect(url_for("plugins_leaving.page", name=name), 303)


@blueprint.get("/console/plugins/<name>/archive")
@access("console.plugin.update")
def fetch(name: str) -> Any:
    """The tenant's own newest archive of the plugin, checked once more on the way."""
    mine = [one for one in archives_of(name, archives_folder()) if one.tenant == current_tenant_id()]
    if not mine:
        abort(404)
    note("console.plugin_archive_fetched", details={"plugin": name})
    db.session.commit()
    return send_file(mine[-1].path, "application/zip", as_attachment=True, download_name=mine[-1].path.name)
