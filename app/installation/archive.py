"""The archive of one plugin in one tenant: its records, what hangs on them, what was set; checked when it is written.

It is what `transfer` writes of a whole tenant, narrowed to one plugin: a ZIP of JSON lines with a manifest of counts
and checksums. A purge asks for one that is younger than a day, and that still says what the database says. The tables
are those that the database knows, so a plugin whose code is gone or broken is archived as any other; what `restoring`
reads back is all that a purge takes, but for secrets.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from app.data import Scope, db, platform_session, scope, utcnow
from app.data.base import metadata
from app.host import FieldError, registry
from app.host.bridging import standing_on
from app.host.lifecycle import states_here, switch
from app.host.models import InstalledPlugin
from app.host.versions import ALIVE
from app.identity.locale import listed
from app.installation.belongings import PEOPLES, belongings, files_of_plugin
from app.installation.owned import names_plugin
from app.ops.migrations import head_of
from app.tenancy.models import Tenant
from app.transfer.archive import mark_of, write_bundle
from app.transfer.patience import take_time

log = logging.getLogger(__name__)
FRESH = timedelta(days=1)


class BadArchive(ValueError):
    """The file is no archive of a plugin, or not what was written; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was found to be sound."""

    path: Path
    plugin: str
    tenant: UUID
    made_at: datetime
    rows: int
    manifest: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @property
    def slug(self) -> str:
        """The address of its tenant when it was written."""
        return str(self.manifest["tenant"]["slug"])

    @property
    def is_fresh(self) -> bool:
        return utcnow() - self.made_at < FRESH


def archive_plugin(tenant: Tenant, plugin: str, folder: Path) -> Archive:
    """Write the archive of a plugin in a tenant, check it, and put the plugin into the state `archived` there.

    From the first row on nobody changes anything: the plugin is read-only meanwhile. When it fails all is as it was,
    and no half of a file stays. Raises FieldError when another plugin needs it, LookupError when nothing is known of
    it, OSError, BadArchive.
    """
    manifest = registry().plugin(plugin)
    version = manifest.version if manifest is not None else _version_once_installed(plugin)
    if version is None or (manifest is not None and manifest.core):
        raise LookupError(_("No plugin of this name is installed."))
    with scope(Scope(tenant.id, via="cli")):
        states = states_here()
        _check_no_bridge(plugin, states)
        with _only_read(tenant, plugin, states.get(plugin) if manifest is not None else None):
            found = verify(_write(tenant, plugin, version, folder))
        switch(tenant, plugin, "archived")
        db.session.commit()
    return found


@contextmanager
def _only_read(tenant: Tenant, plugin: str, before: str | None) -> Iterator[None]:
    """The plugin is read-only in the block; what it was before, when that fails."""
    if before in ALIVE:
        switch(tenant, plugin, "read_only")
        db.session.commit()
    try:
        yield
    except BaseException:
        db.session.rollback()
        if before == "on":
            _put_back(tenant, plugin)
        raise


def _put_back(tenant: Tenant, plugin: str) -> None:
    try:
        switch(tenant, plugin, "on")
        db.session.commit()
    except FieldError as refusal:
        db.session.rollback()
        log.warning("%s stays read-only for %s: %s", plugin, tenant.slug, refusal.message)


def _check_no_bridge(plugin: str, states: Mapping[str, str]) -> None:
    """What a bridge keeps is about the records on both its sides, so it is archived while they are there. Raises
    FieldError."""
    above = standing_on(registry(), plugin)
    alive = [str(one.title) for one in registry().plugins if one.name in above and states.get(one.name) in ALIVE]
    if alive:
        words = _("%(bridges)s stands on %(plugin)s: archive that first, or switch it off.", bridges=listed(alive),
                  plugin=registry().title(plugin))  # fmt: skip
        raise FieldError("state", words)


def _version_once_installed(plugin: str) -> str | None:
    """The version of a plugin that cannot be loaded now."""
    with platform_session("installed plugins are of no tenant") as session:
        known = session.get(InstalledPlugin, plugin)
        return known.version if known is not None else None


def _write(tenant: Tenant, plugin: str, version: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plugin}-{tenant.slug}-{utcnow():%Y%m%dT%H%M%S%f}.zip"
    path.touch(mode=0o600, exist_ok=False)
    facts = {
        "plugin": {"name": plugin, "version": version, "head": head_of(current_app.config["TENANTRY"], plugin)},
        **rows_elsewhere(tenant, plugin),
    }
    try:
        with path.open("wb") as out:
            chosen = belongings(db.session(), plugin)
            write_bundle(db.session(), tenant, out, chosen, files=files_of_plugin(plugin), facts=facts)
    except BaseException:  # the disk is full, somebody pressed Ctrl-C
        path.unlink(missing_ok=True)
        raise
    return path


ELSEWHERE = ("webhook_route", "feature_flag")
"""Tables of no tenant with rows about one: the way of messages that come in, what the operator opened for it."""


def rows_elsewhere(tenant: Tenant, plugin: str) -> dict[str, Any]:
    """What they hold about the plugin in a tenant."""
    with platform_session("a plugin is archived with what is outside the tenant") as session:
        return {"outside": {name: list(_elsewhere(session, tenant, plugin, name)) for name in ELSEWHERE}}


def _elsewhere(session: Session, tenant: Tenant, plugin: str, name: str) -> Iterator[dict[str, Any]]:
    table = metadata.tables[name]
    rows = select(table).where(names_plugin(table, plugin), table.c.tenant_id == tenant.id).subquery("t")
    yield from session.scalars(select(literal_column("row_to_json(t)")).select_from(rows))


def is_outdated(archive: Archive) -> bool:
    """Whether something of the plugin, or people's work about its records, is not as the archive has it."""
    parts = {part["file"]: part for part in archive.manifest["records"]}
    with scope(Scope(archive.tenant, via="cli")):
        session = db.session()
        session.rollback()
        take_time(session)
        mine = [one for one in belongings(session, archive.plugin) if one.folder == "records"]
        looked_at = [one for one in mine if one.table.schema == archive.plugin or one.table.name in PEOPLES]
        for one in looked_at:
            part = parts.pop(one.file, {})
            columns = part.get("columns", ())
            if not columns or not set(columns) <= set(one.table.c.keys()):
                return True
            if mark_of(session, one.table, one.condition, columns) != (part["counted"], part["mark"]):
                return True
        session.rollback()
    return any(part["table"].startswith(f"{archive.plugin}.") for part in parts.values())


def verify(path: Path) -> Archive:
    """Read the whole archive and hold every part against its manifest. Raises BadArchive."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            parts = [*manifest["records"], *manifest["files"]]
            if {part["file"] for part in parts} | {"manifest.json"} != set(archive.namelist()):
                raise BadArchive(f"{path}: its parts are not those that its manifest names.")
            for part in parts:
                _check_part(path, archive, part)
            return Archive(
                path,
                manifest["plugin"]["name"],
                UUID(manifest["tenant"]["id"]),
                datetime.fromisoformat(manifest["made_at"]),
                sum(part["rows"] for part in manifest["records"]),
                manifest,
            )
    except BadArchive:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError, RuntimeError) as error:
        raise BadArchive(f"{path} is no archive of a plugin.") from error


def _check_part(path: Path, archive: zipfile.ZipFile, part: dict[str, Any]) -> None:
    digest, size, lines = hashlib.sha256(), 0, 0
    with archive.open(part["file"]) as stream:
        while piece := stream.read(256 * 1024):
            digest.update(piece)
            size += len(piece)
            lines += piece.count(b"\n")
    if (digest.hexdigest(), size) != (part["sha256"], part["bytes"]) or not (
        lines == part.get("rows", lines) == part.get("counted", lines)
    ):
        raise BadArchive(f"{path}: {part['file']} is not what was written.")


def archives_of(plugin: str, folder: Path) -> list[Archive]:
    """The sound archives of a plugin in a folder, the newest last; others are left out."""
    found = []
    for path in sorted(folder.glob(f"{plugin}-*.zip")):
        try:
            one = verify(path)
        except BadArchive:
            continue
        if one.plugin == plugin:
            found.append(one)
    return sorted(found, key=lambda one: one.made_at)
