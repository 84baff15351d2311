"""Snapshots of profiles and of enrichment services, on the pages of contacts and leads."""

from __future__ import annotations

from app.sdk import Action, Panel, Resource, _l
from plugins.crm.models import SocialSnapshot
from plugins.crm.services import snapshots

_VERBS = "read create delete export import"
"""Nobody changes what somebody else said."""


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
            hangs_on=" ".join(snapshots.KINDS),
            verbs=_VERBS,
            before_save=snapshots.check_snapshot,
            menu=False,
            custom_fields=False,
            icon="globe",
        )
    ]


def panel() -> Panel:
    """On the pages of contacts and leads."""
    return Panel("snapshots", _l("What others say"), snapshots.newest, "crm.social_snapshot.read")


def refresh_action() -> Action:
    """Where a plugin that looks people up is on."""
    return Action("look_up", _l("Ask the sources"), snapshots.refresh, applies=snapshots.has_sources, icon="refresh")
