"""Reports, measured: `python -m tests.bench.reports [--contacts 200000]`: a grouped count against the bare query.

Both sides ask the same database under the same row-level security; ours also chooses the greatest groups, adds up the
totals, names what is related and words everything. Servers of its own, nothing kept.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from app.data import Scope, db, scope
from app.host import registry
from app.host.provisioning import provision_tenant
from app.reports.asking import parse
from app.reports.running import run
from app.reports.source import source_of_entry
from tests.bench.transfer import application, say

ROUNDS = 9
QUESTIONS: dict[str, tuple[list[tuple[str, str]], str]] = {
    "by source": ([("by", "source")], "SELECT source_sort, count(*) FROM contact WHERE {live} GROUP BY 1"),
    "by company (2,000)": ([("by", "company")], "SELECT company_id, count(*) FROM contact WHERE {live} GROUP BY 1"),
    "by month": (
        [("by", "created_at.month")],
        "SELECT date_trunc('month', timezone('UTC', created_at))::date, count(*) FROM contact WHERE {live} GROUP BY 1",
    ),
    "by month and source": (
        [("by", "created_at.month"), ("by", "source")],
        "SELECT date_trunc('month', created_at)::date, source_sort, count(*) FROM contact WHERE {live} GROUP BY 1, 2",
    ),
    "by tag": ([("by", "tags")], "SELECT tag, count(*) FROM contact, unnest(tags) AS tag WHERE {live} GROUP BY 1"),
    "different companies by source": (
        [("by", "source"), ("measure", "distinct.company")],
        "SELECT source_sort, count(DISTINCT company_id) FROM contact WHERE {live} GROUP BY 1",
    ),
}
FILL = """
INSERT INTO company (tenant_id, id, name)
SELECT %(tenant)s, md5('company' || n)::uuid, 'Company ' || n FROM generate_series(0, 1999) n;
INSERT INTO contact (tenant_id, full_name, source, company_id, tags, created_at)
SELECT %(tenant)s, 'Contact ' || n, 'Source ' || n %% 12, md5('company' || n %% 2000)::uuid,
       (ARRAY['vip', 'old', 'lead', 'press'])[1 : n %% 4], now() - n * interval '7 minutes'
FROM generate_series(1, %(count)s) n;
"""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--contacts", type=int, default=200_000)
    count = arguments.parse_args().contacts
    with application() as app:
        tenant = provision_tenant("large", "Large")
        _fill(app, tenant.id, count)
        with app.app_context(), scope(Scope(tenant.id)):
            session = db.session()
            for name, (pairs, statement) in QUESTIONS.items():
                source = source_of_entry(registry().entries["contacts.contact"], session)
                bare = statement.format(live="deleted_at IS NULL")
                floor = _median(lambda: session.connection().exec_driver_sql(bare).all())  # noqa: B023
                ours = _median(lambda: run(parse(source, pairs)))  # noqa: B023
                say(f"{name:32} {floor:8.1f} ms bare {ours:8.1f} ms report {ours / floor:6.2f} x")


def _median(work: Callable[[], Any]) -> float:
    work()
    taken = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _fill(app: Any, tenant_id: Any, count: int) -> None:
    url = app.config["TENANTRY"].database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in FILL.split(";")[:2]:
            connection.execute(statement, {"tenant": tenant_id, "count": count})
        connection.execute("VACUUM ANALYZE contact")


if __name__ == "__main__":
    main()
