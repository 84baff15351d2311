"""Related records by what a file calls them: id, unique value, outside key or label; a chunk's together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.record import label_fields
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.transfer.probing import probe

_MOST_KNOWN = 50_000
MOST_ALIKE = 200
"""Records of one name that are looked at where a tree says which of them is meant."""
BELOW = ">"


class Relations:
    """The look-ups of one relation during one import. What was found is remembered; what was not is asked again."""

    def __init__(self, surface: Surface, field: Field) -> None:
        self.field = field
        self.other = surface.target(field)
        self.model: Any = field.target() if field.target else self.other.model if self.other is not None else None
        self.known: dict[str, UUID] = {}

    def find(self, session: Session, texts: Iterable[str]) -> dict[str, UUID | str]:
        """By each text the id, or a sentence that says why there is none."""
        wanted = {text for text in texts if text not in self.known}
        several: set[str] = set()
        if wanted:
            if len(self.known) > _MOST_KNOWN:
                self.known.clear()
            several = self._look_up(session, wanted)
        return {text: self.known.get(text) or self._refusal(text, text in several) for text in texts}

    def _look_up(self, session: Session, wanted: set[str]) -> set[str]:
        if self.model is None:
            return set()  # of a link to records whose plugin is not on
        ids = {text: key for text in wanted if (key := as_uuid(text)) is not None}
        if ids:
            rows = set(session.scalars(self._select(self.model.id).where(self.model.id.in_(ids.values()))))
            self.known |= {text: key for text, key in ids.items() if key in rows}
        several: set[str] = set()
        for field in key_fields(self.model):
            missing = {text for text in wanted - set(ids) if text not in self.known}
            if missing and (self.other is None or field.name in self.other.fields):
                several |= self._by_field(session, field, missing)
        ways = {text for text in wanted - several if BELOW in text and text not in self.known}
        return several | self._by_way(session, ways) if ways and self.link is not None else several

    def _by_field(self, session: Session, field: Field, texts: set[str]) -> set[str]:
        """Texts that mean more than one record are returned, and not known."""
        forms = {text: comparable(field, text) for text in texts}
        table = self.model.__table__
        column = key_column(table, field)
        rows = probe(session, [column], [(form,) for form in set(forms.values())], [column, table.c.id])
        within = set(
            session.scalars(self._select(self.model.id).where(self.model.id.in_({key for _form, key in rows})))
        )
        found: dict[str, list[UUID]] = {}
        for value, key in rows:
            if key in within:
                found.setdefault(value, []).append(key)
        hits = {text: found[form] for text, form in forms.items() if form in found}
        self.known |= {text: keys[0] for text, keys in hits.items() if len(keys) == 1}
        return {text for text, keys in hits.items() if len(keys) > 1}

    def _by_way(self, session: Session, texts: set[str]) -> set[str]:
        """Of a tree a record may be called by those above it as well, from any of them on: “EMEA > DACH > Bavaria”."""
        field = next(key_fields(self.model), None)
        if field is None or self.link is None:
            return set()
        ways = {text: [comparable(field, part.strip()) for part in text.split(BELOW)] for text in texts}
        table = self.model.__table__
        column = key_column(table, field)
        rows = probe(
            session, [column], {(part,) for way in ways.values() for part in way},
            [column, table.c.id, table.c[self.link.column]], hits=MOST_ALIKE,
        )  # fmt: skip
        ids = {row[1] for row in rows}
        within = set(session.scalars(self._select(self.model.id).where(self.model.id.in_(ids)))) if ids else set()
        found = {text: _at_the_end(way, [row for row in rows if row[1] in within]) for text, way in ways.items()}
        self.known |= {text: keys[0] for text, keys in found.items() if len(keys) == 1}
        return {text for text, keys in found.items() if len(keys) > 1}

    @cached_property
    def link(self) -> Field | None:
        """What the other records are below, where they make a tree."""
        tree = self.other.entry.resource.tree if self.other is not None else None
        return self.other.fields.get(tree) if self.other is not None and tree else None

    def _select(self, *columns: Any) -> Any:
        """Only records within this person's reach can be referred to."""
        if self.other is not None:
            return select(*columns).where(*self.other.conditions())
        return select(*columns).where(self.model.is_live())

    def _refusal(self, text: str, is_several: bool) -> str:
        if is_several:
            return str(_("Several records are called “%(value)s”; use their id.", value=text[:80]))
        return str(_("There is no %(what)s “%(value)s”.", what=self.field.words, value=text[:80]))


def _at_the_end(way: Sequence[str], rows: Sequence[Any]) -> list[UUID]:
    """The records of the last name that are below one of the name before it, and so on. `rows`: (name, id, above)."""
    reached: set[UUID] | None = None
    for name in way:
        reached = {key for known, key, above in rows if known == name and (reached is None or above in reached)}
    return sorted(reached or ())


def key_fields(model: type[Record]) -> Iterator[Field]:
    """The fields a record may be called by in a file, the surest first."""
    fields = model.__fields__
    labels = label_fields(model)
    names = [field.name for field in fields.values() if field.unique or field.name in ("external_id", "email")]
    names += [labels[0]] if len(labels) == 1 and labels[0] not in names else []
    yield from (fields[name] for name in names if name in fields and fields[name].kind in ("text", "email", "phone"))


def key_column(table: Any, field: Field) -> Any:
    """The column that an index serves: the stored lower-case key of a sortable text, else the value itself."""
    return table.c[field.sort_column if field.sortable and field.kind == "text" else field.name]


def comparable(field: Field, text: str) -> str:
    """A text as that column holds it."""
    return text.lower() if field.sortable or field.kind == "email" else text
