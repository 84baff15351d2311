"""Snapshots of profiles and of enrichment services, on the pages of contacts and leads."""

from __future__ import annotations

from app.sdk import FieldError, Resource, _, _l, check_target, utcnow
from plugins.crm.models import SocialSnapshot

ON = ("contacts.contact", "crm.lead")


def resources() -> list[Resource]:
    return [
        Resource(
            SocialSnapshot,
            title=_l("Social snapshot"),
            plural=_l("Social snapshots"),
            list="source headline profile taken_at",
            search="headline",
            sort="-taken_at",
            calendar="taken_at",
            hangs_on=" ".join(ON),
            before_save=check_snapshot,
            menu=False,
            custom_fields=False,
            icon="globe",
        )
    ]


def check_snapshot(snapshot: SocialSnapshot, is_new: bool) -> None:
    """It is of a moment, and hangs on a contact or a lead that is there and within reach."""
    snapshot.taken_at = snapshot.taken_at or utcnow()
    if is_new and snapshot.target_type not in ON:
        raise FieldError("target_type", _("A snapshot is of a contact or a lead."))
    check_target(snapshot, is_new)
