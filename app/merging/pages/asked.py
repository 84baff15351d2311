"""What a request of these pages is about, and their addresses."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request

from app.data import db
from app.host import registry
from app.merging.models import Merge
from app.screens.reading import Surface
from app.transfer.pages.asked import surface_for


def href(*parts: object) -> str:
    """An address of these pages: `href("merges", id)`."""
    return "/".join([f"{request.script_root}/merging", *(str(part) for part in parts)])


def merge_of(merge_id: UUID) -> tuple[Merge, Surface]:
    """A merge within this person's reach, and the surface of its records; otherwise 404."""
    found = Surface(registry().by_model[Merge], db.session()).get(merge_id)
    if not isinstance(found, Merge):
        abort(404)
    return found, surface_for(found.resource, "merge")
