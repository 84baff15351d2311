"""Records that hang on any other record (notes, files): the other one must exist and be within the person's reach."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import object_session

from app.data import Record, db
from app.host import FieldError, registry
from app.host.at_work import need_records
from app.screens.reading import Surface


def check_target(row: Any, is_new: bool) -> None:
    """`before_save` of such records. Raises FieldError when the target is unknown or out of reach."""
    if is_new and target_of(row) is None:
        raise FieldError("target_id", _("The record this belongs to does not exist (any more)."))


def target_of(row: Any) -> Record | None:
    """The record that `target_type` and `target_id` name, if this person may read it."""
    entry = registry().entries.get(row.target_type or "")
    if entry is None or row.target_id is None:
        return None
    need_records(entry.key)
    surface = Surface(entry, object_session(row) or db.session)
    return surface.get(row.target_id) if surface.may("read") else None
