"""Which stored records the lines of a chunk mean, by the chosen keys, and which lines of the file mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.data import Record
from app.screens.reading import Surface
from app.transfer.drafts import Draft
from app.transfer.plan import Plan, possible_keys
from app.transfer.probing import probe
from app.transfer.relations import comparable, key_column
from app.transfer.targets import Target, main_field

Key = tuple[str, Any]
"""The name of a key, and a value as the database compares it."""


class Matching:
    """Lives as long as an import: it remembers which keys the lines before have used."""

    def __init__(self, surface: Surface, plan: Plan) -> None:
        self.surface = surface
        known = possible_keys(surface, plan)
        self.targets = [known[path] for path in plan.keys if path in known]
        self.seen: dict[int, int] = {}
        self.within: dict[tuple[str, UUID], str] = {}

    def match(self, session: Session, drafts: Sequence[Draft]) -> dict[int, list[UUID]]:
        """The ids each line means, by line; lines that repeat an earlier one are refused."""
        if not self.targets:
            return {}
        keys = {draft.line: self._keys_of(draft) for draft in drafts}
        found: dict[Key, list[UUID]] = {}
        for name, values in _grouped(key for one in keys.values() for key in one).items():
            found |= self._look_up(session, name, values)
        self._keep_within(session, found)
        result: dict[int, list[UUID]] = {}
        for draft in drafts:
            mine = keys[draft.line]
            self._refuse_repeated(draft, mine)
            hits = (one for key in mine for one in found.get(key, ()) if self._is_within(draft, key, one))
            result[draft.line] = list(dict.fromkeys(hits))
        return result

    def _keep_within(self, session: Session, found: dict[Key, list[UUID]]) -> None:
        """Of keys that count within another value (an outside id within its source) what the records found have."""
        self.within.clear()
        for target in self.targets:
            name = target.field.extra.get("within")
            ids = {one for key, several in found.items() if key[0] == target.field.name for one in several}
            if name and ids:
                model: Any = self.surface.model
                rows = session.execute(select(model.id, getattr(model, name)).where(model.id.in_(ids)))
                self.within |= {(target.field.name, row[0]): _alike(row[1]) for row in rows}

    def _is_within(self, draft: Draft, key: Key, record_id: UUID) -> bool:
        """A line that does not name the value means the record wherever it is."""
        field = self.surface.fields.get(key[0])
        name = field.extra.get("within") if field is not None else None
        return not name or name not in draft.values or self.within[key[0], record_id] == _alike(draft.values[name])

    def _refuse_repeated(self, draft: Draft, keys: Sequence[Key]) -> None:
        if draft.problems:
            return  # it will not be stored, so it stands in nobody's way
        hashes = [hash((key, self._within_of(draft, key))) for key in keys]
        before = next((self.seen[one] for one in hashes if one in self.seen), None)
        if before is not None and before != draft.line:
            draft.refuse(_("Line %(line)s of the file means the same record.", line=before))
            return
        for one in hashes:
            self.seen[one] = draft.line

    def _within_of(self, draft: Draft, key: Key) -> str | None:
        field = self.surface.fields.get(key[0])
        name = field.extra.get("within") if field is not None else None
        return _alike(draft.values[name]) if name and name in draft.values else None

    def _keys_of(self, draft: Draft) -> list[Key]:
        """Inline rows tell a record by their choice and their value in its normal form."""
        found: list[Key] = []
        for target in self.targets:
            if target.path == "id":
                found += [("id", draft.record_id)] if draft.record_id is not None else []
            elif target.collection:
                found += self._keys_in(draft, target)
            elif (value := draft.values.get(target.field.name)) is not None:
                found.append((target.field.name, _stored(target, value)))
        return list(dict.fromkeys(found))

    def _keys_in(self, draft: Draft, target: Target) -> Iterable[Key]:
        chooser, choice = target.preset or ("", "")
        name = normal_name(self.surface, target.collection)
        for child, _values in draft.children.get(target.collection, ()):
            value = getattr(child, name)
            if value and (not chooser or getattr(child, chooser) == choice):
                yield f"{target.collection}.{chooser}={choice}", value

    def _look_up(self, session: Session, name: str, values: set[Any]) -> dict[Key, list[UUID]]:
        target = next(one for one in self.targets if _name_of(one) == name)
        where: list[Any] = []
        if target.collection:
            field = self.surface.fields[target.collection]
            table: Any = field.target().__table__  # type: ignore[misc]
            column, owner = table.c[normal_name(self.surface, target.collection)], table.c[f"{field.reverse}_id"]
            where += [table.c[target.preset[0]] == target.preset[1]] if target.preset else []
        else:
            table = self.surface.model.__table__  # type: ignore[attr-defined]
            column, owner = table.c.id if name == "id" else key_column(table, target.field), table.c.id
        rows = probe(session, [column], [(value,) for value in values], [column, owner], *where)
        found: dict[Key, list[UUID]] = {}
        within = self._within_reach(session, {key for _value, key in rows})
        for value, key in rows:
            if key in within:
                found.setdefault((name, value), []).append(key)
        return found

    def _within_reach(self, session: Session, ids: set[UUID]) -> set[UUID]:
        if not ids:
            return set()
        model = self.surface.model
        wanted = model.id == any_(cast(list(ids), ARRAY(model.id.type)))
        return set(session.scalars(select(model.id).where(wanted, *self.surface.conditions())))


def _alike(value: Any) -> str:
    """As the index of such a key compares it: empty as empty, capitals as small letters."""
    return str(value or "").lower()


def _name_of(target: Target) -> str:
    if target.collection:
        return f"{target.collection}.{'='.join(target.preset or ('', ''))}"
    return "id" if target.path == "id" else target.field.name


def _stored(target: Target, value: Any) -> Any:
    return comparable(target.field, value) if isinstance(value, str) else value


def _grouped(keys: Iterable[Key]) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for name, value in keys:
        found.setdefault(name, set()).add(value)
    return found


def normal_name(surface: Surface, collection: str) -> str:
    """The field of inline rows that holds their value in its normal form, where there is one."""
    field = surface.fields[collection]
    model: type[Record] = field.target()  # type: ignore[misc]
    main = main_field(field)
    return f"{main}_normalised" if f"{main}_normalised" in model.__fields__ else main
