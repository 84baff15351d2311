"""In whose name an automation works: the member it runs as, with the rights of today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from app.automations.models import Automation
from app.data.scope import current_scope, enter_scope, leave_scope
from app.identity.principal import Principal, acting_as
from app.jobs.person import member_now

_PREFIX = "automation:"


def member_of(automation: Automation) -> Principal | None:
    """Who the automation is while it runs; None when that member has left, or may not sign in any more."""
    return member_now(automation.runs_as_id)


@contextmanager
def in_the_name_of(person: Principal, run_id: UUID) -> Iterator[None]:
    """Changes are signed by the member, and the events they make say which run they come from."""
    token = enter_scope(replace(current_scope(), actor_id=person.uid, request_id=f"{_PREFIX}{run_id}"))
    try:
        with acting_as(person):
            yield
    finally:
        leave_scope(token)


def run_behind(request_id: str | None) -> UUID | None:
    """The run that led to an event; None where people or other work did."""
    if not request_id or not request_id.startswith(_PREFIX):
        return None
    try:
        return UUID(request_id.removeprefix(_PREFIX))
    except ValueError:
        return None
