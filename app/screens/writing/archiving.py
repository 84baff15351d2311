"""Putting records out of sight and back: actions for resources whose model has an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.data import utcnow
from app.host import Action


def archive(rows: Sequence[Any]) -> None:
    """Out of sight, and still there: lists, boards and pickers leave them out."""
    for row in rows:
        row.archived_at = row.archived_at or utcnow()


def unarchive(rows: Sequence[Any]) -> None:
    """Back among the others."""
    for row in rows:
        row.archived_at = None


def archive_actions(roles: tuple[str, ...] = ("owner", "admin", "manager", "agent")) -> tuple[Action, Action]:
    """Both ways, for these roles: `Resource(Lead, actions=(..., *archive_actions()))`."""
    return (
        Action(
            "archive", _lp("what to do", "Archive"), archive, roles, applies=lambda row: row.archived_at is None,
            icon="box",
        ),
        Action(
            "unarchive", _l("Out of the archive"), unarchive, roles, applies=lambda row: row.archived_at is not None,
            icon="box",
        ),
    )  # fmt: skip
