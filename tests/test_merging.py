"""Merging: everything moves, nothing is lost, and an undo gives the whole database back."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.contacts.models import Company, Contact, ContactAddress, ContactChannel, Note
from app.host import registry
from app.merging.catalogue import references_to
from app.merging.models import Merge, MergeChange
from app.merging.undoing import Undecided
from app.screens.writing import Conflict, Invalid, NotAllowed
from app.testing.trail import Trail
from tests.merging_house import (
    contact,
    differences,
    dump,
    hang_everything_on,
    inside,
    merge_now,
    surface,
    undo_now,
    value,
)


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def people(app, tenant, samples):
    """Three contacts with everything that any plugin can hang on one."""
    with inside(app, tenant) as session:
        samples.define_custom_fields(session)
        session.commit()
    with inside(app, tenant) as session:
        ids = [contact(session, samples, f"p{number}") for number in range(3)]
        session.commit()
    hang_everything_on(app, tenant, samples, ids)
    return ids


def test_merged_and_undone_the_whole_database_is_as_before(app, tenant, people):
    before = dump(app, tenant)
    done = merge_now(app, tenant, people)
    merged = dump(app, tenant)
    assert len(differences(before, merged)) > 20
    undo_now(app, tenant, done)
    assert differences(before, dump(app, tenant)) == []


def test_every_reference_of_every_plugin_leads_to_the_survivor(app, tenant, people):
    merge_now(app, tenant, people)
    with inside(app, tenant) as session:
        entry = registry().entries["contacts.contact"]
        assert len(references_to(entry)) > 8
        for reference in references_to(entry):
            if reference.model is not Contact:
                left = session.scalars(select(reference.model.id).where(reference.meets(people[1:]))).all()
                assert left == [], reference
                moved = session.scalars(select(reference.model.id).where(reference.meets(people[:1]))).all()
                assert len(moved) >= 3, reference


def test_the_log_tells_all_that_a_merge_and_its_undo_write(app, tenant, people):
    trail = Trail(app, tenant.id).start()
    done = merge_now(app, tenant, people)
    assert trail.untold() == []
    trail.start()
    undo_now(app, tenant, done)
    assert trail.untold() == []
