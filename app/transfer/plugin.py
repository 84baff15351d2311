"""Import and export as a plugin of the core: its records, jobs and schedules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_

from app.data import db
from app.features.access_rules import FULL
from app.features.gate import can
from app.host import Job, Plugin, Resource, Schedule, hookimpl, registry
from app.screens.reading import Surface
from app.transfer import exporting
from app.transfer.models import Export, Import, ImportMapping
from app.transfer.running import LAST_ATTEMPT, run_import
from app.transfer.services import RUN, UNDO
from app.transfer.undoing import run_undo

plugin = Plugin("transfer", title=_l("Import and export"), icon="download", order=800, core=True)

_ALL_DAY = 24 * 3600.0
_ROLES = {"owner": "read", "admin": "read", "manager": "read"}
"""Those who import and export by default; the rule below says what they see of each other."""


@hookimpl
def resources() -> list[Resource]:
    return [_import(), _export(), _mapping()]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(RUN, run_import, _l("Import"), timeout=_ALL_DAY, attempts=LAST_ATTEMPT),
        Job(UNDO, run_undo, _l("Undo an import"), timeout=_ALL_DAY, attempts=LAST_ATTEMPT),
        Job(exporting.RUN, exporting.run_export, _l("Export"), timeout=_ALL_DAY, attempts=LAST_ATTEMPT),
        Job(exporting.RUN_ARCHIVE, exporting.run_archive, _l("Archive of everything"), timeout=_ALL_DAY, attempts=2),
        Job("transfer.expire", exporting.expire, _l("Expired downloads are removed")),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("transfer.expire_daily", "transfer.expire", "15 3 * * *")]


def _import() -> Resource:
    return Resource(
        Import,
        title=_l("Import"),
        plural=_l("Imports"),
        list="file_name resource state total created changed failed created_at",
        verbs="read",
        grants=_ROLES,
        row_rule=lambda person: _rule(person, Import, "import"),
        row_path="/transfer/imports/",
        custom_fields=False,
        icon="upload",
        order=10,
    )


def _export() -> Resource:
    return Resource(
        Export,
        title=_l("Export"),
        plural=_l("Exports"),
        list="file_name resource state total size expires_at created_at",
        verbs="read",
        grants=_ROLES,
        row_rule=lambda person: _rule(person, Export, "export"),
        row_path="/transfer/exports/",
        custom_fields=False,
        icon="download",
        order=20,
    )


def _mapping() -> Resource:
    return Resource(
        ImportMapping,
        name="mapping",
        title=_l("Saved columns"),
        plural=_l("Saved columns"),
        list="name resource created_at",
        form="name",
        verbs="read update delete",
        grants=dict.fromkeys(_ROLES, "read update delete"),
        row_rule=lambda person: ImportMapping.resource.in_(_kinds(person, "import")),
        custom_fields=False,
        icon="table",
        order=30,
    )


def _rule(person: Any, model: Any, verb: str) -> Any:
    """Their own, and all of the records that they may import (or export) without any limit to rows and fields."""
    keys = _kinds(person, verb)
    surfaces = (Surface(registry().entries[key], db.session(), person) for key in keys)
    whole = [one.entry.key for one in surfaces if one.access == FULL and not one.row_rules()]
    mine = model.created_by == person.uid
    reached = and_(model.resource.in_(keys), or_(mine, model.resource.in_(whole)))
    return or_(reached, and_(mine, model.resource == exporting.ARCHIVE)) if model is Export else reached


def _kinds(person: Any, verb: str) -> list[str]:
    return [entry.key for entry in registry().entries.values() if verb in entry.verbs and can(entry.key, verb, person)]
