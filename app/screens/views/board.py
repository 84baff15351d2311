"""The board: one lane for each value of a choice; moving a card saves that one field."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, literal, select, union_all

from app.data import Choice, Field, db
from app.data.record import label_fields
from app.screens.page import BoardPage, Card, DetailItem, Lane
from app.screens.reading import Count
from app.screens.reading.listing import row_reader, select_rows
from app.screens.reading.paging import Order
from app.screens.reading.surface import label_of
from app.screens.views.asking import Asked, ask
from app.screens.views.columns import GREY, column
from app.screens.views.conditions import active_filters
from app.screens.views.counting import count_words
from app.screens.views.listing import page_actions
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, Submission, save

CARDS = 30
COUNT_CAP = 1_000
ITEMS = 3


def board_page(screen: Screen) -> str:
    """The board: one statement for all cards, one for the counts of all lanes."""
    field = _field(screen)
    asked = ask(screen.surface)
    fields = _card_fields(screen, field)
    values = _lane_values(field)
    cards = _cards(screen, asked, field, fields, values)
    counts = _counts(screen, asked, field, values)
    may_move = screen.may("update") and field.name in screen.surface.editable(is_new=False)
    found = active_filters(screen, asked.request, asked.pairs, screen.href("board"))
    page = BoardPage(
        title=screen.plural,
        lanes=tuple(_lane(screen, asked, field, value, cards[value], counts[value]) for value in values),
        move_href=screen.href("board", "{id}") if may_move else "",
        actions=page_actions(screen),
        surfaces=surfaces(screen, "board", asked),
        filters=found,
        clear_href=screen.href("board") if found else "",
    )
    return render_template("resource/board.html", page=page)


def move_card(screen: Screen, record_id: UUID) -> Response | tuple[Response, int]:
    """`{value, version}` in; the new version out, or the reason why not."""
    field = _field(screen)
    record = screen.record(record_id, lock=True)
    data = request.get_json(silent=True)
    if not isinstance(data, dict) or field.name not in screen.surface.editable(is_new=False):
        return jsonify(detail=_("This cannot be changed.")), 422
    value = data.get("value") or None
    if value not in _lane_values(field):
        return jsonify(detail=_("There is no such lane.")), 422
    version = data.get("version")
    submission = Submission({field.name: value}, version=version if isinstance(version, int) else None, confirmed=True)
    try:
        row = save(screen.surface, submission, record)
        saved = row.version
        db.session.commit()
    except Conflict:
        words, status = _("Somebody else has changed this meanwhile. Reload the page to see it."), 409
    except Invalid as error:
        words, status = " ".join(error.submission.errors.values()), 422
    except (Doubts, NotAllowed) as error:
        words, status = str(error), 422
    else:
        return jsonify(version=saved)
    db.session.rollback()
    return jsonify(detail=words), status


def _field(screen: Screen) -> Field:
    found = screen.surface.fields.get(screen.entry.resource.board or "")
    if found is None:
        abort(404)
    return found


def _lane_values(field: Field) -> list[str | None]:
    values: list[str | None] = [one.value for one in field.choices]
    return [None, *values] if field.is_nullable else values


def _card_fields(screen: Screen, field: Field) -> tuple[Field, ...]:
    """The title's fields are read for the label; the next few columns of the list are printed on the card."""
    skipped = (field.name, "created_at", *screen.surface.default_columns()[:1])
    names = [name for name in screen.surface.default_columns() if name not in skipped]
    return tuple(screen.surface.fields[name] for name in names[:ITEMS])


def _cards(
    screen: Screen, asked: Asked, field: Field, fields: tuple[Field, ...], values: list[str | None]
) -> dict[str | None, list[Card]]:
    surface = screen.surface
    labels = tuple(surface.entry.fields[name] for name in _label_names(screen))
    order = Order.of(surface.model, surface.fields["created_at"], "-created_at")
    reader = row_reader(surface, (*labels, *fields), order, labels=True)
    where = select_rows(surface, asked.request).where
    lanes = []
    for at, value in enumerate(values):
        lane = reader.statement.add_columns(literal(at)).where(*where, _is(surface.model, field, value))
        lanes.append(select(lane.order_by(*order.by()).limit(CARDS).subquery()))
    columns = tuple(column(surface, one) for one in fields)
    found: dict[str | None, list[Card]] = {value: [] for value in values}
    for row in surface.session.execute(union_all(*lanes)):
        line = reader.line(row)
        title = label_of(surface.model, line.id, line.values[: len(labels)])
        shown = zip(columns, line.values[len(labels) :], strict=True)
        items = tuple(DetailItem(one, value) for one, value in shown if value not in (None, "", []))
        found[values[row[-1]]].append(Card(str(line.id), screen.href(line.id), title, line.version, items))
    return found


def _label_names(screen: Screen) -> list[str]:
    return [name for name in label_fields(screen.surface.model) if name in screen.surface.entry.fields]


def _counts(screen: Screen, asked: Asked, field: Field, values: list[str | None]) -> dict[str | None, Count]:
    surface = screen.surface
    where = select_rows(surface, asked.request).where
    asked_for = []
    for value in values:
        rows = (
            select(literal(1).label("one")).select_from(surface.model).where(*where, _is(surface.model, field, value))
        )
        asked_for.append(select(func.count()).select_from(rows.limit(COUNT_CAP + 1).subquery()).scalar_subquery())
    counted = surface.session.execute(select(*asked_for)).one()
    return {value: Count(min(n, COUNT_CAP), n > COUNT_CAP) for value, n in zip(values, counted, strict=True)}


def _is(model: Any, field: Field, value: str | None) -> Any:
    stored = getattr(model, field.name)
    return stored.is_(None) if value is None else stored == value


def _lane(screen: Screen, asked: Asked, field: Field, value: str | None, cards: list[Card], count: Count) -> Lane:
    choice = next((one for one in field.choices if one.value == value), Choice("", _("Not set")))
    condition = (f"{field.name}.is", value) if value is not None else (f"{field.name}.empty", "true")
    more = with_query(screen.list_href, [*asked.conditions, condition]) if (count.value or 0) > len(cards) else ""
    return Lane(value or "", choice.words, choice.colour or GREY, count_words(count), tuple(cards), more)
