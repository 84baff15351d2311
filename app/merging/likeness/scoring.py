"""How much two records have in common, with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.host import Entry
from app.host.custom_fields import PREFIX
from app.merging.likeness.rules import Counted
from app.search.likeness import key_of, name_words

ONLY_ALIKE = 0.75
"""Of a name's points, when two are spelt differently."""
Reasons = list[tuple[str, int]]
"""(path of the clue, points), the strongest first."""


@dataclass(slots=True)
class Looks:
    """What is known of one record, by clue: keys, and of names the words."""

    id: UUID
    keys: dict[str, frozenset[str]]
    words: dict[str, frozenset[str]]


def looks_of(session: Session, entry: Entry, clues: Sequence[Counted], ids: Collection[UUID]) -> dict[UUID, Looks]:
    """Of live records, in one statement for them and one for each collection of inline rows."""
    model: Any = entry.model
    plain = [one for one in clues if "." not in one.clue.path or one.clue.path.startswith(PREFIX)]
    columns = [_column(model, one) for one in plain]
    where = model.id.in_(ids), model.is_live()
    values: dict[UUID, dict[str, list[Any]]] = {}
    for row in session.execute(select(model.id, *columns).where(*where)):
        values[row[0]] = {one.clue.path: [value] for one, value in zip(plain, row[1:], strict=True)}
    for one in clues:
        if one not in plain:
            _add_children(session, one, values)
    return {record_id: look(record_id, clues, said) for record_id, said in values.items()}


def _column(model: Any, one: Counted) -> Any:
    if one.clue.path.startswith(PREFIX):
        return model.custom_fields[one.clue.path.removeprefix(PREFIX)].astext
    return getattr(model, one.field.column)


def _add_children(session: Session, one: Counted, values: dict[UUID, dict[str, list[Any]]]) -> None:
    child: Any = one.field.target()  # type: ignore[misc]
    link = getattr(child, f"{one.field.reverse}_id")
    column = getattr(child, one.clue.path.partition(".")[2])
    for record_id, value in session.execute(select(link, column).where(link.in_(list(values)))):
        values[record_id].setdefault(one.clue.path, []).append(value)


def look(record_id: UUID, clues: Sequence[Counted], said: Mapping[str, Sequence[Any]]) -> Looks:
    """A record's values in the form in which they are compared."""
    keys, words = {}, {}
    for one in clues:
        given = [value for value in said.get(one.clue.path, ()) if value not in (None, "")]
        keys[one.clue.path] = frozenset(key for value in given if (key := key_of(one.clue, value)))
        if one.clue.how == "name":
            words[one.clue.path] = frozenset(" ".join(sorted(name_words(str(value)))) for value in given)
    return Looks(record_id, keys, words)


def likeness(clues: Sequence[Counted], first: Looks, second: Looks) -> Reasons:
    """What two records have in common; nothing when that is nothing."""
    found = []
    for one in clues:
        path = one.clue.path
        common = first.keys.get(path, frozenset()) & second.keys.get(path, frozenset())
        if common:
            share = _share(path, first, second) if one.clue.how == "name" else 1.0
            found.append((path, round(one.clue.points * share)))
    return sorted(found, key=lambda reason: -reason[1])


def _share(path: str, first: Looks, second: Looks) -> float:
    return 1.0 if first.words[path] & second.words[path] else ONLY_ALIKE


def score(reasons: Reasons) -> int:
    """Their points together, at most 100."""
    return min(100, sum(points for _path, points in reasons))
