"""Follow-ups: when somebody wants to come back to a lead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.sdk import Choice, FieldError, _, _l, utcnow
from plugins.crm.models import Lead, Task
from plugins.crm.services import clock, people
from plugins.crm.services.response.waiting import answered
from plugins.crm.services.words import moment_words

WHENS = (
    Choice("tomorrow", _l("Tomorrow")),
    Choice("in_3_days", _l("In three days")),
    Choice("next_week", _l("Next week")),
    Choice("in_a_month", _l("In a month")),
    Choice("later_today", _l("In two hours")),
    Choice("at", _l("At a time of my choice")),
)


def moment_of(choice: str, now: datetime) -> datetime:
    """The moment that the person at hand means: in the morning of a day on their own clock. Raises KeyError."""
    zone = people.my_zone()
    moments: dict[str, Callable[[], datetime]] = {
        "later_today": lambda: now + clock.TWO_HOURS,
        "tomorrow": lambda: clock.days_later(now, 1, zone),
        "in_3_days": lambda: clock.days_later(now, 3, zone),
        "next_week": lambda: clock.next_week(now, zone, people.my_country()),
        "in_a_month": lambda: clock.days_later(now, 30, zone),
    }
    return moments[choice]()


def follow_up(rows: list[Lead], *, when: str, at: datetime | None = None) -> str:
    """Set when to come back to leads."""
    moment = chosen(when, at)
    for lead in rows:
        lead.next_follow_up_at = moment
    return _("Follow-up on %(time)s.", time=moment_words(moment))


def chosen(choice: str, at: datetime | None) -> datetime:
    """The moment of a choice, or the one given. Raises FieldError when that is missing or over."""
    if choice != "at":
        return moment_of(choice, utcnow())
    if at is None:
        raise FieldError("at", _("Please say when."))
    if at <= utcnow():
        raise FieldError("at", _("This time has passed."))
    return at


def put_off(rows: list[Task], *, when: str, at: datetime | None = None) -> str:
    """Give tasks more time."""
    moment = chosen(when, at)
    for task in rows:
        task.due_at = moment
    return _("Due on %(time)s.", time=moment_words(moment))


def done(rows: list[Lead]) -> str:
    """The leads were followed up: they leave the list, and that counts as activity."""
    for lead in rows:
        lead.next_follow_up_at = None
        lead.last_activity_at = utcnow()
        answered(lead, lead.last_activity_at)
    return _("Done: %(count)s.", count=len(rows))
