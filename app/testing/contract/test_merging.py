"""Merging is undone exactly, whatever any plugin hangs on the records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.data import Money, Scope, db, scope
from app.data.owners import owner_of
from app.host import Entry
from app.merging.catalogue import Reference, references_to
from app.merging.clashes import uniqueness_of
from app.merging.merging import Wish, collections_of, merge
from app.merging.models import Merge
from app.merging.undoing import undo
from app.screens.reading import Surface
from app.testing.house import House
from app.testing.samples import EXISTING, Samples
from app.testing.subject import Subject
from app.testing.whole import differences, dump


@pytest.fixture(scope="module")
def merged(subject: Subject) -> list[Entry]:
    """The kinds of records that become one, and that something which is asked about refers to."""
    found = [entry for entry in subject.registry.by_model.values() if entry.is_mergeable]
    touched = [entry for entry in found if entry in subject.entries or hanging(subject, entry)]
    if not touched:
        pytest.skip(f"nothing of {subject.plugin} hangs on records that can become one")
    return touched


def hanging(subject: Subject, entry: Entry) -> list[Reference]:
    """The references to a record that are asked about."""
    return [one for one in references_to(entry) if subject.plugin in (None, owner_of(one.model.__module__))]


def test_whatever_refers_to_a_record_can_be_moved(app: Flask, merged: list[Entry]) -> None:
    for entry in merged:
        assert references_to(entry), entry.key


def test_a_merge_that_is_undone_leaves_everything_as_it_was(
    app: Flask, house: House, samples: Samples, subject: Subject, merged: list[Entry]
) -> None:
    for entry in merged:
        tenant = house.new_tenant()
        with app.test_request_context(), scope(Scope(tenant.id, via="system")):
            ids = [_record(entry, samples, f"m{number}") for number in range(2)]
            _hang_everything(entry, samples, ids, hanging(subject, entry))
            _in_one_currency(entry, ids)
            db.session.commit()
        before = dump(app, tenant)
        done = _merge(app, tenant, entry, ids)
        assert _left(app, tenant, entry, ids[1:]) == [], entry.key
        with app.test_request_context(), scope(Scope(tenant.id, via="system")):
            undo(Surface(entry, db.session()), db.session.get_one(Merge, done), {})
            db.session.commit()
        assert differences(before, dump(app, tenant)) == [], entry.key


def _merge(app: Flask, tenant: Any, entry: Entry, ids: Sequence[UUID]) -> UUID:
    with app.test_request_context(), scope(Scope(tenant.id, via="system")):
        done: UUID = merge(Surface(entry, db.session()), Wish(ids[0], tuple(ids[1:]))).id
        db.session.commit()
        return done


def _in_one_currency(entry: Entry, ids: Sequence[UUID]) -> None:
    """A rule may refuse inline rows of two records whose amounts cannot be added up: here they can."""
    for collection in collections_of(entry.model):
        for record_id in ids:
            for row in getattr(db.session.get_one(entry.model, record_id), collection.name):
                for field in (one for one in type(row).__fields__.values() if one.kind == "money" and not one.readonly):
                    setattr(row, field.name, Money(getattr(row, field.name).minor, "USD"))
    for record_id in ids:
        rule = entry.resource.before_save
        if rule is not None:
            rule(db.session.get_one(entry.model, record_id), False)


def _record(entry: Entry, samples: Samples, marker: str) -> UUID:
    row: Any = samples.record(db.session(), entry.model, marker)
    row.merged_into_id = None
    db.session.flush()
    found: UUID = row.id
    return found


def _hang_everything(entry: Entry, samples: Samples, ids: Sequence[UUID], references: Sequence[Reference]) -> None:
    """A row in every column of every plugin that may refer to one of the records."""
    for number, record_id in enumerate(ids):
        for reference in references:
            if reference.model is entry.model or reference.model in EXISTING:
                continue
            given = {rule.flag: False for rule in uniqueness_of(reference) if rule.flag}
            given |= {reference.column: record_id} | ({"target_type": entry.key} if reference.kind else {})
            # A record whose rules do not let it refer to these needs no moving.
            with suppress(ValueError), db.session.begin_nested():
                samples.record(db.session(), reference.model, f"m{number}", **given)  # type: ignore[arg-type]


def _left(app: Flask, tenant: Any, entry: Entry, ids: Sequence[UUID]) -> list[str]:
    """Tables that still refer to a merged record, but for rows that had to stay because there may be only one."""
    with app.test_request_context(), scope(Scope(tenant.id, via="system")):
        found = []
        for reference in references_to(entry):
            rows = db.session.query(reference.model).where(reference.meets(ids)).count()
            unique = any(not rule.flag for rule in uniqueness_of(reference))
            if rows and not unique and reference.model is not entry.model:
                found.append(f"{reference.table}.{reference.column}")
        return found
