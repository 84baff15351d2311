"""What a request of these pages is about: a kind of record somebody may import or export, an import, an export."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request

from app.data import db
from app.features import can
from app.host import Entry, registry
from app.identity.principal import principal
from app.screens.page import Link
from app.screens.reading import Surface
from app.transfer.exporting import ARCHIVE
from app.transfer.models import Export, Import


def surface_for(key: str, verb: str) -> Surface:
    """The records of this name, if this person may do that with them; otherwise 404 or 403."""
    entry = registry().entries.get(key)
    if entry is None or verb not in entry.verbs or not can(key, "read"):
        abort(404)
    if not can(key, verb):
        abort(403)
    return Surface(entry, db.session())


def import_of(import_id: UUID) -> tuple[Import, Surface]:
    """An import within this person's reach, and the surface of its records; otherwise 404."""
    found = Surface(registry().by_model[Import], db.session()).get(import_id)
    if not isinstance(found, Import):
        abort(404)
    return found, surface_for(found.resource, "import")


def export_of(export_id: UUID) -> Export:
    """An export within this person's reach; otherwise 404. Who may not export any more, or is no owner any more, is
    refused."""
    found = Surface(registry().by_model[Export], db.session()).get(export_id)
    if not isinstance(found, Export):
        abort(404)
    if found.resource == ARCHIVE:
        owner_only()
    else:
        surface_for(found.resource, "export")
    return found


def owner_only() -> None:
    """Everything of a tenant is its owners' to take out."""
    person = principal()
    if person is None or person.tenant is None:
        abort(404)
    if not person.is_owner or person.scopes is not None:
        abort(403)


def list_link(entry: Entry) -> Link:
    """The list the records are in."""
    return Link(entry.resource.plural_words, f"{request.script_root}{entry.path}/")


def href(*parts: object) -> str:
    """An address of these pages: `href("imports", id, "plan")`."""
    return "/".join([f"{request.script_root}/transfer", *(str(part) for part in parts)])
