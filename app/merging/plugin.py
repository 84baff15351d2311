"""Merging as a plugin of the core: merges and their undoing, possible duplicates, what counts for them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_

from app.data import db
from app.features.access_rules import FULL, access_of
from app.features.gate import can
from app.host import Event, Job, Page, Plugin, Resource, Schedule, hookimpl, registry
from app.merging import jobs as work
from app.merging.happenings import Merged, Parted
from app.merging.likeness.rules import check_rule
from app.merging.merging import FOLLOW
from app.merging.models import DuplicateRule, Merge

plugin = Plugin("merging", title=_l("Duplicates"), icon="users", order=790, core=True)

_READERS = {"owner": "read", "admin": "read", "manager": "read"}
_ADMINS = {"owner": "read create update delete", "admin": "read create update delete"}


@hookimpl
def resources() -> list[Resource]:
    return [_merge(), _rule()]


@hookimpl
def pages() -> list[Page]:
    return [Page("/merging/duplicates", _l("Possible duplicates"), "merging.merge.read", icon="users", order=5)]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(FOLLOW, work.follow, _l("Follow up a merge"), keep_days=1),
        Job(work.FIND, work.find, _l("Look for duplicates"), timeout=3600, priority="low", unique=True),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("merging.nightly", work.FIND, "50 2 * * *")]


@hookimpl
def events() -> list[type[Event]]:
    return [Merged, Parted]


def _merge() -> Resource:
    return Resource(
        Merge,
        title=_l("Merge"),
        plural=_l("Merges"),
        list="survivor_label merged_labels resource state created_at undone_at",
        verbs="read",
        grants=_READERS,
        row_rule=_seen_by,
        row_path="/merging/merges/",
        custom_fields=False,
        icon="restore",
        order=10,
    )


def _rule() -> Resource:
    return Resource(
        DuplicateRule,
        name="rule",
        title=_l("Duplicate rule"),
        plural=_l("Duplicate rules"),
        list="resource path points",
        form="resource path points",
        sort="resource",
        verbs="read create update delete",
        grants=_ADMINS,
        before_save=check_rule,
        custom_fields=False,
        icon="settings",
        order=20,
    )


def _seen_by(person: Any) -> Any:
    """Their own, and all of records that they may merge and see without any limit to rows and fields."""
    entries = [entry for entry in registry().entries.values() if entry.is_mergeable]
    keys = [entry.key for entry in entries if can(entry.key, "merge", person)]
    whole = [key for key in keys if access_of(db.session(), person, key) == FULL]
    return and_(Merge.resource.in_(keys), or_(Merge.created_by == person.uid, Merge.resource.in_(whole)))
