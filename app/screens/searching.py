"""One search over everything a person may read. Permissions, row rules and hidden fields hold as they do in lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import Select, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from app.data import Field
from app.host import Entry, registry
from app.identity.locale import listed
from app.screens.reading import Surface
from app.screens.reading.labels import label_texts, texts_of
from app.screens.reading.surface import label_of
from app.screens.views.finding import hint_columns, hint_fields
from app.search.everywhere import MOST, candidates, hits_by_kind, is_first
from app.search.index import Range, has_token
from app.search.tokens import prefix_range, query_terms

SIZE = 5
"""Records of each kind."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found. `hint` tells namesakes apart."""

    id: UUID
    label: str
    hint: str
    href: str


@dataclass(frozen=True, slots=True)
class Group:
    """The best few records of one kind."""

    entry: Entry
    hits: tuple[Hit, ...]
    more: bool

    @property
    def title(self) -> str:
        return self.entry.resource.plural_words


def search_everywhere(
    session: Session, words: str, *, kinds: Sequence[str] | None = None, size: int = SIZE
) -> list[Group]:
    """The best few records of each kind that have every word, in the order of the menu: two statements, however many
    kinds there are."""
    ranges = [prefix_range(term) for term in query_terms(words)]
    surfaces = {entry.key: Surface(entry, session) for entry in searchable(kinds)} if ranges else {}
    readable = {key: surface for key, surface in surfaces.items() if surface.may("read")}
    if not readable:
        return []
    counted = hits_by_kind(session, list(readable), ranges)
    if not counted:
        return []
    parts = [_Part(surfaces[key], ranges, counts) for key, counts in counted.items()]
    rows: dict[str, list[Any]] = {}
    for row in session.execute(union_all(*(part.statement(size + 1) for part in parts))):
        rows.setdefault(row.kind, []).append(row)
    return [_group(part, rows.get(part.kind, ()), size) for part in parts if part.kind in rows or part.is_cut]


def searchable(kinds: Sequence[str] | None = None) -> list[Entry]:
    """The resources that can be searched, all or those named, as the menu orders them."""
    found = [entry for entry in registry().by_model.values() if entry.resource.search and entry.resource.everywhere]
    return [entry for entry in found if kinds is None or entry.key in kinds]


class _Part:
    """One kind's share of the statement."""

    def __init__(self, surface: Surface, ranges: Sequence[Range], counts: Sequence[int]) -> None:
        self.surface = surface
        self.kind = surface.entry.key
        self.hidden = surface.unsearchable()
        ordered = sorted(zip(counts, ranges, strict=True))
        self.lead, *self.others = [one for _count, one in ordered]
        self.rare = [one for count, one in ordered[1:] if count <= MOST]
        is_common, has_rules = ordered[0][0] > MOST, bool(surface.row_rules())
        self.is_scarce = is_common and has_rules
        # Not said to who may not see all: it would tell of records that are not theirs.
        self.is_cut = is_common and not has_rules and not self.hidden

    def statement(self, limit: int) -> Any:
        """(kind, id, label, hint), best first. A part of a union must not carry its order outside, so it is wrapped."""
        rows = self._newest(limit) if self.is_scarce else self._by_token(limit)
        return select(*rows.subquery().c)

    def _by_token(self, limit: int) -> Select[Any]:
        found = candidates(self.kind, self.lead, self.rare, self.hidden)
        rows = self._columns().where(self.surface.model.id == found.c.record_id, *self._conditions())
        record = rows.limit(1).correlate(found).lateral()
        common = [one for one in self.others if one not in self.rare]
        chosen = [*self._have(found.c.record_id, common), is_first(found, self.lead, self.hidden)]
        statement = select(*record.c).select_from(found).join(record, true()).where(*chosen)
        return statement.order_by(found.c.token, found.c.record_id).limit(limit)

    def _newest(self, limit: int) -> Select[Any]:
        """Where a person reaches some rows only, and the words are common, the first tokens may all be of others."""
        model = self.surface.model
        wanted = [*self._conditions(), *self._have(model.id, [self.lead, *self.others])]
        return self._columns().where(*wanted).order_by(model.id.desc()).limit(limit)

    def _conditions(self) -> list[Any]:
        """What a row must meet. A note, a file is not found by itself while the record it hangs on is in the trash."""
        model: Any = self.surface.model
        found: list[Any] = self.surface.conditions()
        if "target_id" not in self.surface.entry.fields:
            return found
        for entry in registry().by_model.values():
            home: Any = entry.model
            if home.__soft_delete__ and home is not model:
                there = select(home.id).where(home.id == model.target_id, home.is_live())
                found.append(or_(model.target_type != entry.key, there.correlate(model).exists()))
        return found

    def _have(self, record_id: Any, ranges: Sequence[Range]) -> list[Any]:
        return [has_token(record_id, low, high, self.hidden) for low, high in ranges]

    def _columns(self) -> Select[Any]:
        model: Any = self.surface.model
        return select(
            literal(self.kind).label("kind"),
            model.id.label("id"),
            label_texts(self.surface).label("label"),
            texts_of(hint_columns(self.surface, _hints(self.surface))).label("hint"),
        )


def _hints(surface: Surface) -> list[str]:
    """What pickers show beside a label, where it is plain words and this person may read the record it is of."""
    return [name for name in hint_fields(surface) if _is_plain(surface, surface.entry.fields[name])]


def _is_plain(surface: Surface, field: Field) -> bool:
    if field.kind != "belongs_to":
        return field.kind in ("text", "email", "phone", "url")
    other = surface.target(field)
    return other is None or other.may("read")


def _group(part: _Part, rows: Sequence[Any], size: int) -> Group:
    """Of very common words not all is looked at, so that there may be more than was found."""
    entry = part.surface.entry
    stem = request.script_root + (entry.resource.row_path or f"{entry.path}/")
    hits = [
        Hit(row.id, label_of(entry.model, row.id, row.label), listed(word for word in row.hint if word),
            f"{stem}{row.id}")
        for row in rows[:size]
    ]  # fmt: skip
    return Group(entry, tuple(hits), len(rows) > size or part.is_cut)
