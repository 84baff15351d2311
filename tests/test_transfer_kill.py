"""A process that dies while it imports: killed at random moments and started again, no row is there twice, none is
lost, and what is said of them is true. `TRANSFER_KILL_ROWS=100000 pytest -n 0 tests/test_transfer_kill.py` is the
full run."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from app.contacts.models import Contact, ContactChannel
from app.host import registry
from app.screens.reading import Surface
from app.search.index import SearchToken
from app.transfer import running, services
from app.transfer.models import Import, ImportChange, ImportLine
from app.transfer.reading import Format
from tests.transfer_house import inside, look

ROWS = int(os.environ.get("TRANSFER_KILL_ROWS", "6000"))
CHUNK = min(running.CHUNK, max(100, ROWS // 60))
KILLS = max(6, ROWS // 4_000)
WHILE_READING = 2
"""So many die while the file is read; the others when some more rows are settled, however slow the machine is."""


@pytest.mark.slow
def test_killed_at_any_moment_no_row_is_twice_and_none_lost(app, house, settings, addresses, worker_id_or_main):
    tenant = house.new_tenant(country="SA")
    owner = house.people[tenant.slug, "owner"]
    lines = [
        f"P{n},L{n},p{n}@x.example,+9665{n:08}" if n % 10 else f"P{n},L{n},broken,+9665{n:08}" for n in range(ROWS)
    ]
    data = "\n".join(["First name,Last name,Email,Phone", *lines]).encode()
    with inside(app, tenant, owner) as session:
        surface = Surface(registry().entries["contacts.contact"], session)
        from dataclasses import replace

        from app.transfer.plan import Plan

        record = services.take_in(session, surface, io.BytesIO(data), "people.csv")
        plan = services.plan_for(surface, io.BytesIO(data), Format("csv"))
        services.change_plan(session, record, replace(plan, mode="insert", keys=()))
        record.state = "waiting"
        session.commit()
        key = record.id
    assert isinstance(plan, Plan)
    kills, chance, settled = 0, random.Random(7), lambda: _settled(app, tenant, owner, key)
    for attempt in range(KILLS):
        goal = settled() + chance.randrange(2 * ROWS // KILLS) if attempt >= WHILE_READING else 0
        worker = _start(settings, key, tenant, owner)
        while worker.poll() is None and settled() < goal:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        if worker.poll() is not None:
            break
        worker.kill()
        worker.wait()
        kills += 1
    else:
        worker = _start(settings, key, tenant, owner)
    assert worker.wait(timeout=120 + ROWS / 50) == 0, worker.stderr.read()
    print(f"{ROWS} rows, killed {kills} times")  # noqa: T201  (shown by -rP)
    assert kills > KILLS // 2, "it was over before it could be killed"
    with inside(app, tenant, owner) as session:
        done = look(session, key)
        good = ROWS - ROWS // 10
        assert (done.state, done.created, done.failed) == ("done", good, ROWS // 10)
        count = lambda *what: session.scalar(select(func.count()).select_from(*what))  # noqa: E731
        assert count(Contact) == good
        assert session.scalar(select(func.count(func.distinct(Contact.first_name)))) == good
        assert count(ContactChannel) == 2 * good
        assert session.scalar(select(func.count()).where(ImportChange.import_id == key)) == good
        assert session.scalar(select(func.count()).where(ImportLine.import_id == key, ImportLine.failed)) == ROWS // 10
        found = session.scalar(
            select(func.count(func.distinct(SearchToken.record_id))).where(SearchToken.kind == "contacts.contact")
        )
        assert found == good
        assert isinstance(session.get(Import, key), Import)


def _settled(app, tenant, owner, key):
    with inside(app, tenant, owner) as session:
        return session.scalar(select(Import.done_line).where(Import.id == key))


def _start(settings, key, tenant, owner):
    """A worker that has begun: killing it while Python starts would prove nothing."""
    names = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    environ = {
        **names, "TENANTRY_ENV": "test", "TENANTRY_VAR": str(settings.var), "TENANTRY_SECRET_KEY": settings.secret_key,
        "TENANTRY_ROLE_PREFIX": settings.role_prefix, "TENANTRY_PUBLIC_URL": "http://localhost",
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.transfer_worker", str(key), str(tenant.id), str(owner.uid), str(CHUNK)],
        env={**os.environ, "TRANSFER_SETTINGS": json.dumps(environ)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker.stdout.readline() == "ready\n", worker.stderr.read()
    return worker
