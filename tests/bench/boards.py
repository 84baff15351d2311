"""`python -m tests.bench.boards`: the pages of 200,000 leads, each beside its floor, on an embedded server.

The floor of a page is bare Flask with the rows it shows, read by SQL written by hand (`floor_of_sales`) and printed by
one plain template. Both are asked in turns in this process; the ratio is that of their medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import psycopg
from flask import Flask
from jinja2 import Environment

from app.tenancy.configuration import _cache as remembered
from app.testing.counting import count_statements
from app.testing.house import House
from app.testing.servers import Servers, create_database, new_folder, settings_for
from tests.bench.floor_of_sales import BOARD, PAGES

LEADS = """
INSERT INTO crm.lead (tenant_id, id, title, contact_id, pipeline_id, stage_id, priority, value_minor, value_currency,
                      assigned_to_id, territory_id, stage_since, next_follow_up_at, expected_close, won_at, lost_at,
                      created_at, updated_at)
SELECT %(tenant)s, ('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Lead number ' || n,
       c.ids[1 + n %% cardinality(c.ids)], s.pipeline, s.ids[1 + n %% 6], 'normal', (n * 7919) %% 5000000,
       (ARRAY['USD', 'USD', 'USD', 'EUR'])[1 + n / 6 %% 4], m.ids[1 + n %% cardinality(m.ids)],
       CASE WHEN n %% 7 = 0 THEN %(territory)s::uuid END, now(),
       now() + make_interval(mins => n %% 100000 - 50000), current_date + n %% 360 - 180,
       CASE WHEN n %% 6 = 4 THEN now() - make_interval(days => n %% 300) END,
       CASE WHEN n %% 6 = 5 THEN now() - make_interval(days => n %% 300) END,
       now() - make_interval(mins => %(rows)s - n), now()
  FROM generate_series(1, %(rows)s) AS n,
       (SELECT array_agg(id) AS ids FROM contact WHERE tenant_id = %(tenant)s) AS c,
       (SELECT array_agg(id ORDER BY position) AS ids, (array_agg(pipeline_id))[1] AS pipeline FROM crm.stage
         WHERE tenant_id = %(tenant)s) AS s,
       (SELECT array_agg(id) AS ids FROM membership WHERE tenant_id = %(tenant)s) AS m
"""
PLAIN = Environment(autoescape=True).from_string(
    """<title>Leads</title>{% for lane, cards in cards|groupby(0) %}<section><h2>{{ lane }}</h2>{% for c in cards %}
<li data-card="{{ c[1] }}" data-version="{{ c[2] }}"><a href="/crm/lead/{{ c[1] }}">{{ c[3] }}</a>
<a href="/contacts/contact/{{ c[4] }}">{{ c[5] }}</a> <span>{{ "%.2f"|format(c[6] / 100) }} {{ c[7] }}</span>
<a href="/console/member/{{ c[8] }}">{{ c[9] }}</a></li>{% endfor %}</section>{% endfor %}{{ counts }}"""
)
PLAIN_ROWS = Environment(autoescape=True).from_string(
    """<title>Leads</title>{% for found in all %}<ul>{% for row in found %}<li><a href="/crm/lead/{{ row[0] }}">
{% for one in row[1:] %}<span>{{ one }}</span>{% endfor %}</a></li>{% endfor %}</ul>{% endfor %}"""
)


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
            connection.execute(LEADS, {"tenant": tenant.id, "rows": rows, "territory": None})
            connection.execute("VACUUM ANALYZE")
        measure(house, tenant, settings.role_url("app"))
    finally:
        servers.stop()


def measure(house: House, tenant: Any, address: str) -> None:
    """Print what each takes."""
    browser = house.browser("owner", tenant)
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        ask = partial(_read, connection, tenant.id)
        stage, lead = ask("SELECT id FROM crm.stage ORDER BY position LIMIT 1", "SELECT max(id::text) FROM crm.lead")
        known = {"stage": stage[0][0], "lead": lead[0][0]}
        print(f"{'':26}{'queries':>9}{'floor':>9}{'page':>9}{'ratio':>8}{'cold':>6}{'warm':>6}  bytes")  # noqa: T201
        for name, (address_of, queries) in PAGES.items():
            read, path = partial(ask, *queries, values=known), address_of.format(**known)
            bare = _floor(name, read)
            queried, floor, page = timed(read, partial(bare.get, "/"), partial(browser.go, path))
            cold, warm, size = _statements(house, browser, path)
            print(  # noqa: T201
                f"{name:26}{queried:9.1f}{floor:9.1f}{page:9.1f}{page / floor:8.2f}{cold:6}{warm:6}  {size:,}"
            )


def _read(
    connection: psycopg.Connection[Any], tenant: Any, *queries: str, values: dict[str, Any] | None = None
) -> list[list[Any]]:
    """The rows of each query, in one transaction of the tenant's."""
    with connection.transaction():
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant)])
        given = [values if "%(" in query else None for query in queries]
        return [connection.execute(query, some).fetchall() for query, some in zip(queries, given, strict=True)]  # type: ignore[arg-type]


def _floor(name: str, read: Callable[[], list[list[Any]]]) -> Any:
    """A browser of the page as bare as it can be."""
    app = Flask(__name__)

    @app.get("/")
    def page() -> str:
        found = read()
        is_board = name.startswith(BOARD)
        return PLAIN.render(cards=found[0], counts=found[1]) if is_board else PLAIN_ROWS.render(all=found)

    return app.test_client()


def _statements(house: House, browser: Any, path: str) -> tuple[int, int, int]:
    """How many a page takes when the process remembers nothing, how many afterwards, and the bytes it sends."""
    remembered.clear()
    house.forget_permissions()
    with count_statements() as cold:
        browser.go(path)
    with count_statements() as warm:
        answer = browser.go(path)
    assert answer.status_code == 200, answer.status
    return len(cold), len(warm), len(answer.data)


def timed(*runs: Callable[[], Any]) -> list[float]:
    """The medians of these, asked in turns, in milliseconds."""
    times: list[list[float]] = [[] for _run in runs]
    for _again in range(30):
        for run, found in zip(runs, times, strict=True):
            began = time.perf_counter()
            run()
            found.append((time.perf_counter() - began) * 1000)
    return [median(found[5:]) for found in times]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    main(parser.parse_args().rows)
