"""Whose work something is, and on whose clock and calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.sdk import FieldError, Member, Tenant, _, current_tenant_id, principal, receivers, session
from plugins.crm.services import clock
from plugins.crm.services.differences import changes

INFO = "crm.members"


def my_membership() -> UUID | None:
    """The membership of the person at hand; None for a job or a command of nobody."""
    person = principal()
    return person.membership_id if person is not None else None


def my_zone() -> ZoneInfo:
    """The clock of the person at hand, or of the tenant."""
    person = principal()
    chosen = person.timezone if person is not None else ""
    return clock.zone_of(chosen or _tenant().timezone)


def zone_of_tenant() -> ZoneInfo:
    """The clock of the tenant."""
    return clock.zone_of(_tenant().timezone)


def language_of_tenant() -> str:
    """The language of what is stored for all to read."""
    return _tenant().locale or "en"


def my_country() -> str:
    """The country whose week is worked in."""
    return _tenant().country


def _tenant() -> Any:
    """What is known of the tenant: with the person who asks, or from its row."""
    person = principal()
    known = person.tenant if person is not None else None
    return known if known is not None else session.get_one(Tenant, current_tenant_id())


def zone_of_member(member_id: UUID) -> ZoneInfo:
    """The clock a person works by: their own choice, or the tenant's."""
    if member_id == my_membership():
        return my_zone()
    found = receivers([member_id])
    return clock.zone_of(found[0].timezone if found else _tenant().timezone)


def zones_of(members: Iterable[UUID]) -> Mapping[UUID, ZoneInfo]:
    """The clocks of these people; who left has none."""
    return {one.id: clock.zone_of(one.timezone) for one in receivers(set(members))}


def first_at_work(*members: UUID | None) -> UUID | None:
    """The first of these members who works here."""
    return next((one for one in members if one is not None and _is_at_work(_member(one))), None)


def _member(member_id: UUID) -> Member | None:
    """Held as long as the session: of the many rows of a file that are one person's, the first alone asks."""
    found = session.get(Member, member_id)
    session().info.setdefault(INFO, {})[member_id] = found
    return found


def _is_at_work(member: Member | None) -> bool:
    return member is not None and member.is_active and member.left_at is None


def active_member(member_id: UUID | None, field: str) -> Member:
    """The member that a record is given to. Raises FieldError for one who has left."""
    member = _member(member_id) if member_id is not None else None
    if member is not None and member.left_at is not None:
        raise FieldError(field, _("“%(name)s” has left.", name=member.name))
    if member is None or not _is_at_work(member):
        raise FieldError(field, _("Choose somebody who works here."))
    return member


def check_given(row: Any, is_new: bool, field: str) -> None:
    """Work that changes hands goes to somebody at work; whose it was before it may stay. Raises FieldError."""
    member_id = getattr(row, f"{field}_id")
    if member_id not in (None, my_membership()) and (is_new or changes(row, f"{field}_id")):
        active_member(member_id, field)
