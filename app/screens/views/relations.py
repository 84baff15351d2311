"""What related records are called, for any number of relations and records in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Text, bindparam, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.record import label_fields
from app.screens.page import Reference
from app.screens.reading.links import Tombstone, words_by_key
from app.screens.reading.surface import as_uuid, tone_of


class Toned(str):
    """The words of a record that has a colour."""

    __slots__ = ("tone",)
    tone: str

    @classmethod
    def of(cls, words: str, tone: str | None) -> str:
        """Words in that colour; plain ones without it."""
        if not tone:
            return words
        found = cls(words)
        found.tone = tone
        return found


def reference_to(record_id: Any, words: str | None) -> Reference | str:
    """What leads to a record, or the tombstone in its place."""
    if isinstance(words, Tombstone):
        return words
    return Reference(str(record_id), words or _("Unknown"), getattr(words, "tone", ""))


Wanted = Mapping[str, tuple[Field, Any]]
"""`{key: (relation field, id or its text)}`, by keys of the caller's own."""


def relation_labels(session: Session, wanted: Wanted) -> dict[str, str]:
    """Labels by the caller's keys. Ids that lead nowhere are absent."""
    asked: dict[type[Record], dict[UUID, list[str]]] = {}
    links: dict[str, tuple[Field, UUID]] = {}
    for key, (field, raw) in wanted.items():
        record_id = as_uuid(raw) if raw else None
        if record_id is not None and field.links:
            links[key] = field, record_id
        elif record_id is not None and field.target is not None:
            asked.setdefault(field.target(), {}).setdefault(record_id, []).append(key)
    found: dict[str, str] = words_by_key(session, links) if links else {}
    if not asked:
        return found
    models = tuple(asked)
    for row in session.execute(
        _statement(models), {f"ids_{at}": list(asked[model]) for at, model in enumerate(models)}
    ):
        words = Toned.of(row.words or row.id.hex[-8:], row.tone)
        found |= dict.fromkeys(asked[models[row.at]][row.id], words)
    return found


@lru_cache(maxsize=500)
def _statement(models: tuple[type[Record], ...]) -> Any:
    """Names of records of these models, `ids_0` of the first and so on; putting it together costs as much as asking."""
    parts = [_labels(at, model) for at, model in enumerate(models)]
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _labels(at: int, model: Any) -> Any:
    parts = [getattr(model, name) for name in label_fields(model)]
    words = func.nullif(func.concat_ws(" ", *parts), "") if parts else literal("")
    ids: Any = bindparam(f"ids_{at}", expanding=True)
    tone = tone_of(model)
    colour = getattr(model, tone) if tone else null()
    named = words.label("words"), cast(colour, Text).label("tone")
    return select(literal(at).label("at"), model.id, *named).where(model.id.in_(ids))
