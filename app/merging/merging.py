"""Several records become one, in one transaction: what refers to them is moved, fields are chosen, the others stay
behind in the trash with `merged_into`, and all that was written is kept so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.audit import note
from app.data import Field, Record, utcnow
from app.data.scope import current_scope
from app.events import publish
from app.host import Entry, FieldError
from app.jobs import enqueue
from app.merging.choosing import choosable, settle_fields
from app.merging.clashes import twins
from app.merging.happenings import Merged
from app.merging.journal import Journal, Photograph, photograph, read
from app.merging.models import Merge
from app.merging.moving import Move
from app.screens.reading import Surface
from app.screens.writing import Conflict, Invalid, NotAllowed, Submission, check_tree
from app.screens.writing.saving import in_words
from app.search.index import write_tokens
from app.search.making import is_searchable, tokens_of

MOST = 10
"""Records that are merged at once: more do not fit beside each other."""
FOLLOW = "merging.follow"
STRAGGLERS_AFTER = 60.0
"""Seconds: by then every transaction has ended that began to refer to a record before it was merged."""


@dataclass(frozen=True)
class Wish:
    """What is to become one. `choices` name for a field the record whose value is taken; `versions` are those that
    the person has seen."""

    survivor: UUID
    others: tuple[UUID, ...]
    choices: Mapping[str, UUID] = field(default_factory=dict)
    versions: Mapping[UUID, int] = field(default_factory=dict)


def merge(surface: Surface, wish: Wish) -> Merge:
    """Do it; flushes, the edge commits. Raises Invalid, Conflict or NotAllowed, and the caller rolls back then."""
    check(surface, wish)
    survivor, others = lock(surface, wish)
    session, model = surface.session, surface.model
    everyone = [survivor.id, *wish.others]
    label, labels = str(survivor), [str(one) for one in others]
    before = photographs(session, model, everyone)
    move = Move(session, surface.entry, survivor.id, wish.others)
    move.run(_resolve_twins(move, before))
    _forget_collections(session, [survivor, *others])
    _bury(session, survivor, others)
    _settle(surface, survivor, others, wish)
    after = photographs(session, model, everyone)
    for one, was in before.items():
        move.journal.compare(one, was, after[one])
    index(session, surface.entry, [survivor, *others])
    record = _keep(session, surface.entry, move, survivor, wish.others, label, labels)
    _tell(record, survivor, others)
    return record


def check(surface: Surface, wish: Wish) -> None:
    """Is it something that can be asked for? Raises Invalid or NotAllowed."""
    if not surface.may("merge"):
        raise NotAllowed(_("You may not merge these records."))
    ids, errors = {wish.survivor, *wish.others}, {}
    if not 2 <= len(ids) <= MOST or len(ids) != len(wish.others) + 1:
        errors["ids"] = _("Please choose two to %(most)s different records.", most=MOST)
    known = choosable(surface.fields)
    for name, record_id in wish.choices.items():
        if name not in known or name in surface.access.readonly:
            errors[f"fields.{name}"] = _("There is no field of this name that you may decide about.")
        elif record_id not in ids:
            errors[f"fields.{name}"] = _("This is none of the records that are merged.")
    if errors:
        raise Invalid(Submission(errors=errors))


def lock(surface: Surface, wish: Wish) -> tuple[Any, list[Any]]:
    """The survivor and the others, locked in the order of their keys, as they are now."""
    ids = {wish.survivor, *wish.others}
    statement = surface.rows().where(surface.model.id.in_(ids)).order_by(surface.model.id)
    locked = statement.with_for_update(of=surface.model).execution_options(populate_existing=True)
    found = {row.id: row for row in surface.session.scalars(locked)}
    if len(found) < len(ids):
        raise NotAllowed(_("One of these records is not there any more: it may have been merged or deleted meanwhile."))
    for record_id, version in wish.versions.items():
        if record_id in found and found[record_id].version != version:
            raise Conflict(found[record_id].version)
    return found[wish.survivor], [found[one] for one in wish.others]


def photographs(session: Session, model: type[Record], ids: Sequence[UUID]) -> dict[type[Record], Photograph]:
    """The records themselves and their inline rows, as they are stored."""
    session.flush()
    found = {model: photograph(session, model, model.id.in_(ids))}
    for collection in collections_of(model):
        child: Any = collection.target()  # type: ignore[misc]
        found[child] = photograph(session, child, getattr(child, f"{collection.reverse}_id").in_(ids))
    return found


def collections_of(model: type[Record]) -> list[Field]:
    """Inline rows, in the order in which their tables are locked."""
    found = [one for one in model.__fields__.values() if one.kind == "has_many" and one.target]
    return sorted(found, key=lambda one: one.target().__table__.fullname)  # type: ignore[misc]


def _resolve_twins(move: Move, before: Mapping[type[Record], Photograph]) -> set[UUID]:
    """Inline rows that the survivor has already stay where they are; what they know better is taken over."""
    staying: set[UUID] = set()
    for collection in collections_of(move.entry.model):
        child: Any = collection.target()  # type: ignore[misc]
        found = twins(collection, before[child].values(), move.survivor)
        for row, kept in found:
            if hasattr(child, "absorb"):
                move.session.get_one(child, kept).absorb(move.session.get_one(child, row["id"]))
        if found:
            ids = [row["id"] for row, _kept in found]
            staying |= set(ids)
            table = child.__table__.fullname
            move.clashes.append({"table": table, "what": "twin", "rows": [str(one) for one in ids]})
    move.session.flush()
    return staying


def _forget_collections(session: Session, records: Sequence[Record]) -> None:
    """Rows were moved past the session: their lists are read anew."""
    session.flush()
    session.expire_all()
    for record in records:
        session.refresh(record)


def _bury(session: Session, survivor: Record, others: Sequence[Any]) -> None:
    for one in others:
        one.deleted_at, one.deleted_by = utcnow(), current_scope().actor_id
        one.merged_into_id = survivor.id
    session.flush()  # what must be unique is free now


def _settle(surface: Surface, survivor: Record, others: Sequence[Record], wish: Wish) -> None:
    """The survivor's fields, judged by the rules of its resource."""
    submission = Submission()
    with surface.session.no_autoflush:
        settle_fields(survivor, others, wish.choices, surface.custom)
        try:
            if surface.entry.resource.before_save is not None:
                surface.entry.resource.before_save(survivor, False)
        except ValueError as error:
            raise NotAllowed(str(error)) from None
    try:
        surface.session.flush()
        check_tree(surface.session, surface.model, [survivor.id])
    except (IntegrityError, DataError) as error:
        name, words = in_words(error, surface.model)
        submission.errors[name] = words
        raise Invalid(submission) from None
    except FieldError as error:
        raise NotAllowed(str(error)) from None


def index(session: Session, entry: Entry, records: Sequence[Record]) -> None:
    """Their tokens anew: inline rows were moved past the session."""
    session.flush()
    if is_searchable(entry):
        session.expire_all()
        write_tokens(session, {(entry.key, one.id): tokens_of(session, entry, one) for one in records}, set())


def _keep(
    session: Session, entry: Entry, move: Move, survivor: Record, others: Sequence[UUID], label: str, labels: list[str]
) -> Merge:
    record = Merge(
        resource=entry.key, survivor_id=survivor.id, survivor_label=label[:255],
        merged_labels="; ".join(labels)[:2_000], merged_ids=[str(one) for one in others],
        report={"moved": move.moved, "clashes": move.clashes},
    )  # fmt: skip
    session.add(record)
    session.flush()
    move.journal.write(session, record.id)
    enqueue(FOLLOW, str(record.id), delay=STRAGGLERS_AFTER)
    return record


def _tell(record: Merge, survivor: Record, others: Sequence[Record]) -> None:
    note(f"{record.resource}.merge", survivor, {"merge": str(record.id), "merged": record.merged_labels})
    publish(Merged(record.id, record.resource, survivor.id, tuple(one.id for one in others)), aggregate=survivor)


def follow(session: Session, entry: Entry, record: Merge) -> int:
    """Move what has come to refer to the merged records since, and keep it with the merge. Returns how many rows."""
    others = [UUID(one) for one in record.merged_ids]
    move = Move(session, entry, record.survivor_id, others, Journal())
    move.run(set(_left_behind(record)))
    moved = sum(move.moved.values())
    if moved:
        _judge_again(session, entry, record.survivor_id, move.journal)
        _add_to(session, record, move.journal)
        for table, count in move.moved.items():
            sums = record.report["moved"]
            record.report = {**record.report, "moved": {**sums, table: sums.get(table, 0) + count}}
    return moved


def _judge_again(session: Session, entry: Entry, survivor_id: UUID, journal: Journal) -> None:
    """What came later may change what the survivor's rules say of it, such as a sum. What they refuse stays as it is
    for whoever saves it next."""
    model: Any = entry.model
    rule = entry.resource.before_save
    before = photograph(session, model, model.id == survivor_id)
    session.expire_all()
    survivor = session.get(model, survivor_id)
    if rule is None or survivor is None:
        return
    try:
        with session.no_autoflush:
            rule(survivor, False)
    except ValueError:
        session.refresh(survivor)
    session.flush()
    journal.compare(model, before, photograph(session, model, model.id == survivor_id))


def _add_to(session: Session, record: Merge, journal: Journal) -> None:
    """A row that the merge had written already keeps what was there first."""
    for known in read(session, record.id):
        if (change := journal.changes.pop((known.kind, known.record_id), None)) is not None:
            known.before, known.after = {**change[0], **known.before}, {**known.after, **change[1]}
    journal.write(session, record.id)


def _left_behind(record: Merge) -> Iterator[UUID]:
    """Rows that were left with the merged records on purpose."""
    for clash in record.report["clashes"]:
        if clash["what"] in ("stays", "twin"):
            yield from map(UUID, clash["rows"])
