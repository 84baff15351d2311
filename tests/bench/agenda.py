"""`python -m tests.bench.agenda`: Today among 200,000 leads, against bare Flask, psycopg, Jinja and the same queries.

Both sides are served and asked in turns, as in the other benchmarks. The leads are those of twenty people, half of them
closed; the one who is measured has more follow-ups, tasks and forgotten leads than the page shows.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import click
import psycopg
from flask import Flask, render_template_string
from psycopg.rows import namedtuple_row

from app.data.ids import utcnow
from tests.bench.client import Client, Request
from tests.bench.floor.app import ADDRESS, Pool
from tests.bench.serving import Server, _free_port, _running, floor_address, real_server

ME = "BENCH_MEMBER"
SAMPLES = 60
_OPEN = "won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
QUERIES = (
    """SELECT l.id, l.title, l.next_follow_up_at AS at, l.priority, c.full_name AS about FROM crm.lead l
        LEFT JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
        WHERE l.assigned_to_id = %(me)s AND l.next_follow_up_at < %(end)s AND l.won_at IS NULL AND l.lost_at IS NULL
          AND l.deleted_at IS NULL AND l.archived_at IS NULL ORDER BY l.next_follow_up_at, l.id LIMIT 26""",
    """SELECT l.id, l.title, l.respond_by AS at, l.priority, c.full_name AS about FROM crm.lead l
        LEFT JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
        WHERE l.assigned_to_id = %(me)s AND l.respond_by < %(end)s AND l.won_at IS NULL AND l.lost_at IS NULL
          AND l.deleted_at IS NULL AND l.archived_at IS NULL ORDER BY l.respond_by, l.id LIMIT 26""",
    """SELECT t.id, t.title, t.due_at AS at, t.priority, l.title AS about FROM crm.task t
       LEFT JOIN crm.lead l ON l.tenant_id = t.tenant_id AND l.id = t.lead_id
       WHERE t.assignee_id = %(me)s AND t.state = 'open' AND t.due_at < %(end)s AND t.deleted_at IS NULL
       ORDER BY t.due_at, t.id LIMIT 26""",
    """SELECT a.id, a.title, a.scheduled_at AS at, 'high' AS priority, l.title AS about FROM crm.appointment a
       JOIN crm.lead l ON l.tenant_id = a.tenant_id AND l.id = a.lead_id
       WHERE a.assignee_id = %(me)s AND a.status = 'scheduled' AND a.scheduled_at < %(end)s AND a.deleted_at IS NULL
       ORDER BY a.scheduled_at, a.id LIMIT 26""",
    f"""SELECT id, title, created_at AS at, priority, '' AS about FROM crm.lead
        WHERE assigned_to_id IS NULL AND {_OPEN} ORDER BY id LIMIT 26""",
    f"""SELECT l.id, l.title, l.last_activity_at AS at, l.priority, s.name AS about FROM crm.stage s,
        LATERAL (SELECT * FROM crm.lead WHERE stage_id = s.id AND assigned_to_id = %(me)s AND {_OPEN}
                 AND next_follow_up_at IS NULL
                 AND last_activity_at_sort < now() - make_interval(days => s.stale_days::int)
                 ORDER BY last_activity_at_sort LIMIT 26) l
        WHERE s.kind = 'open' ORDER BY l.last_activity_at LIMIT 26""",
)
_PAGE = """<!doctype html><title>Today</title><h1>Today</h1>{% for rows in found %}<ol>{% for row in rows[:25] %}
<li><a href="/{{ row.id }}">{{ row.title }}</a> {{ row.about or "" }} <p>{{ row.at.strftime("%d %b %Y, %H:%M") }}</p>
<form method="post"><input type="hidden" name="item" value="{{ row.id }}"><button name="do" value="done">Done</button>
<button name="do" value="later">Later</button></form></li>{% endfor %}</ol>{% endfor %}"""


def create_floor() -> Flask:
    """The page as bare as it can be."""
    app, pool, me = Flask(__name__), Pool(os.environ[ADDRESS]), os.environ[ME]

    @app.get("/")
    def page() -> str:
        values = {"me": me, "end": utcnow().replace(hour=23, minute=59)}
        with pool.transaction() as connection, connection.cursor(row_factory=namedtuple_row) as cursor:
            found = [cursor.execute(query, values).fetchall() for query in QUERIES]
        return render_template_string(_PAGE, found=found)

    return app


_LEADS = """
INSERT INTO crm.lead (tenant_id, id, title, pipeline_id, stage_id, priority, assigned_to_id, tags, stage_since,
                      last_activity_at, next_follow_up_at, won_at, lost_at, created_at)
SELECT %(tenant)s, gen_random_uuid(), 'Lead ' || n, s.pipeline_id, s.id,
       (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n %% 4], CASE WHEN n %% 50 > 0 THEN m.id END, '{}', now(),
       now() - n %% 60 * interval '1 day', CASE WHEN n %% 7 = 0 THEN now() + (n %% 240 - 120) * interval '1 hour' END,
       CASE WHEN s.kind = 'won' THEN now() END, CASE WHEN s.kind = 'lost' THEN now() END,
       now() - n * interval '1 minute'
FROM generate_series(1, %(count)s) n
JOIN (SELECT *, row_number() OVER (ORDER BY position) - 1 AS at FROM crm.stage WHERE tenant_id = %(tenant)s) s
  ON s.at = CASE WHEN n %% 2 = 0 THEN n / 2 %% 4 ELSE 4 + n / 2 %% 2 END
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS at FROM membership WHERE tenant_id = %(tenant)s) m
  ON m.at = n / 13 %% %(people)s"""
_TASKS = """
INSERT INTO crm.task (tenant_id, id, title, state, due_at, priority, assignee_id, lead_id)
SELECT tenant_id, gen_random_uuid(), 'Call ' || title, 'open', now() + interval '1 day' * (random() * 10 - 5),
       'normal', assigned_to_id, id FROM crm.lead WHERE tenant_id = %(tenant)s AND random() < 0.1"""
_APPOINTMENTS = """
INSERT INTO crm.appointment (tenant_id, id, lead_id, title, kind, assignee_id, scheduled_at, ends_at, timezone, source,
                             status, reminders, retry_count, sequence)
SELECT tenant_id, gen_random_uuid(), id, title, 'call', assigned_to_id, at, at + interval '30 minutes', 'UTC', 'manual',
       'scheduled', '30', 0, 0
FROM (SELECT *, date_trunc('day', now()) - interval '3 days' + interval '1 hour' *
             row_number() OVER (PARTITION BY assigned_to_id ORDER BY id) AS at
      FROM crm.lead WHERE tenant_id = %(tenant)s AND assigned_to_id IS NOT NULL AND random() < 0.02) l"""


def load(settings: Any, count: int, people: int) -> tuple[UUID, UUID, str, str]:
    """A tenant with so many leads. Returns its id, the measured member, its slug, and a session of that member."""
    from app import create_app
    from app.data import db, platform_session
    from app.host.provisioning import provision_tenant
    from app.identity.models import Account
    from app.identity.services import add_member, open_session
    from app.identity.sync import sync_all

    app = create_app(settings)
    sync_all(app)
    with app.app_context():
        tenant = provision_tenant("bench", "Bench", country="SA")
        members = []
        for number in range(people):
            address = f"person{number}@bench.example"
            account = Account(
                username=address, email=address, first_name=f"Person {number}", last_name="Bench", password="!",
                active=True, password_changed_at=utcnow(),
            )  # fmt: skip
            with platform_session("the benchmark makes its people") as session:
                session.add(account)
            members.append((account.id, add_member(account, tenant, "agent")))
        with app.test_request_context():
            cookie = open_session(members[0][0])
        for engine in db.engines.values():
            engine.dispose()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        values = {"tenant": tenant.id, "count": count, "people": people}
        for statement in (_LEADS, _TASKS, _APPOINTMENTS):
            connection.execute(statement, values)
        connection.execute("ANALYZE")
    return tenant.id, members[0][1], tenant.slug, cookie


def measure(sides: dict[str, tuple[Server, Request, dict[str, str]]], rounds: int) -> dict[str, list[float]]:
    """The median of every round of each side, in turns."""
    found: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds + 1):
        for side in sorted(sides, reverse=bool(number % 2)):
            server, request, cookies = sides[side]
            client = Client(server.port, cookies)
            times = [client.send(request)[0] for _sample in range(SAMPLES)]
            client.close()
            if number:  # the first round warms every worker
                found[side].append(median(times))
    return found


@click.command()
@click.option("--leads", default=200_000, show_default=True)
@click.option("--people", default=20, show_default=True)
@click.option("--rounds", default=5, show_default=True)
def main(leads: int, people: int, rounds: int) -> None:
    """Measure Today against the floor."""
    from app.identity.sessions import COOKIE
    from app.ops.bootstrap import prepare_roles
    from app.ops.embedded.postgres import EmbeddedPostgres
    from app.ops.embedded.valkey import EmbeddedValkey
    from app.ops.migrations import upgrade_all
    from app.testing.servers import create_database
    from config import load_settings
    from tests.bench.database import _environ

    folder = Path(tempfile.mkdtemp(prefix="tenantry-agenda-"))
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres, EmbeddedValkey(folder / "valkey") as valkey:
        environ = _environ(folder, create_database(postgres.url, "tenantry"), valkey.url)
        settings = load_settings(environ)
        prepare_roles(settings)
        upgrade_all(settings, lambda line: None)
        tenant, me, slug, cookie = load(settings, leads, people)
        port = _free_port()
        argv = ["gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "-k", "gthread", "--threads", "8", "--keep-alive",
                "60", "--log-level", "warning", "tests.bench.agenda:create_floor()"]  # fmt: skip
        floor_environ = {ADDRESS: floor_address(settings), ME: str(me)}
        with (
            _running(argv, floor_environ, folder / "log" / "floor.log", port) as floor,
            real_server(environ, folder) as real,
        ):
            sides = {
                "floor": (floor, Request("/", {"X-Tenant": str(tenant)}), {}),
                "real": (real, Request(f"/t/{slug}/crm/today/"), {COOKIE: cookie}),
            }
            found = measure(sides, rounds)
    ratio = median(ours / theirs for ours, theirs in zip(found["real"], found["floor"], strict=True))
    times = {side: round(median(values), 2) for side, values in found.items()}
    click.echo(f"Today, {leads:,} leads: floor {times['floor']} ms, Tenantry {times['real']} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
