"""Switching plugins on and off for a tenant, by its admins."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from app.host import FieldError
from app.host.lifecycle import check_switch


def check_plugin(row: Any, is_new: bool) -> None:
    """What an admin may do is off, on and read-only: a plugin is archived by the operator, who writes the archive."""
    if row.state == "archived" and (is_new or inspect(row).attrs.state.history.has_changes()):
        raise FieldError("state", _("The operator of the platform archives plugins. You may switch it off."))
    check_switch(row, is_new)
