"""Merging is undone exactly, whatever any plugin hangs on the records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Flask

from app.data import Scope, db, scope
from app.host import Entry, Registry
from app.merging.catalogue import references_to
from app.merging.clashes import uniqueness_of
from app.merging.merging import Wish, merge
from app.merging.models import Merge
from app.merging.undoing import undo
from app.screens.reading import Surface
from app.screens.writing import NotAllowed
from app.testing.house import House
from app.testing.samples import EXISTING, Samples
from app.testing.whole import differences, dump


def mergeable(registry: Registry) -> list[Entry]:
    return [entry for entry in registry.by_model.values() if entry.is_mergeable]


def test_whatever_refers_to_a_record_can_be_moved(app: Flask) -> None:
    for entry in mergeable(app.extensions["tenantry"]):
        assert references_to(entry), entry.key


def test_a_merge_that_is_undone_leaves_everything_as_it_was(app: Flask, house: House, samples: Samples) -> None:
    for entry in mergeable(app.extensions["tenantry"]):
        tenant = house.new_tenant()
        with app.test_request_context(), scope(Scope(tenant.id, via="system")):
            ids = [_record(entry, samples, f"m{number}") for number in range(2)]
            _hang_everything(entry, samples, ids)
            db.session.commit()
        before = dump(app, tenant)
        done = _merge(app, tenant, entry, ids)
        if done is None:
            assert differences(before, dump(app, tenant)) == [], entry.key
            continue
        assert _left(app, tenant, entry, ids[1:]) == [], entry.key
        with app.test_request_context(), scope(Scope(tenant.id, via="system")):
            undo(Surface(entry, db.session()), db.session.get_one(Merge, done), {})
            db.session.commit()
        assert differences(before, dump(app, tenant)) == [], entry.key


def _merge(app: Flask, tenant: Any, entry: Entry, ids: Sequence[UUID]) -> UUID | None:
    """The merge; None when a rule of the resource refuses these two (lines in two currencies, for example)."""
    with app.test_request_context(), scope(Scope(tenant.id, via="system")):
        try:
            done = merge(Surface(entry, db.session()), Wish(ids[0], tuple(ids[1:]))).id
            db.session.commit()
        except NotAllowed:
            db.session.rollback()
            return None
        return done


def _record(entry: Entry, samples: Samples, marker: str) -> UUID:
    row: Any = samples.record(db.session(), entry.model, marker)
    row.merged_into_id = None
    db.session.flush()
    found: UUID = row.id
    return found


def _hang_everything(entry: Entry, samples: Samples, ids: Sequence[UUID]) -> None:
    """A row in every column of every plugin that may refer to one of the records."""
    for number, record_id in enumerate(ids):
        for reference in references_to(entry):
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
