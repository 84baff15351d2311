"""The cards of the start page: which there are for a person, which they have chosen, and what is on one.

What a card shows is found out when the card is fetched, each in a request of its own; so a card that is slow or broken
keeps nobody from the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data.record import label_fields
from app.host import registry
from app.host.figures import PlacedCard
from app.identity.principal import Principal
from app.reports import saved
from app.reports.asking import ReportRequest, pairs_of, parse, without_groups
from app.reports.models import SavedReport, StartPage
from app.reports.result import Value
from app.reports.running import ranking, run
from app.reports.source import may_show, source_of
from app.reports.words import percent_words, value_words
from app.screens.reading import Line, Surface, read_list
from app.screens.reading.periods import PERIODS, span_before
from app.screens.reading.request import MAX_SIZE
from app.screens.reading.surface import label_of
from app.screens.views.asking import ask

SIZES = ("small", "medium", "wide")
SHOWS = ("chart", "number", "table")
SAVED = "saved-"
MOST = 24
LINES = 6
"""Records on a card, and groups of a table."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card in its place on somebody's page. `show` is for saved reports; a plugin's card says it itself."""

    key: str
    title: str
    size: str
    show: str = "chart"
    is_on: bool = True

    def as_json(self) -> dict[str, str]:
        return {"card": self.key, "size": self.size, "show": self.show}


def offered(session: Session, reads: Any) -> list[Chosen]:
    """All cards this person may have: of plugins, in order, then their saved reports. `reads(key)` tells whether they
    may read a resource or dataset."""
    placed = sorted(registry().figures.cards.values(), key=lambda one: one.card.order)
    cards = [
        Chosen(one.key, str(one.card.title), one.card.size, one.card.show, one.card.usual)
        for one in placed
        if reads(source_key(one)) and may_show(one.key)
    ]
    reports = [
        Chosen(f"{SAVED}{one.id}", one.name, "medium", is_on=False)
        for one in saved.saved_reports(session)
        if reads(one.source)
    ]
    return [*cards, *reports]


def source_key(placed: PlacedCard) -> str:
    """The resource or dataset that a card is about."""
    if placed.card.records is not None:
        return placed.of
    return registry().figures.reports[placed.of].of


def arranged(session: Session, person: Principal, cards: Sequence[Chosen]) -> list[Chosen]:
    """The cards as this person wants them: their choice first in its order, then the others, which are off; without a
    choice the usual ones are on."""
    page = start_page(session, person)
    if page is None:
        return sorted(cards, key=lambda one: not one.is_on)
    known = {one.key: one for one in cards}
    chosen = [replace(one, is_on=True) for one in _stored(page.cards, known)]
    there = {one.key for one in chosen}
    return [*chosen, *(replace(one, is_on=False) for one in cards if one.key not in there)]


def _stored(stored: Any, known: dict[str, Chosen]) -> Iterator[Chosen]:
    for one in stored if isinstance(stored, list) else []:
        card = known.get(str(one.get("card", "")))
        if card is not None:
            size, show = one.get("size"), one.get("show")
            yield replace(card, size=size if size in SIZES else card.size, show=show if show in SHOWS else card.show)


def start_page(session: Session, person: Principal) -> StartPage | None:
    """What the person has chosen, if anything."""
    return session.scalars(select(StartPage).where(StartPage.person == person.uid)).one_or_none()


def arrange(session: Session, person: Principal, cards: Sequence[Chosen]) -> None:
    """Keep a choice of cards. Flushes; the edge commits."""
    page = start_page(session, person)
    stored = [one.as_json() for one in cards[:MOST]]
    if page is None:
        session.add(StartPage(person=person.uid, cards=stored))
    else:
        page.cards = stored
    session.flush()


# What is on a card -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A figure beside that of the period before."""

    words: str
    is_up: bool | None
    """None where nothing changed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card is made from: a report with what to show of it, or records."""

    title: str
    show: str
    request: ReportRequest | None = None
    period: tuple[str, str] | None = None
    ready: str = ""
    saved: str = ""
    surface: Surface | None = None
    where: str = ""


def shown(session: Session, key: str, show: str) -> Shown | None:
    """The card of this key for this reader; None when there is none."""
    if key.startswith(SAVED):
        kept = saved.saved_report(session, key.removeprefix(SAVED))
        return _shown_saved(session, kept, show) if kept is not None else None
    placed = registry().figures.cards.get(key) if may_show(key) else None
    source = source_of(source_key(placed), session) if placed is not None else None
    if placed is None or source is None:
        return None
    card = placed.card
    if card.records is not None:
        return Shown(str(card.title), "list", surface=source.surface, where=card.where)
    report = registry().figures.reports[placed.of]
    field, _dot, period = card.period.partition(".")
    request = parse(source, pairs_of(report.report))
    span = (field, period) if period in PERIODS and field in source.fields else None
    return Shown(str(card.title), card.show, request, span, ready=report.key)


def _shown_saved(session: Session, report: SavedReport, show: str) -> Shown | None:
    found = saved.request_of(report, session)
    if found is None:
        return None
    within = next((one for one in found[1].asked.request.filters if one.operator == "within"), None)
    period = (within.field.name, str(within.operands[0])) if within is not None else None
    return Shown(report.name, show, found[1], period, saved=str(report.id))


def in_period(request: ReportRequest, period: tuple[str, str] | None, *, is_before: bool = False) -> ReportRequest:
    """The request over a period, or over the one before it."""
    if period is None:
        return request
    name, words = period
    pairs = [pair for pair in request.pairs if pair[0] != f"{name}.within"]
    if is_before:
        first, last = span_before(words)
        return parse(request.source, [*pairs, (f"{name}.between", f"{first},{last}")])
    return parse(request.source, [*pairs, (f"{name}.within", words)])


def number_and_change(request: ReportRequest, period: tuple[str, str] | None) -> tuple[Value, Change | None]:
    """The first figure over all, and how it compares with the period before."""
    now = run(without_groups(in_period(request, period))).total.values[0]
    if period is None:
        return now, None
    before = run(without_groups(in_period(request, period, is_before=True))).total.values[0]
    return now, _change(now, before)


def _change(now: Value, before: Value) -> Change:
    new, old = ranking(now), ranking(before)
    said = _("%(value)s in the period before", value=value_words(before))
    if old:
        difference = (new - old) * 100 / abs(old)
        sign = "+" if difference > 0 else ""
        said = f"{sign}{percent_words(difference.quantize(Decimal('0.1')))} · {said}"
    return Change(said, None if new == old else new > old)


def records_on(surface: Surface, where: str) -> list[tuple[Line, str]]:
    """The first records of a list, and what they are called."""
    fields = [name for name in label_fields(surface.model) if name in surface.fields]
    second = [name for name in surface.default_columns() if name not in fields][:1]
    asked = ask(surface, parse_qsl(where)).request
    request = replace(asked, size=min(LINES, MAX_SIZE), columns=(*fields, *second), cursor=None)
    lines = read_list(surface, request, count=False).lines
    return [(line, label_of(surface.model, line.id, line.values[: len(fields)])) for line in lines]
