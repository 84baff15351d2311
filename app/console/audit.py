"""The audit log as a resource, read by owners and admins, changed by nobody; and its daily upkeep."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.audit.keeping import prune_one
from app.audit.models import AuditEntry
from app.data import current_tenant_id, db
from app.data.record import label_fields
from app.features.access_rules import access_of
from app.host import Job, JobRun, Resource, Schedule, registry
from app.identity.principal import Principal

_READERS = {"owner": "read export", "admin": "read export"}


def audit_entry() -> Resource:
    return Resource(
        AuditEntry,
        name="audit_entry",
        title=_l("Audit log entry"),
        plural=_l("Audit log"),
        list="created_at actor_name action target_label via",
        filters="created_at actor_name action target_type target_label target_id via ip",
        search="target_label",
        verbs="read export",
        grants=_READERS,
        row_rule=with_readable_labels,
        custom_fields=False,
        everywhere=False,
        icon="history",
        order=60,
    )


def with_readable_labels(person: Principal) -> Any:
    """An entry shows what its record is called; where a reader may not see that field, they do not see the entry.

    That the record itself is within reach is seen to by `target_type` and `target_id`, as for notes and files.
    """
    hidden = [
        entry.key
        for entry in registry().entries.values()
        if access_of(db.session(), person, entry.key).hidden & set(label_fields(entry.model))
    ]
    return AuditEntry.target_type.not_in(hidden) if hidden else None


def prune(run: JobRun) -> dict[str, int]:
    """Remove what is older than the log is kept."""
    return {"removed": prune_one(current_tenant_id())}


def audit_jobs() -> list[Job]:
    return [Job("console.prune_audit_log", prune, _l("Remove old entries of the audit log"), unique=True)]


def audit_schedules() -> list[Schedule]:
    return [Schedule("console.prune_audit_log", "console.prune_audit_log", "40 2 * * *")]
