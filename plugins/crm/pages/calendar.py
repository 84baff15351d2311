"""The week: appointments, follow-ups and tasks together. And the times at which somebody is free."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from babel.dates import format_skeleton
from flask import Blueprint, render_template, request
from flask_babel import get_locale
from sqlalchemy import select

from app.sdk import Member, access, reach, session, utcnow
from plugins.crm.models import Appointment, Task
from plugins.crm.services import people, slots, week
from plugins.crm.services.words import clock_words, day_words

blueprint = Blueprint("crm_calendar", __name__, url_prefix="/crm", template_folder="../templates")
LENGTHS = (15, 30, 45, 60, 90, 120)
MORNING = 9
"""The hour that is offered on a day that is still empty."""
SHOWN = 60
"""Free times shown."""


@blueprint.get("/calendar/")
@access("crm.appointment.read")
def calendar() -> str:
    """`?from=2027-01-31` is a day of the week that is shown, `?of=all` shows everybody within reach."""
    now = utcnow().astimezone(people.my_zone())
    today = now.date()
    first = week.first_day(_day(request.args.get("from", ""), today), people.my_country())
    of_all = request.args.get("of") == "all"
    found = week.entries(first, None if of_all else people.my_membership())
    return render_template(
        "crm/calendar.html", today=today,
        days=[(day, day_words(day), entries, _begins(day, now)) for day, entries in found.items()],
        title=str(format_skeleton("yMMMM", first, locale=get_locale() or "en")), of_all=of_all, here=first.isoformat(),
        previous=(first - timedelta(days=7)).isoformat(), following=(first + timedelta(days=7)).isoformat(),
        root=request.script_root + "/crm",
        books=reach(Appointment).may("create"), adds=reach(Task).may("create"),
    )  # fmt: skip


def _begins(day: date, now: datetime) -> str:
    """When an appointment that is booked on this day begins, as the form takes it: in the morning, or within the next
    hour. Empty on days that are over."""
    if day < now.date():
        return ""
    hour = MORNING if day > now.date() else min(max(now.hour + 1, MORNING), 23)
    return f"{day.isoformat()}T{hour:02}:00"


def _day(text: str, default: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return default
    return found if 1900 <= found.year <= 2200 else default


@blueprint.get("/free-times/")
@access("crm.appointment.create")
def free_times() -> str:
    """`?member=` and `?minutes=`: when somebody can be booked, each time a link to the form of an appointment."""
    members = session.execute(
        select(Member.id, Member.name)
        .where(Member.is_active, Member.left_at.is_(None))
        .order_by(Member.name)
        .limit(500)
    ).all()
    minutes = next((one for one in LENGTHS if str(one) == request.args.get("minutes")), 30)
    chosen = next((one for one in members if str(one.id) == request.args.get("member")), None)
    chosen = chosen or next((one for one in members if one.id == people.my_membership()), None)
    found = _free(chosen.id, minutes) if chosen is not None else {}
    return render_template(
        "crm/free_times.html", members=members, chosen=chosen, minutes=minutes, lengths=LENGTHS, days=found,
        add=f"{request.script_root}/crm/appointment/add",
    )  # fmt: skip


def _free(member_id: UUID, minutes: int) -> dict[str, list[tuple[str, str, str]]]:
    """By day: what a time is called, and begin and end as the form takes them, on the reader's clock."""
    length, zone = timedelta(minutes=minutes), people.my_zone()
    found: dict[str, list[tuple[str, str, str]]] = {}
    for begins in slots.free_slots(
        member_id, utcnow(), length, people.zone_of_member(member_id), people.my_country(), count=SHOWN
    ):
        local, end = begins.astimezone(zone), (begins + length).astimezone(zone)
        texts = (clock_words(begins, zone), f"{local:%Y-%m-%dT%H:%M}", f"{end:%Y-%m-%dT%H:%M}")
        found.setdefault(day_words(local.date()), []).append(texts)
    return found
