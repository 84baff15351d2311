"""`python -m tests.bench.boards`: the board of 200,000 leads beside its floor, on an embedded server.

The floor is what nobody can do without: the first cards of each lane with the names they show and the capped counts,
by SQL written by hand and sent by psycopg as the same role, under the same row-level security, printed by one plain
template.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import psycopg
from jinja2 import Environment

from app.testing.counting import count_statements
from app.testing.house import House
from app.testing.servers import Servers, create_database, new_folder, settings_for

LEADS = """
INSERT INTO crm.lead (tenant_id, id, title, contact_id, pipeline_id, stage_id, priority, value_minor, value_currency,
                      assigned_to_id, stage_since, next_follow_up_at, created_at, updated_at)
SELECT %(tenant)s, ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Lead number ' || n,
       c.ids[1 + n %% cardinality(c.ids)], s.pipeline, s.ids[1 + n %% 6], 'normal', (n * 7919) %% 5000000,
       (ARRAY['USD', 'USD', 'USD', 'EUR'])[1 + n / 6 %% 4], m.ids[1 + n %% cardinality(m.ids)], now(),
       now() + make_interval(mins => n %% 100000 - 50000), now() - make_interval(mins => %(rows)s - n), now()
  FROM generate_series(1, %(rows)s) AS n,
       (SELECT array_agg(id) AS ids FROM contact WHERE tenant_id = %(tenant)s) AS c,
       (SELECT array_agg(id ORDER BY position) AS ids, (array_agg(pipeline_id))[1] AS pipeline FROM crm.stage
         WHERE tenant_id = %(tenant)s) AS s,
       (SELECT array_agg(id) AS ids FROM membership WHERE tenant_id = %(tenant)s) AS m
"""
CARDS = """
SELECT s.name, l.id, l.version, l.title, c.id, c.full_name, l.value_minor, l.value_currency, m.id, m.name
  FROM crm.stage AS s
 CROSS JOIN LATERAL (SELECT * FROM crm.lead WHERE stage_id = s.id AND deleted_at IS NULL AND archived_at IS NULL
                      ORDER BY id DESC LIMIT 20) AS l
  LEFT JOIN contact AS c ON c.id = l.contact_id
  LEFT JOIN membership AS m ON m.id = l.assigned_to_id
 ORDER BY s.position, l.id DESC
"""
COUNTS = """
SELECT s.id, (SELECT count(*) FROM (SELECT FROM crm.lead WHERE stage_id = s.id AND deleted_at IS NULL
                                       AND archived_at IS NULL LIMIT 1001) AS few)
  FROM crm.stage AS s ORDER BY s.position
"""
TOTALS = """
SELECT stage_id, value_currency, count(*), sum(value_minor) FROM crm.lead
 WHERE deleted_at IS NULL AND archived_at IS NULL AND stage_id = ANY(ARRAY(SELECT id FROM crm.stage)) GROUP BY 1, 2
"""
PLAIN = Environment(autoescape=True).from_string(
    """<title>Leads</title>{% for lane, cards in cards|groupby(0) %}<section><h2>{{ lane }}</h2>{% for c in cards %}
<li data-card="{{ c[1] }}" data-version="{{ c[2] }}"><a href="/crm/lead/{{ c[1] }}">{{ c[3] }}</a>
<a href="/contacts/contact/{{ c[4] }}">{{ c[5] }}</a> <span>{{ "%.2f"|format(c[6] / 100) }} {{ c[7] }}</span>
<a href="/console/member/{{ c[8] }}">{{ c[9] }}</a></li>{% endfor %}</section>{% endfor %}{{ counts }}"""
)
QUERIES = {"cards": CARDS, "counts": COUNTS, "totals": TOTALS}
PAGES = {
    "board": "/crm/lead/board",
    "board, filtered": "/crm/lead/board?priority.is=normal",
    "totals of the board": "/crm/lead/board/totals",
    "further cards of a lane": "/crm/lead/board/lane?lane={stage}",
    "list": "/crm/lead/",
    "calendar": "/crm/lead/calendar",
    "a lead": "/crm/lead/{lead}",
    "its timeline": "/crm/lead/{lead}/timeline",
}


def main(rows: int) -> None:
    """Fill a tenant, then time everything in turns."""
    from app import create_app
    from app.contacts.models import Contact
    from app.identity.sync import sync_all
    from app.ops.bootstrap import prepare_roles
    from app.ops.migrations import upgrade_all

    servers = Servers(new_folder())
    servers.start()
    try:
        url = create_database(servers.database_url, "boards")
        settings = settings_for(url, servers.redis_url, servers.folder)
        prepare_roles(settings)
        upgrade_all(settings, lambda _line: None)
        app = create_app(settings)
        sync_all(app)
        house = House(app)
        tenant = house.new_tenant(name="Many leads")
        house.add(*(Contact(full_name=f"Person {n}") for n in range(2_000)), tenant=tenant)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(LEADS, {"tenant": tenant.id, "rows": rows})
            connection.execute("VACUUM ANALYZE")
        measure(house, tenant, settings.role_url("app"))
    finally:
        servers.stop()


def measure(house: House, tenant: Any, address: str) -> None:
    """Print what each takes."""
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant.id)])
        stage = connection.execute("SELECT id FROM crm.stage ORDER BY position LIMIT 1").fetchone()[0]  # type: ignore[index]
        lead = connection.execute("SELECT id FROM crm.lead ORDER BY id DESC LIMIT 1").fetchone()[0]  # type: ignore[index]
        ask = {name: partial(_rows, connection, query) for name, query in QUERIES.items()}
        for name, run in ask.items():
            print(f"bare query of the {name:20} {timed(run):8.1f} ms {len(run()):4} rows")  # noqa: T201
        floor = timed(lambda: PLAIN.render(cards=ask["cards"](), counts=ask["counts"]()))
        print(f"{'floor of the board':38} {floor:8.1f} ms")  # noqa: T201
        plan = "\n".join(row[0] for row in connection.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + TOTALS))
    browser = house.browser("owner", tenant)
    for name, path in PAGES.items():
        ask = path.format(stage=stage, lead=lead)
        with count_statements() as seen:
            answer = browser.go(ask, headers={"X-Fragment": "1"} if "/board/" in ask or "timeline" in ask else {})
            assert answer.status_code == 200, answer.status
        spent = timed(lambda ask=ask: browser.go(ask))
        print(f"{name:38} {spent:8.1f} ms {len(seen):3} statements {len(answer.data):9,} bytes")  # noqa: T201
    print(plan)  # noqa: T201


def _rows(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return connection.execute(query).fetchall()  # type: ignore[arg-type]


def timed(run: Callable[[], Any]) -> float:
    """The median of some runs, in milliseconds."""
    times = []
    for _again in range(15):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return median(times[3:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    main(parser.parse_args().rows)
