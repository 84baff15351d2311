"""Taking a merge back: every row it wrote gets what it had before.

A row that somebody has changed since in what the merge wrote is not touched without being asked about: it is listed,
and a person says for each whether the old value comes back or the new one stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import note
from app.data import Record, TenantTable, utcnow
from app.events import publish
from app.host import FieldError
from app.merging import journal
from app.merging.added_links import reindex
from app.merging.catalogue import models_by_table, table_of
from app.merging.happenings import Parted
from app.merging.merging import index
from app.merging.models import Merge, MergeChange
from app.merging.moving import AT_ONCE, put
from app.screens.reading import Surface
from app.screens.writing import NotAllowed, check_tree

Decisions = Mapping[tuple[str, UUID], Literal["back", "leave"]]


@dataclass(frozen=True, slots=True)
class Item:
    """One row that a merge wrote, as it is now."""

    change: MergeChange
    model: type[TenantTable]
    changed: tuple[str, ...] = ()
    """The columns that no longer hold what the merge wrote."""
    is_gone: bool = False
    now: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, UUID]:
        return self.change.kind, self.change.record_id


class Undecided(Exception):
    """Rows were changed since, and nobody has said what becomes of them."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(f"{len(items)} rows were changed since")
        self.items = tuple(items)


def items_of(session: Session, record: Merge) -> list[Item]:
    """Every row of a merge, locked in the order of tables and keys. Rows of what is not installed any more are gone."""
    found: list[Item] = []
    models = models_by_table()
    for kind, changes in journal.by_kind(journal.read(session, record.id)).items():
        model = models.get(kind)
        rows = _rows(session, model, changes) if model is not None else {}
        for change in changes:
            now = rows.get(change.record_id)
            if model is None or now is None:
                found.append(Item(change, model or MergeChange, is_gone=True))
            else:
                said = journal.typed(model, change.after)
                free = _derived(model)
                changed = tuple(name for name, value in said.items() if now.get(name) != value and name not in free)
                found.append(Item(change, model, changed, now=now))
    return found


def _derived(model: type[Any]) -> set[str]:
    """The columns that follow from others: what they hold now is nobody's work."""
    return {one.column for one in getattr(model, "__fields__", {}).values() if one.derived}


def _rows(session: Session, model: type[Any], changes: Sequence[MergeChange]) -> dict[UUID, dict[str, Any]]:
    names = sorted({name for one in changes for name in one.after})
    columns = [getattr(model, name) for name in names]
    found: dict[UUID, dict[str, Any]] = {}
    for start in range(0, len(changes), AT_ONCE):
        ids = [one.record_id for one in changes[start : start + AT_ONCE]]
        statement = select(model.id, *columns).where(model.id.in_(ids)).order_by(model.id).with_for_update()
        found |= {row[0]: dict(zip(names, row[1:], strict=True)) for row in session.execute(statement)}
    return found


def undo(surface: Surface, record: Merge, decisions: Decisions, rest: Literal["ask", "back", "leave"] = "ask") -> None:
    """Take it back; flushes, the edge commits. `rest` says what becomes of changed rows that `decisions` do not name.
    Raises Undecided or NotAllowed, and the caller rolls back then."""
    session = surface.session
    session.refresh(record, with_for_update=True)
    survivor, others = _records(surface, record)
    items = items_of(session, record)
    asked = [one for one in items if one.changed and one.key not in decisions]
    if asked and rest == "ask":
        raise Undecided(asked)
    back = {one.key: _values(one, decisions.get(one.key, rest) == "back") for one in items if not one.is_gone}
    try:
        _give_back(session, [survivor, *others], items, back)
    except IntegrityError:
        raise NotAllowed(
            _("Another record has taken a value that must be unique. Change it there, then undo the merge.")
        ) from None
    _check_tree(session, surface.model, items)
    index(session, surface.entry, [survivor, *others])
    for one in items:
        is_whole = not one.is_gone and back[one.key].keys() == one.change.before.keys()
        one.change.settled = "undone" if is_whole else "kept"
    record.state, record.undone_at = "undone", utcnow()
    note(f"{record.resource}.merge_undone", survivor, {"merge": str(record.id)}, session=session)
    publish(Parted(record.id, record.resource, survivor.id, tuple(one.id for one in others)), aggregate=survivor)
    session.flush()


def _check_tree(session: Session, model: type[Record], items: Sequence[Item]) -> None:
    """What was below a merged record is below it again, and records above it may have been moved meanwhile."""
    try:
        check_tree(session, model, [one.change.record_id for one in items if one.model is model and not one.is_gone])
    except FieldError as error:
        raise NotAllowed(str(error)) from None


def _values(one: Item, is_back: bool) -> dict[str, Any]:
    """What a row gets back: everything, or what nobody has changed since."""
    return {name: value for name, value in one.change.before.items() if is_back or name not in one.changed}


def _records(surface: Surface, record: Merge) -> tuple[Any, list[Any]]:
    """The record that stayed and those that were merged, locked in the order of their keys. Raises NotAllowed."""
    model: Any = surface.model
    if record.state != "done":
        raise NotAllowed(_("This merge has been undone already."))
    if not surface.may("merge"):
        raise NotAllowed(_("You may not merge these records."))
    ids = [record.survivor_id, *map(UUID, record.merged_ids)]
    statement = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update()
    found = {row.id: row for row in surface.session.scalars(statement.execution_options(populate_existing=True))}
    survivor = found.get(record.survivor_id)
    if survivor is not None and survivor.merged_into_id is not None:
        raise NotAllowed(_("“%(name)s” was itself merged since: undo that merge first.", name=record.survivor_label))
    if survivor is None or survivor.deleted_at is not None or surface.get(survivor.id) is None:
        raise NotAllowed(_("“%(name)s” is not there any more.", name=record.survivor_label))
    if len(found) < len(ids) or any(found[one].merged_into_id != survivor.id for one in ids[1:]):
        raise NotAllowed(_("A record that was merged is not there any more."))
    return survivor, [found[one] for one in ids[1:]]


def _give_back(
    session: Session, records: Sequence[Record], items: Sequence[Item], back: Mapping[tuple[str, UUID], dict[str, Any]]
) -> None:
    """The survivor first, so that what must be unique is free for the others; then all other rows, by table."""
    own = {(table_of(type(one)), one.id): one for one in records}
    for key, row in own.items():
        for name, value in journal.typed(type(row), back.get(key, {})).items():
            setattr(row, name, value)
        session.flush()
    groups: dict[tuple[str, str], list[Item]] = {}
    for one in items:
        if one.key not in own and back.get(one.key):
            groups.setdefault((one.change.kind, repr(sorted(back[one.key].items()))), []).append(one)
    for same in groups.values():
        values = journal.typed(same[0].model, back[same[0].key])
        ids = [one.change.record_id for one in same]
        put(session, same[0].model, ids, values)
        if "custom_fields" in values:
            reindex(session, same[0].model, ids)
    session.expire_all()
