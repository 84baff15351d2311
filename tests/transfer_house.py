"""What tests of import and export share: bringing a file in and taking one out, as a person or as the tenant."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from app.data import Scope, db, scope
from app.host import registry
from app.identity.acting import find_acting
from app.identity.principal import acting_as
from app.screens.reading import Surface
from app.transfer import exporting, services
from app.transfer.models import Import
from app.transfer.plan import Plan
from app.transfer.running import run_import
from app.transfer.undoing import run_undo


class Run:
    """A job's run that nobody watches; `stop_at` asks for an end once so many rows are settled."""

    def __init__(self, stop_at=None):
        self.id, self.attempt, self.stop_at, self.seen = uuid4(), 1, stop_at, []

    def progress(self, done, total=None, words=""):
        from app.host import Cancelled

        self.seen.append((done, total))
        if self.stop_at is not None and total is not None and done >= self.stop_at:
            raise Cancelled

    def check(self):
        pass


@contextmanager
def inside(app, tenant, account=None):
    """Work in a tenant, in somebody's name when an account is given."""
    with app.app_context(), scope(Scope(tenant.id, account.uid if account else None, "import")):
        person = find_acting(account.uid, tenant.id).principal if account else None
        with acting_as(person):
            yield db.session()


def bring(app, tenant, resource, data, account=None, dry=False, name="file.csv", run=None, **plan):
    """Import a file and return its row as it is afterwards."""
    with inside(app, tenant, account) as session:
        surface = Surface(registry().entries[resource], session)
        record = services.take_in(session, surface, io.BytesIO(data), name)
        if plan:
            services.change_plan(session, record, replace(Plan.of(record.plan), **plan))
        record.is_dry, record.state = dry, "waiting"
        session.commit()
        key = record.id
        run_import(run or Run(), str(key))
        return look(session, key)


def look(session, key):
    record = session.get(Import, key, populate_existing=True)
    session.refresh(record)
    session.expunge(record)
    return record


def take_back(app, tenant, record, account=None):
    with inside(app, tenant, account) as session:
        services.undo(session, session.get(Import, record.id))
        session.commit()
        outcome = run_undo(Run(), str(record.id))
        return outcome, look(session, record.id)


def take_out(app, tenant, resource, kind="csv", account=None, query="", columns=()):
    with inside(app, tenant, account) as session:
        surface = Surface(registry().entries[resource], session)
        out = io.BytesIO()
        exporting.write_now(surface, exporting.Wanted(query, columns, kind), out)
        return out.getvalue()


def problems(app, tenant, record):
    from sqlalchemy import select

    from app.transfer.models import ImportLine

    with inside(app, tenant) as session:
        noted = select(ImportLine.line, ImportLine.problems).where(
            ImportLine.import_id == record.id, ImportLine.problems.is_not(None)
        )
        return {line: [tuple(one) for one in found] for line, found in session.execute(noted.order_by(ImportLine.line))}
