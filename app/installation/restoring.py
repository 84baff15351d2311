"""An archive is read back: into the tenant that it is of, after a purge and a new installation. All or nothing.

Rows keep their ids and every value, and are written as they are: no event tells of them, no rule is asked. Nothing that
is there is overwritten. What comes back is held against the sums in the archive, table by table. Secrets are in no
archive, so they are typed in again.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit import note
from app.data import Scope, db, platform_session, scope
from app.data.bulk import TOLD
from app.data.histories import line
from app.host import registry
from app.host.lifecycle import states_here
from app.host.versions import ALIVE
from app.installation.archive import ELSEWHERE, Archive, verify
from app.installation.belongings import MADE
from app.installation.preflight import history_of
from app.installation.reading import MayNotRestore, Reader, Restored
from app.ops.migrations import head_of
from app.search.rebuild import rebuild, searchable_kinds
from app.tenancy.models import Tenant


def restore(archive: Archive, tenant: Tenant) -> Restored:
    """Read an archive back into its tenant, where the plugin is installed and off. Raises MayNotRestore, BadArchive."""
    archive = verify(archive.path)
    plugin = archive.plugin
    _check(archive, tenant)
    with scope(Scope(tenant.id, via="cli")):
        if states_here().get(plugin) in ALIVE:
            raise MayNotRestore(_("“%(plugin)s” is on for %(names)s: switch it off there first.", plugin=plugin,
                                  names=tenant.slug))  # fmt: skip
        try:
            with (
                zipfile.ZipFile(archive.path) as parts,
                platform_session("what is outside the tenant comes back") as all_,
            ):
                found = Reader(db.session(), parts, archive).read(tenant)
                _put_elsewhere(all_, archive)
                note("console.plugin_restored", details={"plugin": plugin, "rows": found.rows})
                db.session.commit()
        except DBAPIError as error:
            db.session.rollback()
            raise MayNotRestore(_in_words(error)) from error
        except BaseException:
            db.session.rollback()
            raise
        for kind in _kinds(archive):
            for _done in rebuild(db.session(), kind, restart=True):
                pass
    return found


def _kinds(archive: Archive) -> list[str]:
    """Kinds of records that are found by words, and of which rows came back."""
    parts = archive.manifest["records"]
    came = {part["kind"] for part in parts if part["rows"] and part["file"].startswith(f"{MADE}/")}
    return [kind for kind in searchable_kinds() if kind in came or kind.startswith(f"{archive.plugin}.")]


def _check(archive: Archive, tenant: Tenant) -> None:
    """Raises MayNotRestore: another tenant's, another history, or no tables to write into."""
    plugin, said = archive.plugin, archive.manifest["plugin"]
    if archive.tenant != tenant.id:
        raise MayNotRestore(
            _("This is the archive of another tenant: %(slug)s.", slug=archive.manifest["tenant"]["slug"])
        )
    manifest = registry().plugin(plugin)
    if manifest is None or manifest.core:
        raise MayNotRestore(_("“%(plugin)s” is not installed: install its package first.", plugin=plugin))
    if "head" not in said:
        raise MayNotRestore(_("This archive was written before archives could be read back."))
    here, known = head_of(current_app.config["TENANTRY"], plugin), _revisions(plugin)
    if known and here != known[0]:
        raise MayNotRestore(_("The tables of “%(plugin)s” are not there, or behind: make them first.", plugin=plugin))
    if said["head"] not in (here, *known):
        words = _("The archive is of version %(then)s, which this version (%(now)s) does not know: install that one.",
                  then=said["version"], now=manifest.version)  # fmt: skip
        raise MayNotRestore(words)


def _revisions(plugin: str) -> list[str]:
    """The plugin's migrations, the newest first."""
    history = history_of(plugin)
    if history is None:
        return []
    return list(reversed(line(history)))


_PUT_ELSEWHERE = """
    INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json))
    ON CONFLICT DO NOTHING"""


def _put_elsewhere(session: Session, archive: Archive) -> None:
    """A way that somebody else has taken meanwhile stays theirs."""
    for name in ELSEWHERE:
        rows = archive.manifest.get("outside", {}).get(name)
        if rows:
            session.execute(text(_PUT_ELSEWHERE.format(table=name)), {"rows": json.dumps(rows)}, execution_options=TOLD)


def _in_words(error: DBAPIError) -> str:
    """What the database refused, as a sentence."""
    said: Any = getattr(error.orig, "diag", None)
    table = (getattr(said, "table_name", None) or "?") if said is not None else "?"
    if getattr(error.orig, "sqlstate", "") == "23505":
        return str(
            _("%(table)s has something already that the archive would bring back: nothing was changed.", table=table)
        )
    words = getattr(said, "message_primary", None) or str(error.orig)
    return str(_("The database refused what the archive has for %(table)s: %(words)s", table=table, words=words))
