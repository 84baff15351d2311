"""The entries of a calendar: of each day the first few, and how many there are, by one statement.

Every day is a range of an index that stops after a few rows, so a month of ten records costs what one of ten thousand
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_time
from sqlalchemy import ARRAY, Date, DateTime, bindparam, column, func, literal, select, true

from app.data import Field
from app.data.bounded import Bounded
from app.data.reading import Prepared
from app.identity.locale import current_locale
from app.screens.kinds import reader
from app.screens.page import CalendarEntry
from app.screens.reading import Count, ListRequest
from app.screens.reading.listing import row_reader, select_rows
from app.screens.reading.paging import Order
from app.screens.reading.surface import label_of
from app.screens.views.board.lanes import lane_tones
from app.screens.views.screen import Screen

SHOWN = 4
COUNT_CAP = 100
_prepared: Bounded[Any, Prepared] = Bounded(1_000)
"""Calendars whose conditions are the same for everybody: building their statement takes longer than running it."""


@dataclass(slots=True)
class Day:
    """What is on one day."""

    entries: list[CalendarEntry] = field(default_factory=list)
    count: Count = field(default_factory=lambda: Count(0, capped=False))


def entries_of(screen: Screen, asked: ListRequest, dated: Field, days: Sequence[date]) -> dict[date, Day]:
    """What the records hold on these days, each on the reader's clock."""
    surface = screen.surface
    labels = surface.labels()
    coloured = surface.fields.get(screen.entry.resource.board or "")
    beside = (coloured,) if coloured is not None else ()
    order = Order.of(surface.model, surface.fields["created_at"], "-created_at")
    rows = row_reader(surface, (dated, *beside, *labels), order, labels=True)
    tones = lane_tones(surface, coloured)
    found = {day: Day() for day in days}
    statement = _prepare(screen, rows, dated, select_rows(surface, asked).where)
    since, until = zip(*(_bounds(dated, day) for day in days), strict=True)
    for row in statement.rows(surface.session, since=list(since), until=list(until)):
        line = rows.line(row)
        one = found[days[row[-2] - 1]]
        label = label_of(surface.model, line.id, line.values[1 + len(beside) :])
        tone = tones.get(getattr(line.values[1], "id", line.values[1]), "") if beside else ""
        one.entries.append(CalendarEntry(label, screen.href(line.id), tone, _clock(line.values[0])))
        one.count = Count(min(row[-1], COUNT_CAP), capped=row[-1] > COUNT_CAP)
    return found


def _prepare(screen: Screen, rows: Any, dated: Field, where: list[Any]) -> Prepared:
    if not screen.surface.is_plain(where):
        return Prepared(_statement(screen.surface.model, rows, dated, where))
    key = rows, dated, len(where)
    if key not in _prepared:
        _prepared[key] = Prepared(_statement(screen.surface.model, rows, dated, where))
    return _prepared[key]


def _statement(model: Any, rows: Any, dated: Field, where: list[Any]) -> Any:
    """The first rows of each day from `since` to `until`, then the number of the day, from one, and its count."""
    kind = DateTime(timezone=True) if dated.kind == "moment" else Date()
    bounds = [bindparam(name, type_=ARRAY(kind)) for name in ("since", "until")]
    names = column("since", kind), column("until", kind)
    day = func.unnest(*bounds).table_valued(*names, with_ordinality="at", name="day").render_derived()
    stored = getattr(model, dated.sort_column if dated.sortable else dated.name)
    within = (*where, stored >= day.c.since, stored < day.c.until)
    first = rows.statement.where(*within).order_by(stored, model.id).limit(SHOWN).lateral("first")
    few = select(literal(1).label("one")).select_from(model).where(*within).limit(COUNT_CAP + 1).correlate(day)
    counted = select(func.count().label("number")).select_from(few.subquery("few")).lateral("counted")
    joined = day.join(counted, true()).join(first, true())
    return select(*first.c, day.c.at, counted.c.number).select_from(joined).order_by(day.c.at)


def _bounds(dated: Field, day: date) -> tuple[Any, Any]:
    after = day + timedelta(days=1)
    if dated.kind != "moment":
        return day, after
    zone = reader().zone
    return datetime.combine(day, time(), zone), datetime.combine(after, time(), zone)


def _clock(at: Any) -> str:
    if not isinstance(at, datetime):
        return ""
    local = at.astimezone(reader().zone)
    return _clock_words(local.hour * 60 + local.minute, str(current_locale() or "en"))


@lru_cache(maxsize=8_000)
def _clock_words(minute_of_day: int, locale: str) -> str:
    return str(format_time(time(*divmod(minute_of_day, 60)), "short", locale=locale))
