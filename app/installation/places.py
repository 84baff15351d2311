"""Values of the core's rows that name plugins beside other things: pins, start pages, channels of notices, the events
that an endpoint chose, fields added to others' records. A plugin that goes is taken out of them, into its archive; a
restored one is put back where it was.

    taken({"pins": ["crm.lead:1", "garage.car:2"]}, "garage")  ->  ({"pins": ["crm.lead:1"]}, what was taken)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, or_, select
from sqlalchemy.orm import Session

from app.data import Record
from app.data.base import metadata
from app.host.extensions import BETWEEN
from app.merging.catalogue import models_by_table
from app.webhooks.models import ACTIVE, DISABLED, WebhookEndpoint

PLACES: Mapping[str, tuple[str, ...]] = {
    "access_rule": ("hidden", "readonly"),
    "desk": ("recent", "pins", "lists", "habits"),
    "notice_preference": ("ways",),
    "start_page": ("cards",),
    "team": ("gives_role",),
    "webhook_endpoint": ("events",),
}
GONE = "What it listened to is not installed any more."


def names(word: str, plugin: str) -> bool:
    """Whether a word is the plugin's name, or begins with it as names of its records, pages and fields do."""
    word = word.removeprefix("custom.")
    return word == plugin or word.startswith((f"{plugin}.", f"{plugin}/", f"{plugin}:", plugin + BETWEEN))


def taken(value: Any, plugin: str) -> tuple[Any, Any]:
    """(the value without what names the plugin, what was taken out of it; None for nothing). Texts are lists of words
    or lines."""
    if isinstance(value, str):
        by = " " if " " in value and "\n" not in value else "\n"
        kept, out = taken(value.split(by), plugin)
        return by.join(kept) if out else value, out and {**out, "by": by}
    if isinstance(value, dict):
        return _of_dict(value, plugin)
    if isinstance(value, list):
        return _of_list(value, plugin)
    return value, None


def _of_dict(value: dict[str, Any], plugin: str) -> tuple[Any, Any]:
    whole = {key: one for key, one in value.items() if names(key, plugin)}
    within = {
        key: taken(one, plugin) for key, one in value.items() if key not in whole and isinstance(one, (dict, list))
    }
    inner = {key: out for key, (_kept, out) in within.items() if out}
    kept = {key: within[key][0] if key in inner else one for key, one in value.items() if key not in whole}
    return kept, {"whole": whole, "within": inner} if whole or inner else None


def _of_list(value: list[Any], plugin: str) -> tuple[Any, Any]:
    out = [[place, one] for place, one in enumerate(value) if _is_of(one, plugin)]
    return [one for one in value if not _is_of(one, plugin)], {"items": out} if out else None


def _is_of(item: Any, plugin: str) -> bool:
    words = item.values() if isinstance(item, dict) else (item,)
    return any(isinstance(word, str) and names(word, plugin) for word in words)


def put_back(value: Any, out: Any) -> Any:
    """The value with what was taken out of it; what stands there by now stays as it is."""
    if isinstance(value, str):
        return str(out["by"]).join(put_back([word for word in value.split(out["by"]) if word], out))
    if "items" in out:
        found = list(value or [])
        for place, one in out["items"]:
            if one not in found:
                found.insert(place, one)
        return found
    held = {**out["whole"], **(value or {})}
    return held | {key: put_back(held.get(key), inner) for key, inner in out["within"].items()}


def columns_of(table: Table) -> tuple[str, ...]:
    return PLACES.get(table.name, ())


def may_name(table: Table, plugin: str) -> ColumnElement[bool]:
    """True for rows in which the plugin's name stands somewhere; `taken` tells whether it is meant."""
    return or_(*(cast(table.c[name], Text).contains(plugin, autoescape=True) for name in columns_of(table)))


def place_tables() -> Iterator[Table]:
    yield from (metadata.tables[name] for name in PLACES)


def take_out(session: Session, plugin: str) -> None:
    """Take the plugin out of every place of the tenant in force. Flushes."""
    for table in place_tables():
        model: Any = models_by_table()[table.name]
        for row in session.scalars(select(model).where(may_name(table, plugin))):
            for name in columns_of(table):
                kept, out = taken(getattr(row, name), plugin)
                if out:
                    setattr(row, name, kept if kept or not table.c[name].nullable else None)
                    _stop_listening(row)
    session.flush()


def bring_back(session: Session, row: Record, name: str, out: Any) -> None:
    """Put what an archive took out of a row back into it."""
    value: Any = getattr(row, name)
    if isinstance(row, WebhookEndpoint) and row.disabled_reason == GONE:
        value, row.state, row.disabled_reason = "", ACTIVE, None
    if value is None and "by" in out:
        value = ""
    setattr(row, name, put_back(value, out))


def _stop_listening(row: Any) -> None:
    """An endpoint that listened to nothing else would, with an empty choice, hear of nothing for ever."""
    if isinstance(row, WebhookEndpoint) and not row.events.strip():
        row.state, row.events, row.disabled_reason = DISABLED, "*", GONE
