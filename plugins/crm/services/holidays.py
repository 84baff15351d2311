"""The days on which nobody works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.sdk import by_configuration, principal, session
from plugins.crm.models import Holiday


@dataclass(frozen=True, slots=True)
class Holidays:
    """Answers `day in holidays`. A yearly one of the 29th of February comes in leap years alone."""

    days: frozenset[date]
    yearly: frozenset[tuple[int, int]]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.days or (day.month, day.day) in self.yearly)


def holidays() -> Holidays:
    """Those of the tenant. Costs no statement in a request."""
    found: Holidays = by_configuration(session(), principal(), "crm.holidays", _load)
    return found


def _load(own: Any) -> Holidays:
    rows = own.execute(select(Holiday.falls_on, Holiday.is_yearly)).all()
    yearly = frozenset((on.month, on.day) for on, is_yearly in rows if is_yearly)
    return Holidays(frozenset(on for on, is_yearly in rows if not is_yearly), yearly)
