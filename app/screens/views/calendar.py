"""The calendar: a month of records by one of their dates."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_skeleton, format_time, get_day_names
from flask import abort, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _

from app.data import Field
from app.identity.locale import current_locale
from app.screens.kinds import reader
from app.screens.page import CalendarDay, CalendarEntry, CalendarPage, Link
from app.screens.reading.listing import row_reader, select_rows
from app.screens.reading.paging import Order
from app.screens.reading.periods import first_weekday
from app.screens.reading.surface import label_of
from app.screens.views.asking import Asked, ask
from app.screens.views.board.lanes import lane_tones
from app.screens.views.conditions import active_filters
from app.screens.views.counting import number_words
from app.screens.views.listing import page_actions
from app.screens.views.saved import apply_view
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces, tools

SHOWN = 4
LIMIT = 1_000
"""Entries read for a month; the list holds the rest."""


def calendar_page(screen: Screen) -> str:
    """`?month=2026-11`; this month by default. One statement, whatever the number of records."""
    field = screen.surface.fields.get(screen.entry.resource.calendar or "")
    if field is None:
        abort(404)
    view = apply_view(screen)
    asked = ask(screen.surface, view.pairs)
    today = datetime.now(reader().zone).date()
    first = _month(today)
    weeks = _weeks(first)
    entries = _entries(screen, asked, field, weeks[0][0], weeks[-1][-1])
    here = screen.href("calendar")
    found = active_filters(screen, asked.request, asked.pairs, here)
    page = CalendarPage(
        title=screen.plural,
        month=str(format_skeleton("yMMMM", first, locale=current_locale())),
        previous_href=_to(here, asked, first - timedelta(days=1)),
        next_href=_to(here, asked, first + timedelta(days=32)),
        today_href=with_query(here, asked.lasting),
        weekdays=_weekdays(),
        weeks=tuple(tuple(_day(screen, asked, field, day, first, today, entries) for day in week) for week in weeks),
        tools=tools(screen, "calendar", asked, view),
        actions=page_actions(screen),
        surfaces=surfaces(screen, "calendar", asked),
        filters=found,
        clear_href=with_query(here, asked.bare) if found else "",
    )
    return render_template("resource/calendar.html", page=page)


def _month(today: date) -> date:
    """The first day of the month asked for; of this month when it was misspelt."""
    try:
        asked = date.fromisoformat(request.args.get("month", "") + "-01")
    except ValueError:
        return today.replace(day=1)
    return asked if 1900 <= asked.year <= 2200 else today.replace(day=1)


def _to(here: str, asked: Asked, day: date) -> str:
    return with_query(here, [*asked.lasting, ("month", f"{day:%Y-%m}")])


def _weeks(first: date) -> list[list[date]]:
    return calendar.Calendar(first_weekday()).monthdatescalendar(first.year, first.month)


def _weekdays() -> tuple[str, ...]:
    names = get_day_names("abbreviated", locale=current_locale())
    return tuple(str(names[(first_weekday() + at) % 7]) for at in range(7))


def _entries(screen: Screen, asked: Asked, field: Field, start: date, end: date) -> dict[date, list[CalendarEntry]]:
    surface = screen.surface
    labels = surface.labels()
    coloured = surface.fields.get(screen.entry.resource.board or "")
    beside = (coloured,) if coloured is not None else ()
    order = Order.of(surface.model, surface.fields["created_at"], "-created_at")
    rows = row_reader(surface, (field, *beside, *labels), order, labels=True)
    stored: Any = getattr(surface.model, field.name)
    since, until = _bounds(field, start, end)
    statement = rows.statement.where(*select_rows(surface, asked.request).where, stored >= since, stored < until)
    tones = lane_tones(surface, coloured)
    found: dict[date, list[CalendarEntry]] = {}
    for row in surface.session.execute(statement.order_by(stored, surface.model.id).limit(LIMIT)):
        line = rows.line(row)
        at = line.values[0].astimezone(reader().zone) if field.kind == "moment" else line.values[0]
        day, clock = (at.date(), _clock(at)) if isinstance(at, datetime) else (at, "")
        label = label_of(surface.model, line.id, line.values[1 + len(beside) :])
        tone = tones.get(getattr(line.values[1], "id", line.values[1]), "") if beside else ""
        found.setdefault(day, []).append(CalendarEntry(label, screen.href(line.id), tone, clock))
    return found


def _clock(at: datetime) -> str:
    return _clock_words(at.hour * 60 + at.minute, str(current_locale() or "en"))


@lru_cache(maxsize=8_000)
def _clock_words(minute_of_day: int, locale: str) -> str:
    return str(format_time(time(*divmod(minute_of_day, 60)), "short", locale=locale))


def _bounds(field: Field, start: date, end: date) -> tuple[Any, Any]:
    after = end + timedelta(days=1)
    if field.kind != "moment":
        return start, after
    zone = reader().zone
    return datetime.combine(start, time(), zone), datetime.combine(after, time(), zone)


def _day(
    screen: Screen,
    asked: Asked,
    field: Field,
    day: date,
    first: date,
    today: date,
    entries: dict[date, list[CalendarEntry]],
) -> CalendarDay:
    links = entries.get(day, [])
    left = len(links) - SHOWN
    whole = with_query(screen.list_href, [*asked.conditions, (f"{field.name}.between", f"{day},{day}")])
    return CalendarDay(
        date=day.isoformat(),
        number=str(day.day),
        label=str(format_date(day, "full")),
        in_month=day.month == first.month,
        is_today=day == today,
        entries=tuple(links[:SHOWN]),
        more=Link(_("%(count)s more", count=number_words(left)), whole) if left > 0 else None,
    )
