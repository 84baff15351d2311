"""The market: a plugin of the tests that extends the orchard and is extended by it; neither needs the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template_string

from app.sdk import (
    Action,
    Card,
    Doubt,
    Extension,
    FieldErrors,
    Handler,
    Mapped,
    Needs,
    Page,
    Panel,
    Permission,
    Plugin,
    Record,
    Related,
    Resource,
    access,
    choice,
    country,
    hookimpl,
    integer,
    money,
    note,
    record_link,
    tags,
    text,
)

plugin = Plugin("market", title="Market", summary="Stalls", order=230, needs=Needs(records=("orchard", "absent")))


class Stall(Record):
    """A stall, where the fruit of a tree is sold."""

    name: Mapped[str] = text(unique=True, sortable=True)
    tree: Mapped[UUID | None] = record_link("orchard.tree", label="Tree")


@hookimpl
def resources() -> list[Resource]:
    return [Resource(Stall, list="name tree", search="name")]


@hookimpl
def extensions() -> list[Extension]:
    return [
        Extension(
            "orchard.tree",
            fields=(
                integer(name="price", label="Price of a crate", minimum=0),
                choice("good", "best", name="grade", label="Grade"),
                money(name="deposit", label="Deposit"),
                record_link("market.stall", name="stall", label="Best stall"),
                record_link("contacts.contact", name="buyer", label="Buyer"),
                tags(name="uses", label="Uses"),
                country(name="origin", label="Origin"),
            ),
            columns="price deposit stall",
            related=(Related(Stall, "tree", "Stalls that sell it"),),
            panels=(Panel("offers", "Offers", offers),),
            actions=(Action("praise", "Praise", praise),),
            before_save=check_price,
            warn=doubt_price,
        ),
        Extension("absent.thing", fields=(text(name="nothing"),)),
    ]


def offers(tree: Any) -> list[tuple[str, str]]:
    if tree.name == "Rotten":
        raise ZeroDivisionError("by nothing")
    return [("Best offer", f"{tree.custom_fields.get('market__price', 0)} a crate")]


def praise(rows: Sequence[Any]) -> str:
    for tree in rows:
        tree.custom_fields = {**tree.custom_fields, "market__grade": "best"}
    return f"{len(rows)} praised."


def check_price(tree: Any, is_new: bool) -> None:
    if tree.name == "Broken":
        raise ZeroDivisionError("a bug of the market")
    if (tree.custom_fields or {}).get("market__price") == 13:
        raise ValueError("Nobody pays 13.")
    if (tree.custom_fields or {}).get("market__price") == 14:
        raise FieldErrors({"price": "Nobody pays 14.", "market__grade": "Not for 14.", "name": "A name for 14."})


def doubt_price(tree: Any) -> list[Doubt]:
    is_dear = (tree.custom_fields or {}).get("market__price") == 2000
    return [Doubt("That is dear.", "dear")] if is_dear else []


@hookimpl
def handlers() -> list[Handler]:
    return [Handler("orchard.tree_created", welcome, "welcome")]


def welcome(event: Any, occurrence: Any) -> None:
    note("market.welcomed", details={"tree": str(event.id)})


@hookimpl
def cards() -> list[Card]:
    return [Card("stalls", "Stalls", records=Stall, usual=False)]


@hookimpl
def pages() -> list[Page]:
    return [Page("/market/prices", "Prices", "market.prices.open", menu="orchard")]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("market.prices.open", "Open the prices")]


prices = Blueprint("market_prices", __name__)


@prices.get("/market/prices")
@access("market.prices.open")
def prices_page() -> str:
    return render_template_string('{% extends "layout.html" %}{% block content %}<h1>Prices</h1>{% endblock %}')


@hookimpl
def blueprints() -> list[Blueprint]:
    return [prices]


@hookimpl(optionalhook=True)
def orchard_price(tree: Any) -> int | None:
    return tree.custom_fields.get("market__price")
