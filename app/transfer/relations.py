"""Related records by what a file calls them: id, unique value, outside key or label; a chunk's together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


class Relations:
    """The look-ups of one relation during one import. What was found is remembered; what was not is asked again."""

    def __init__(self, surface: Surface, field: Field) -> None:
        self.field = field
        self.other = surface.target(field)
        self.model: Any = field.target() if field.target else None
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
        ids = {text: key for text in wanted if (key := as_uuid(text)) is not None}
        if ids:
            rows = set(session.scalars(self._select(self.model.id).where(self.model.id.in_(ids.values()))))
            self.known |= {text: key for text, key in ids.items() if key in rows}
        several: set[str] = set()
        for field in key_fields(self.model):
            missing = {text for text in wanted - set(ids) if text not in self.known}
            if missing and (self.other is None or field.name in self.other.fields):
                several |= self._by_field(session, field, missing)
        return several

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

    def _select(self, *columns: Any) -> Any:
        """Only records within this person's reach can be referred to."""
        if self.other is not None:
            return select(*columns).where(*self.other.conditions())
        return select(*columns).where(self.model.is_live())

    def _refusal(self, text: str, is_several: bool) -> str:
        if is_several:
            return str(_("Several records are called “%(value)s”; use their id.", value=text[:80]))
        return str(_("There is no %(what)s “%(value)s”.", what=self.field.words, value=text[:80]))


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
