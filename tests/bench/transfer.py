"""Imports and exports, measured: `python -m tests.bench.transfer [--contacts 100000]`.

Imports that many contacts with an e-mail address and a number each (as a table, and as a file of Google's), undoes the
first, and exports the last as CSV against a bare COPY of the same rows. Servers of its own, nothing kept.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from app.data import Scope, db, scope
from app.host import registry
from app.screens.reading import Surface
from app.testing import servers
from app.transfer import exporting, services
from app.transfer.commands import Run
from app.transfer.models import Import
from app.transfer.reading import Format
from app.transfer.running import run_import
from app.transfer.undoing import run_undo

CONTACT = "contacts.contact"
COPY = """
COPY (SELECT c.first_name, c.last_name, c.full_name, co.name, c.position, c.birthday, c.source, c.tags, c.locale,
             c.timezone, c.created_at, c.updated_at, h.kinds[1], h.values[1], h.kinds[2], h.values[2]
      FROM contact c LEFT JOIN company co ON co.tenant_id = c.tenant_id AND co.id = c.company_id
      LEFT JOIN LATERAL (SELECT array_agg(kind ORDER BY id) AS kinds, array_agg(value ORDER BY id) AS values
                         FROM contact_channel k WHERE k.tenant_id = c.tenant_id AND k.contact_id = c.id) h ON true
      WHERE c.tenant_id = '{tenant}' AND c.deleted_at IS NULL ORDER BY c.id DESC) TO STDOUT (FORMAT csv)"""


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def memory() -> int:
    """The most this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def table(count: int) -> bytes:
    rows = (f"Nora,Rashid{n},Boss,nora.{n}@example.com,+9665{n:08},vip" for n in range(count))
    return "\n".join(["First name,Last name,Position,Email,Phone,Tags", *rows]).encode()


def google(count: int) -> bytes:
    rows = (f"Sami,Haddad{n},Horizon {n % 500},sami.{n}@example.com,+9665{n:08}" for n in range(count))
    head = "First Name,Last Name,Organization Name,E-mail 1 - Value,Phone 1 - Value"
    return "\n".join([head, *rows]).encode()


@contextmanager
def application() -> Iterator[Any]:
    from app import create_app
    from app.identity.sync import sync_all
    from app.ops.bootstrap import prepare_roles
    from app.ops.migrations import upgrade_all

    global _folder  # noqa: PLW0603  (one run a process)
    _folder = servers.new_folder()
    running = servers.Servers(_folder)
    running.start()
    try:
        url = servers.create_database(running.database_url, "transfer_bench")
        settings = servers.settings_for(url, running.redis_url, running.folder / "var")
        prepare_roles(settings)
        upgrade_all(settings, lambda line: None)
        app = create_app(settings)
        sync_all(app)
        with app.app_context():
            yield app
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
    finally:
        running.stop()


def take_in(data: bytes, **plan: Any) -> str:
    session = db.session()
    surface = Surface(registry().entries[CONTACT], session)
    record = services.take_in(session, surface, io.BytesIO(data), "people.csv")
    if plan:
        whole = services.plan_for(surface, io.BytesIO(data), Format("csv"))
        services.change_plan(session, record, replace(whole, **plan))
    record.state = "waiting"
    session.commit()
    return str(record.id)


def timed(what: str, count: int, work: Callable[[], Any]) -> None:
    """Also by processor time, of this process and of PostgreSQL: what it would take on a machine that does nothing
    else, for the two work in turns."""
    began, busy = time.perf_counter(), processor_time()
    work()
    seconds, busy = time.perf_counter() - began, processor_time() - busy
    say(f"{_line(what, count, seconds)}  {count / busy:>6,.0f} a CPU second")


def processor_time() -> float:
    """Seconds of this process and of the database's."""
    own = time.process_time()
    for file in _folder.glob("postgres/**/postmaster.pid"):
        server = psutil.Process(int(file.read_text().split()[0]))
        own += sum(sum(one.cpu_times()[:2]) for one in (server, *server.children(recursive=True)))
    return own


_folder = Path()


def _line(what: str, count: int, seconds: float) -> str:
    return f"{what:<46} {count / seconds:>8,.0f} rows/s  {seconds:6.2f} s  {memory():>5} MB"


def measure(count: int) -> None:
    from app.host.provisioning import provision_tenant

    with application():
        for what, data, plan in (
            ("import, a table, new records", table(count), {"mode": "insert", "keys": ()}),
            ("import, a table, upsert by e-mail and number", table(count), {"mode": "upsert"}),
            ("import, a file of Google's", google(count), {}),
        ):
            tenant = provision_tenant(f"bench-{what[8]}{len(data) % 997}{plan.get('mode', 'g')}", what, country="SA")
            with scope(Scope(tenant.id, via="import")):
                key = take_in(data, **plan)
                timed(what, count, lambda key=key: run_import(Run(), key))
                record = db.session.query(Import).one()
                assert (record.created, record.failed) == (count, 0), (record.created, record.failed, record.error)
                if plan.get("mode") == "insert":
                    services.undo(db.session(), record)
                    db.session.commit()
                    timed("undo of it", count, lambda key=key: run_undo(Run(), key))
                elif not plan:
                    _exports(str(tenant.id), count)


def _exports(tenant: str, count: int) -> None:
    db.session.rollback()
    bare, ours = [], []
    for _round in range(5):
        bare.append(_bare_copy(tenant))
        ours.append(_ours("csv", count))
    ratio = statistics.median(ours) / statistics.median(bare)
    say(_line("export, CSV, all columns and channels", count, statistics.median(ours)))
    say(f"  which is {ratio:.2f} x a bare COPY ({statistics.median(bare):.2f} s)")
    for kind in ("json", "xlsx"):
        seconds = _ours(kind, count)
        say(_line(f"export, {kind.upper()}", count, seconds))


def _bare_copy(tenant: str) -> float:
    began = time.perf_counter()
    connection: Any = db.session.connection().connection
    statement = COPY.format(tenant=tenant)
    with tempfile.TemporaryFile() as out, connection.cursor() as cursor, cursor.copy(statement) as rows:
        for row in rows:
            out.write(row)
    db.session.rollback()
    return time.perf_counter() - began


def _ours(kind: str, count: int) -> float:
    surface = Surface(registry().entries[CONTACT], db.session())
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        assert exporting.write_now(surface, exporting.Wanted(kind=kind), out) == count
    seconds = time.perf_counter() - began
    db.session.rollback()
    return seconds


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--contacts", type=int, default=100_000)
    measure(arguments.parse_args().contacts)
