"""What tests of merging share: records with rows of every plugin on them."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import select

from app.contacts.models import Contact
from app.data import Scope, db, scope
from app.host import registry
from app.identity.acting import find_acting
from app.identity.principal import acting_as
from app.merging.catalogue import references_to
from app.merging.clashes import uniqueness_of
from app.merging.merging import Wish, merge
from app.merging.models import Merge
from app.merging.undoing import undo
from app.screens.reading import Surface
from app.testing.whole import differences, dump


@contextmanager
def inside(app, tenant, account=None):
    """Work in a tenant, in somebody's name when an account is given."""
    with app.test_request_context(), scope(Scope(tenant.id, account.uid if account else None, "system")):
        person = find_acting(account.uid, tenant.id).principal if account else None
        with acting_as(person):
            yield db.session()


def surface(session, key="contacts.contact"):
    return Surface(registry().entries[key], session)


def merge_now(app, tenant, ids, key="contacts.contact", account=None, **more):
    """Merge the first of the ids with the others; returns the id of the merge."""
    with inside(app, tenant, account) as session:
        done = merge(surface(session, key), Wish(ids[0], tuple(ids[1:]), **more))
        session.commit()
        return done.id


def undo_now(app, tenant, merge_id, key="contacts.contact", account=None, **more):
    with inside(app, tenant, account) as session:
        undo(surface(session, key), session.get(Merge, merge_id), more.pop("decisions", {}), **more)
        session.commit()


def hang_everything_on(app, tenant, samples, ids, key="contacts.contact"):
    """For each of the records a row in every column of every plugin that may refer to it."""
    with inside(app, tenant) as session:
        entry = registry().entries[key]
        for number, record_id in enumerate(ids):
            for reference in references_to(entry):
                if reference.model is entry.model:
                    continue
                given = {reference.column: record_id}
                given |= {rule.flag: False for rule in uniqueness_of(reference) if rule.flag}
                if reference.kind:
                    given["target_type"] = key
                samples.record(session, reference.model, f"m{number}", **given)
        session.commit()


def contact(session, samples, marker):
    """A contact with every field filled, inline rows and custom fields."""
    row = samples.record(session, Contact, marker)
    row.merged_into_id = None
    session.flush()
    return row.id


def value(app, tenant, model, record_id, *names):
    with inside(app, tenant) as session:
        columns = [getattr(model, name) for name in names]
        return tuple(session.execute(select(*columns).where(model.id == record_id)).one())


__all__ = ["differences", "dump"]
