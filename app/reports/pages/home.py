"""The start page with its cards: the page itself is quick, each card comes by a request of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.host import registry
from app.host.guarding import RULE, HookBroke, HookFailed, run_hook
from app.identity.access import access
from app.identity.principal import Principal, principal
from app.reports import cards
from app.reports.cards import Change, Chosen, Shown
from app.reports.charts import MOST_ROWS, Chart, draw
from app.reports.drilling import Drill
from app.reports.pages.hub import may_read
from app.reports.pages.screen import screen_of
from app.reports.running import Unanswerable, run
from app.reports.table import Table, table_of
from app.reports.words import value_words
from app.screens.desk.first_steps import sees
from app.screens.frame import home_page
from app.screens.page import Column, Option
from app.screens.views.columns import column
from app.screens.views.screen import Screen, with_query

log = logging.getLogger(__name__)
blueprint = Blueprint("cards", __name__, url_prefix="/reports/cards", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a card will stand."""

    title: str
    href: str
    size: str


@dataclass(frozen=True, slots=True)
class ArrangedCard:
    """A card on the form that arranges them."""

    key: str
    title: str
    is_on: bool
    sizes: tuple[Option, ...]
    shows: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class CardLine:
    label: str
    href: str
    value: Any
    column: Column | None


@dataclass(frozen=True)
class CardContent:
    """What is on a card: one of these, or the error that kept it from being made."""

    title: str
    href: str = ""
    number: str = ""
    change: Change | None = None
    chart: Chart | None = None
    table: Table | None = None
    lines: tuple[CardLine, ...] | None = None
    error: str = ""


def home() -> str:
    """The start page: two statements for its cards, whatever their number."""
    person = _person()
    session = db.session()
    chosen = [one for one in cards.arranged(session, person, cards.offered(session, may_read)) if one.is_on]
    stem = request.script_root + blueprint.url_prefix  # type: ignore[operator]
    places = [CardPlace(one.title, with_query(f"{stem}/{one.key}", [("show", one.show)]), one.size) for one in chosen]
    return render_template(
        "reports/home.html",
        page=home_page(person),
        places=places[: cards.MOST],
        arrange_href=f"{stem}/",
        steps_href=f"{request.script_root}/desk/first-steps" if sees(session, person) else "",
    )


@blueprint.get("/<key>")
@access("signed-in")
def card(key: str) -> Any:
    """One card. What fails is said on the card, and noted."""
    try:
        content = _made(key, lambda: cards.shown(db.session(), key, request.args.get("show", "chart")))
    except Unanswerable as reason:
        content = CardContent("", error=str(reason))
    except Exception as error:
        log.exception("The card %s could not be made.", key)
        db.session.rollback()
        content = CardContent("", error=_reason(key, error))
    if content is None:
        abort(404)
    return render_template("reports/card.html", card=content)


def _made(key: str, find: Callable[[], Shown | None]) -> CardContent | None:
    """The card, made within the time that a plugin's card has."""

    def make() -> CardContent | None:
        shown = find()
        return _content(shown) if shown is not None else None

    plugin = key.partition(".")[0]
    if key not in registry().figures.cards or plugin in registry().always_on:
        return make()
    made: CardContent | None = run_hook(plugin, f"{key} card", RULE, make, (Unanswerable,))
    return made


@blueprint.route("/", methods=["GET", "POST"])
@access("reports.saved_report.read")
def arrange() -> Any:
    """Which cards, in which order, how large."""
    person, session = _person(), db.session()
    known = cards.offered(session, may_read)
    if request.method == "POST":
        by_key = {one.key: one for one in known}
        names = [name for name in request.form.getlist("cards") if name in by_key]
        cards.arrange(session, person, [_as_typed(by_key[name]) for name in dict.fromkeys(names)])
        db.session.commit()
        flash(_("Your start page is arranged."), "success")
        return redirect(request.script_root + "/", 303)
    shown = [_arranged(one) for one in cards.arranged(session, person, known)]
    title = _("Cards of the start page")
    return render_template("reports/arrange.html", title=title, cards=shown, home_href=request.script_root + "/")


def _as_typed(one: Chosen) -> Chosen:
    size, show = request.form.get(f"size.{one.key}", ""), request.form.get(f"show.{one.key}", "")
    size, show = size if size in cards.SIZES else one.size, show if show in cards.SHOWS else one.show
    return Chosen(one.key, one.title, size, show)


def _arranged(one: Chosen) -> ArrangedCard:
    sizes = {"small": _("small"), "medium": _("medium"), "wide": _("wide")}
    shows = {"chart": _("Chart"), "number": _("Number"), "table": _("Table")}
    return ArrangedCard(
        one.key,
        one.title,
        one.is_on,
        tuple(Option(size, words, size == one.size) for size, words in sizes.items()),
        tuple(Option(show, words, show == one.show) for show, words in shows.items())
        if one.key.startswith(cards.SAVED)
        else (),
    )


def _content(shown: Shown) -> CardContent:
    if shown.surface is not None:
        return _list(shown)
    if shown.request is None:
        return CardContent(shown.title)
    asked = cards.in_period(shown.request, shown.period)
    screen = screen_of(asked.source.key)
    marks = [("ready", shown.ready)] if shown.ready else [("saved", shown.saved)]
    href = with_query(screen.list_href, [*asked.pairs, *marks])
    if shown.show == "number":
        value, change = cards.number_and_change(shown.request, shown.period)
        return CardContent(shown.title, href, value_words(value), change)
    result = run(asked)
    drill = Drill(asked, result, screen.records_href)
    chart = None
    if shown.show == "chart":
        chart = draw(result, asked.chart, drill, title=shown.title)
    is_drawn = chart is not None and chart.kind != "number"
    table = table_of(result, drill.href, MOST_ROWS if is_drawn else cards.LINES) if chart is None or is_drawn else None
    return CardContent(shown.title, href, chart=chart, table=table)


def _list(shown: Shown) -> CardContent:
    surface = shown.surface
    if surface is None:
        raise LookupError(shown.title)
    screen = Screen(surface.entry)
    found = cards.records_on(surface, shown.where)
    width = len(found[0][0].values) if found else 0
    names = [name for name in surface.default_columns() if name in surface.fields]
    label = {name for name in names if name in surface.entry.model.__label__.split()}
    second = next((surface.fields[name] for name in names if name not in label), None) if width > len(label) else None
    shown_as = column(surface, second) if second is not None else None
    lines = [
        CardLine(words, f"{screen.rows_href}{line.id}", line.values[-1] if shown_as else None, shown_as)
        for line, words in found
    ]
    return CardContent(shown.title, f"{screen.list_href}?{shown.where}", lines=tuple(lines))


def _reason(key: str, error: Exception) -> str:
    """Admins see what went wrong; others that it did."""
    person = principal()
    if person is not None and (person.is_owner or "admin" in person.roles):
        cause = error.__cause__ if isinstance(error, HookFailed | HookBroke) and error.__cause__ else error
        said = str(cause).partition("\n")[0][:200]
        reason = f"{type(cause).__name__}: {said}"
        return str(_("The card of “%(plugin)s” failed: %(reason)s", plugin=_plugin_title(key), reason=reason))
    return str(_("This card could not be made. It has been noted; the rest of the page works."))


def _plugin_title(key: str) -> str:
    """What the plugin of a card is called."""
    plugin = registry().plugin(key.partition(".")[0])
    return str(plugin.title if plugin is not None else _("Saved reports"))


def _person() -> Principal:
    person = principal()
    if person is None:  # the gate lets only signed-in people come here
        raise LookupError("nobody is signed in")
    return person
