"""The archive of one plugin in one tenant: its records, what hangs on them, what was set; checked when it is written.

It is what `transfer` writes of a whole tenant, narrowed to one plugin: a ZIP of JSON lines with a manifest of counts
and checksums. A purge asks for one that is younger than a day.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Table

from app.data import Scope, db, scope, utcnow
from app.data.base import metadata
from app.files.models import Attachment
from app.host import FieldError, Plugin, registry
from app.host.bridging import standing_on
from app.host.lifecycle import states_here, switch
from app.host.models import PluginSetting
from app.host.versions import ALIVE
from app.identity.locale import listed
from app.installation.added import extended_models, has_added
from app.installation.owned import names_plugin
from app.tenancy.models import Tenant
from app.transfer.archive import write_bundle

FRESH = timedelta(days=1)
BESIDE = ("custom_field_def", "access_rule", "saved_view", "attachment", "note", PluginSetting.__tablename__)
"""Tables of the core whose rows about the plugin go into its archive."""


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

    @property
    def is_fresh(self) -> bool:
        return utcnow() - self.made_at < FRESH


def archive_plugin(tenant: Tenant, plugin: str, folder: Path) -> Archive:
    """Write the archive of a plugin in a tenant, check it, and put the plugin into the state `archived` there.

    From the first row on nobody changes anything: the plugin is read-only meanwhile. Raises FieldError when another
    plugin needs it, LookupError when its code is not installed, OSError, BadArchive.
    """
    manifest = registry().plugin(plugin)
    if manifest is None or manifest.core:
        raise LookupError(_("No plugin of this name is installed."))
    with scope(Scope(tenant.id, via="cli")):
        states = states_here()
        _check_no_bridge(manifest, states)
        if states.get(plugin) in ALIVE:
            switch(tenant, plugin, "read_only")
            db.session.commit()
        path = _write(tenant, plugin, manifest.version, folder)
        found = verify(path)
        switch(tenant, plugin, "archived")
        db.session.commit()
    return found


def _check_no_bridge(manifest: Plugin, states: Mapping[str, str]) -> None:
    """What a bridge keeps is about the records on both its sides, so it is archived while they are there. Raises
    FieldError."""
    above = standing_on(registry(), manifest.name)
    alive = [str(one.title) for one in registry().plugins if one.name in above and states.get(one.name) in ALIVE]
    if alive:
        words = _("%(bridges)s stands on %(plugin)s: archive that first, or switch it off.", bridges=listed(alive),
                  plugin=manifest.title)  # fmt: skip
        raise FieldError("state", words)


def _write(tenant: Tenant, plugin: str, version: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plugin}-{tenant.slug}-{utcnow():%Y%m%dT%H%M%S%f}.zip"
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as out:
        of_plugin = Attachment.target_type.startswith(f"{plugin}.", autoescape=True)
        facts = {"plugin": {"name": plugin, "version": version}}
        write_bundle(db.session(), tenant, out, list(_chosen(plugin)), attached=of_plugin, facts=facts)
    return path


def _chosen(plugin: str) -> Iterator[tuple[Table, ColumnElement[bool] | None]]:
    for table in metadata.sorted_tables:
        if table.schema == plugin:
            yield table, None
        elif table.schema is None and table.name in BESIDE:
            yield table, names_plugin(table, plugin)
    for model in extended_models(plugin):
        yield model.__table__, has_added(model, plugin)  # type: ignore[misc]


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
            )
    except (zipfile.BadZipFile, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadArchive(f"{path} is no archive of a plugin.") from error


def _check_part(path: Path, archive: zipfile.ZipFile, part: dict[str, Any]) -> None:
    digest, size, lines = hashlib.sha256(), 0, 0
    with archive.open(part["file"]) as stream:
        while piece := stream.read(256 * 1024):
            digest.update(piece)
            size += len(piece)
            lines += piece.count(b"\n")
    if (digest.hexdigest(), size) != (part["sha256"], part["bytes"]) or lines != part.get("rows", lines):
        raise BadArchive(f"{path}: {part['file']} is not what was written.")


def archives_of(plugin: str, folder: Path) -> list[Archive]:
    """The sound archives of a plugin in a folder; others are left out."""
    found = []
    for path in sorted(folder.glob(f"{plugin}-*.zip")):
        try:
            one = verify(path)
        except BadArchive:
            continue
        if one.plugin == plugin:
            found.append(one)
    return found
