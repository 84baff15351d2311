"""Reports: numbers are those of the list, in every group; figures lead to exactly their records."""

from __future__ import annotations

import re

import pytest

from app.contacts.models import Company, Contact

REPORT = "/contacts/contact/report"


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


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def cells(page) -> list[tuple[str, int]]:
    """Addresses and numbers of the table."""
    table = page.text[page.text.index("report-table") :]
    found = re.findall(r'<td class="number"><a href="([^"]+)"><bdi>([\d,]+)</bdi>', table)
    return [(href.replace("&amp;", "&"), int(number.replace(",", ""))) for href, number in found]


@pytest.mark.parametrize("by", ["by=source", "by=company&by=source&top=2", "by=tags", "by=created_at.week", "by=source&by=tags", "by=company&top=1&source.is=Web&q=p"])
def test_every_figure_leads_to_exactly_its_records(browser, by):
    page = browser.go(f"{REPORT}?{by}")
    assert page.status_code == 200, page.text
    open("/tmp/rep/page.html", "w").write(page.text)
    found = cells(page)
    assert found
    for href, number in found:
        listed = browser.get(href + "&count=1" if "?" in href else href + "?count=1")
        assert f"Contacts: {number}<" in listed.text, (href, number, re.findall(r'class="count">[^<]*', listed.text))
        assert "notice-warning" not in listed.text
