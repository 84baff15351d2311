"""A chunk of lines -> records: new ones in bulk, known ones changed, each refusal put in words at its line.

Everything a form would ask is asked: kinds, required fields, related records within reach, the resource's own rules,
field and row rules of the person, what the database insists on, doubts about duplicates (see `doubts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError

from app.data import Record
from app.host import FieldError
from app.host.custom_fields import PREFIX
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.ruling import excused, hold_to_rules
from app.screens.writing.saving import NotAllowed, check_reach, in_words
from app.transfer.blanks import Blanks, adopt
from app.transfer.changes import Change, before_of, change_of
from app.transfer.children import Children
from app.transfer.companions import Companions
from app.transfer.conflicts import Conflicts
from app.transfer.doubts import Doubts
from app.transfer.drafts import Draft, LineReader, required_fields, required_words
from app.transfer.matching import Matching
from app.transfer.plan import Plan
from app.transfer.rows import insert_records

_REFUSED_BY_DATABASE = (IntegrityError, DataError, StaleDataError)


@dataclass(slots=True)
class Placed:
    """What became of a chunk. `remarks` belong to lines that were imported all the same."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    remarks: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)


class Placer:
    """Places the lines of one import. Made once; `place` is called with each chunk, inside its transaction. `before` is
    the import's own id: records that it has made itself come after."""

    def __init__(self, surface: Surface, plan: Plan, before: UUID) -> None:
        self.surface, self.plan = surface, plan
        self.reader = LineReader(surface, plan)
        self.companions = Companions(surface, self.reader)
        self.matching = Matching(surface, plan)
        self.doubts = Doubts(surface.entry.resource, plan, before)
        self.conflicts = Conflicts(surface.model)
        self.collections = {name: Children(surface, name) for name in surface.inlines()}
        self.required = required_fields(surface)
        self.changeable = surface.importable(is_new=False)
        self.blanks = Blanks(surface.model)

    def place(self, session: Session, lines: Sequence[tuple[int, Any]]) -> Placed:
        """Store what can be stored. Flushes; the caller commits or takes it all back."""
        placed = Placed()
        for blanks in (self.blanks, *(one.blanks for one in self.collections.values())):
            blanks.stamp()
        with session.no_autoflush:
            drafts = [self.reader.read(number, cells) for number, cells in lines]
            self.reader.resolve(session, drafts)
            self.companions.settle(session, drafts)
            self._make_children(drafts)
            self._find(session, drafts)
            for draft in drafts:
                if not draft.problems:
                    self._fill(draft)
            for draft in drafts:
                if not draft.is_new and draft.record is not None:
                    session.expunge(draft.record)  # each is flushed by itself, or not at all when it was refused
            placed.remarks = self.doubts.raise_about(session, [draft for draft in drafts if not draft.problems])
            sound = [draft for draft in drafts if not draft.problems]
            self._store_new(session, [draft for draft in sound if draft.is_new], placed)
            self._store_known(session, [draft for draft in sound if not draft.is_new], placed)
        placed.changes += self.companions.changes(session, drafts)
        placed.failed = {draft.line: draft.problems for draft in drafts if draft.problems}
        placed.remarks = {line: words for line, words in placed.remarks.items() if line not in placed.failed}
        return placed

    # --- making ---------------------------------------------------------------------------------------------------

    def _make_children(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            for name, groups in draft.rows.items():
                made = [self.collections[name].make(draft, values) for values in groups.values()]
                draft.children[name] = [one for one in made if one is not None]

    def _find(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Tell lines of known records from those of new ones, and load the known ones."""
        found = self.matching.match(session, drafts)
        for draft in drafts:
            if draft.problems:
                continue
            ids = found.get(draft.line, [])
            if len(ids) > 1:
                draft.refuse(_("Several records have these values; use their id."))
            elif ids and self.plan.mode == "insert":
                draft.refuse(_("There is a record of this kind already."))
            elif not ids and (self.plan.mode == "update" or draft.record_id is not None):
                draft.refuse(_("There is no record with these values."))
            elif ids:
                draft.is_new, draft.record_id = False, ids[0]
        self._load(session, [draft for draft in drafts if not draft.problems and not draft.is_new])

    def _load(self, session: Session, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        model: Any = self.surface.model
        options = [selectinload(getattr(model, name)) for name in self.collections]
        wanted = model.id.in_([draft.record_id for draft in drafts])
        statement = select(model).where(wanted, *self.surface.conditions()).options(*options).with_for_update(of=model)
        known = {row.id: row for row in session.scalars(statement)}
        for draft in drafts:
            draft.record = known.get(draft.record_id)
            if draft.record is None:
                draft.refuse(_("There is no record with these values."))

    def _fill(self, draft: Draft) -> None:
        """Values, inline rows, then the resource's rule."""
        if draft.record is None:
            self._create(draft)
        else:
            self._change(draft, draft.record)

    def _create(self, draft: Draft) -> None:
        self._hold(draft, None)
        free = excused(self.surface, draft.values, None)
        for one in self.required:
            if one.name not in draft.values and one.name not in free:
                draft.refuse(required_words(one), self.reader.heading_of(one.name))
        if draft.problems:
            return
        record = self.blanks.make(self._by_column(draft.values, {}))
        for name, rows in self.collections.items():
            adopt(record, rows.spec, [child for child, _given in draft.children.get(name, ())])
        self.surface.claim(record)
        if self._ask(draft, self.surface.entry.resource.before_save, record, is_new=True):
            for rows in self.collections.values():
                rows.settle(record)
            draft.record = record

    def _change(self, draft: Draft, record: Record) -> None:
        editable = self.changeable
        for name, value in draft.values.items():
            if name not in editable and value != _current(record, name, self.surface):
                draft.refuse(_("This cannot be changed any more."), self.reader.heading_of(name))
        self._hold(draft, record)
        if draft.problems:
            return
        allowed = {name: value for name, value in draft.values.items() if name in editable}
        for name, value in self._by_column(allowed, record.custom_fields or {}).items():
            if getattr(record, name) != value:
                setattr(record, name, value)
        for name, children in draft.children.items():
            for child, given in children:
                self.collections[name].merge(draft, record, child, given)
        if not draft.problems:
            self._ask(draft, self.surface.entry.resource.before_save, record, is_new=False)

    def _hold(self, draft: Draft, record: Record | None) -> None:
        """To the tenant's form rules."""
        for name, words in hold_to_rules(self.surface, draft.values, record).items():
            draft.refuse(words, self.reader.heading_of(name))

    def _by_column(self, values: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
        """Values by attribute; those of custom fields are added to the record's `own` ones."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name.startswith(PREFIX):
                field = self.surface.custom[name]
                kept = found.setdefault("custom_fields", dict(own))
                kept[name.removeprefix(PREFIX)] = kind_of(field).dump(field, value)
            else:
                field = self.surface.entry.fields[name]
                found[field.column if field.kind == "belongs_to" else name] = value
        return found

    def _ask(self, draft: Draft, rule: Any, record: Record, *, is_new: bool) -> bool:
        if rule is None:
            return True
        try:
            rule(record, is_new)
        except FieldError as error:
            self._refuse(draft, error)
        except ValueError as error:
            draft.refuse(str(error))
        return not draft.problems

    # --- storing --------------------------------------------------------------------------------------------------

    def _store_new(self, session: Session, drafts: Sequence[Draft], placed: Placed) -> None:
        """In bulk what will most likely pass; one by one what the database may refuse."""
        risky = self.conflicts.among(session, [draft.record for draft in drafts if draft.record is not None])
        self._insert(session, [draft for draft in drafts if draft.record is not None and draft.record.id not in risky])
        for draft in drafts:
            if draft.record is not None and draft.record.id in risky:
                self._insert(session, [draft])
        stored = [draft.record for draft in drafts if draft.record is not None and not draft.problems]
        placed.created += len(stored)
        placed.changes += [change_of(record) for record in stored]
        for collection in self.collections.values():
            for record in stored:
                collection.release(record)

    def _insert(self, session: Session, drafts: Sequence[Draft]) -> None:
        """All or, when the database refuses one of them, each half by itself."""
        if not drafts:
            return
        try:
            with session.begin_nested():
                insert_records(session, [draft.record for draft in drafts if draft.record is not None])
                check_reach(self.surface, [draft.record.id for draft in drafts if draft.record is not None])
        except (*_REFUSED_BY_DATABASE, NotAllowed) as error:
            if len(drafts) == 1:
                self._refuse(drafts[0], error)
                return
            middle = len(drafts) // 2
            self._insert(session, drafts[:middle])
            self._insert(session, drafts[middle:])

    def _store_known(self, session: Session, drafts: Sequence[Draft], placed: Placed) -> None:
        for draft in drafts:
            record: Any = draft.record
            before = before_of(record)
            if not before:
                placed.unchanged += 1
                continue
            try:
                with session.begin_nested():
                    session.add(record)
                    session.flush()
                    check_reach(self.surface, [record.id])
            except (*_REFUSED_BY_DATABASE, NotAllowed, FieldError) as error:
                if record in session:
                    session.expunge(record)
                self._refuse(draft, error)
                continue
            placed.changed += 1
            placed.changes += [Change(kind, key, row.version, old) for (kind, key), (row, old) in before.items()]

    def _refuse(self, draft: Draft, error: Exception) -> None:
        if isinstance(error, DBAPIError):
            name, words = in_words(error, self.surface.model)
            draft.refuse(words, self.reader.heading_of(name) if name else "")
        elif isinstance(error, FieldError):
            for name, words in error.errors.items():
                draft.refuse(words, self.reader.heading_of(name))
        elif isinstance(error, NotAllowed):
            draft.refuse(str(error))
        else:
            draft.refuse(_("Somebody changed this record at the same moment."))


def _current(record: Record, name: str, surface: Surface) -> Any:
    one = surface.fields[name]
    return getattr(record, one.column if one.kind == "belongs_to" else name, None)
