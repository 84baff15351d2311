"""What the next flush changes of a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect


def changes(row: Any, *names: str) -> bool:
    """Do any of these attributes differ from what is stored?"""
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names)
