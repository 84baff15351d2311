"""The calendar: a month of records by one of their dates."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

from babel.dates import format_skeleton, get_day_names
from flask import abort, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _

from app.data import Field
from app.identity.locale import current_locale
from app.screens.kinds import reader
from app.screens.page import CalendarDay, CalendarPage, Link
from app.screens.reading import Count
from app.screens.reading.periods import first_weekday
from app.screens.views.asking import Asked, ask
from app.screens.views.conditions import active_filters
from app.screens.views.counting import count_words
from app.screens.views.days import Day, entries_of
from app.screens.views.listing import page_actions
from app.screens.views.saved import apply_view
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces, tools


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
    found_on = entries_of(screen, asked.request, field, [day for week in weeks for day in week])
    here = screen.href("calendar")
    chips = active_filters(screen, asked.request, asked.pairs, here)
    page = CalendarPage(
        title=screen.plural,
        month=str(format_skeleton("yMMMM", first, locale=current_locale())),
        previous_href=_to(here, asked, first - timedelta(days=1)),
        next_href=_to(here, asked, first + timedelta(days=32)),
        today_href=with_query(here, asked.lasting),
        weekdays=_weekdays(),
        weeks=tuple(
            tuple(_day(screen, asked, field, day, first, today, found_on[day]) for day in week) for week in weeks
        ),
        tools=tools(screen, "calendar", asked, view),
        actions=page_actions(screen),
        surfaces=surfaces(screen, "calendar", asked),
        filters=chips,
        clear_href=with_query(here, asked.bare) if chips else "",
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


def _day(
    screen: Screen, asked: Asked, field: Field, day: date, first: date, today: date, found: Day
) -> CalendarDay:  # fmt: skip
    hidden = Count((found.count.value or 0) - len(found.entries), capped=found.count.capped)
    return CalendarDay(
        date=day.isoformat(),
        number=str(day.day),
        label=str(format_date(day, "full")),
        in_month=day.month == first.month,
        is_today=day == today,
        entries=tuple(found.entries),
        more=_whole(screen, asked, field, day, hidden) if hidden.value else None,
    )


def _whole(screen: Screen, asked: Asked, field: Field, day: date, hidden: Count) -> Link:
    href = with_query(screen.list_href, [*asked.lasting, (f"{field.name}.between", f"{day},{day}")])
    return Link(_("%(count)s more", count=count_words(hidden)), href)
