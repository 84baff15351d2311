"""Who asks for pages about notices: a member of a tenant, as nobody else is told anything."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request

from app.identity.principal import Principal, principal


def member() -> tuple[Principal, UUID]:
    """The person and their membership; 404 for who is no member here."""
    person = principal()
    if person is None or person.membership_id is None:
        abort(404)
    return person, person.membership_id


def here(*parts: object) -> str:
    """An address of these pages."""
    return "/".join([f"{request.script_root}/messaging/notifications", *(str(part) for part in parts)])
