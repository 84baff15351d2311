"""Pinned and recent records: keys such as `crm.lead:0198...`, which say nothing to whoever may not read the record.

What they are called is asked anew every time: what was deleted, or is out of reach by now, is simply not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from app.host import Entry, registry
from app.identity.principal import principal
from app.screens.desk.arrangement import arrangement
from app.screens.page import Link, Pin
from app.screens.reading import Surface
from app.screens.reading.labels import label_texts
from app.screens.reading.surface import as_uuid, label_of


@dataclass(frozen=True, slots=True)
class Named:
    """A record that is within reach: where it is, and what kind it is of."""

    link: Link
    kind: str


def key_of(kind: str, record_id: UUID | str) -> str:
    """What a record is kept under."""
    return f"{kind}:{record_id}"


def is_key(key: str) -> bool:
    """Whether it names a record of a kind that exists, whether or not there is such a record."""
    kind, _colon, text = key.rpartition(":")
    return kind in registry().entries and as_uuid(text) is not None


def pin_of(kind: str, record_id: UUID) -> Pin:
    """The pin of a record's page."""
    key = key_of(kind, record_id)
    return Pin(key, f"{request.script_root}/desk/pin", key in arrangement(principal()).pins)


def named(session: Session, keys: Iterable[str]) -> dict[str, Named]:
    """Those of the keys whose records this person reaches, in the order given: one statement."""
    wanted = dict.fromkeys(keys)
    parts = list(_parts(session, wanted))
    rows = session.execute(union_all(*parts) if len(parts) > 1 else parts[0]) if parts else ()
    found = {key_of(row.kind, row.id): _named(registry().entries[row.kind], row) for row in rows}
    return {key: found[key] for key in wanted if key in found}


def _parts(session: Session, keys: Iterable[str]) -> Iterator[Select[Any]]:
    by_kind: dict[str, list[UUID]] = {}
    for key in keys:
        if is_key(key):
            kind, _colon, text = key.rpartition(":")
            by_kind.setdefault(kind, []).append(UUID(text))
    for kind, ids in by_kind.items():
        surface = Surface(registry().entries[kind], session)
        if surface.may("read"):
            model = surface.model
            columns = literal(kind).label("kind"), model.id.label("id"), label_texts(surface).label("label")
            yield select(*columns).where(model.id.in_(ids), *surface.conditions())


def _named(entry: Entry, row: Any) -> Named:
    stem = request.script_root + (entry.resource.row_path or f"{entry.path}/")
    link = Link(label_of(entry.model, row.id, row.label), f"{stem}{row.id}", icon=entry.resource.icon)
    return Named(link, entry.resource.words)
