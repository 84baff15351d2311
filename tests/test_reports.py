"""Reports: numbers are those of the list, in every group; figures lead to exactly their records."""

from __future__ import annotations

import pytest

from app.contacts.models import Company, Contact
from app.host import registry
from app.reports.asking import parse
from app.reports.running import run
from app.reports.source import source_of_entry


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant()
    companies = [Company(name=f"Firm {n}", size="1-10" if n % 2 else "11-50") for n in range(4)]
    house.add(*companies, tenant=tenant)
    people = [
        Contact(full_name=f"P{n}", company_id=companies[n % 3].id, source=["Web", "web", "Fair", None][n % 4],
                tags=["vip", "old"][: n % 3])
        for n in range(40)
    ]
    house.add(*people, tenant=tenant)
    return tenant


def test_a_count_by_one_field(house, tenant):
    with house.inside(tenant) as session:
        source = source_of_entry(registry().entries["contacts.contact"], session())
        for by in (["source"], ["company"], ["tags"], ["created_at.month"], ["company", "source"], ["source", "tags"]):
            result = run(parse(source, [("by", one) for one in by] + [("top", "2"), ("measure", "count"), ("measure", "distinct.company"), ("measure", "max.created_at")]))
            print(by, [(one.label, result.cell(at).values) for at, one in enumerate(result.rows)], [c.label for c in result.columns], result.total)
            assert result.total.count == 40
