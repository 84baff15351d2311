"""The list as people use it: filters, order, pages, columns, saved views, in the address and on the page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from app.contacts.models import Company, Contact

LIST = "/contacts/contact/"
COMPANIES = "/contacts/company/"


@pytest.fixture(scope="module")
def tenant(house, samples):
    tenant = house.new_tenant()
    companies = [Company(name=f"Firm {n:02}", size="1-10" if n % 2 else "11-50", city="Riyadh") for n in range(30)]
    house.add(*companies, tenant=tenant)
    people = [Contact(first_name=f"P{n:03}", full_name=f"P{n:03}", company_id=companies[0].id) for n in range(260)]
    house.add(*people, tenant=tenant)
    return tenant


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def titles(page) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*><bdi>([^<]*)</bdi>', page.text)


def hrefs(page, pattern: str) -> list[str]:
    return [href.replace("&amp;", "&") for href in re.findall(rf'href="([^"]*{pattern}[^"]*)"', page.text)]


def test_the_list_shows_the_newest_first_and_leads_to_every_record(browser):
    page = browser.go(LIST)
    assert page.status_code == 200
    assert len(titles(page)) == 25
    assert titles(page)[0] == "P259"
    assert browser.get(hrefs(page, f"{LIST}[0-9a-f-]{{36}}")[0]).status_code == 200


def test_every_page_is_reached_forwards_and_backwards(browser):
    seen: list[str] = []
    page = browser.go(LIST + "?size=100&sort=full_name")
    first = titles(page)
    while True:
        seen += titles(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        if following is None:
            break
        page = browser.get(following.group(1).replace("&amp;", "&"))
    assert seen == [f"P{n:03}" for n in range(260)]
    for _step in range(2):
        page = browser.get(re.search(r'rel="prev" href="([^"]+)"', page.text).group(1).replace("&amp;", "&"))
    assert titles(page) == first


def test_a_condition_is_a_chip_that_can_be_taken_off(browser):
    page = browser.go(LIST + "?full_name.starts=p00&q=p001")
    assert titles(page) == ["P001"]
    assert 'class="chip"' in page.text
    assert "begins with" in page.text
    off = re.search(r'<a href="([^"]+)" aria-label="Remove the filter on Name"', page.text).group(1)
    assert parse_qs(urlsplit(off).query) == {"q": ["p001"]}


def test_a_chip_names_the_related_record(browser, house, tenant):
    page = browser.go(COMPANIES)
    company = re.search(r'data-id="([0-9a-f-]{36})"', page.text).group(1)
    page = browser.go(f"{LIST}?company.is={company}")
    assert "Firm 29" in re.search(r'class="chips".*?</ul>', page.text, re.DOTALL).group(0)


def test_what_cannot_be_understood_is_said_and_left_out(browser):
    page = browser.go(LIST + "?nonsense=1&sort=bogus&company.is=zz&size=999999&q=P007")
    assert page.status_code == 200
    assert titles(page) == ["P007"]
    for name in ("nonsense", "sort", "company.is", "size"):
        assert f"{name}:" in page.text


@pytest.mark.parametrize("cursor", ["zzz", "e30", "%00", "W10", "a" * 5000])
def test_a_broken_cursor_begins_at_the_first_page(browser, cursor):
    page = browser.go(f"{LIST}?cursor={cursor}")
    assert page.status_code == 200
    assert titles(page)[0] == "P259"


def test_the_panel_leads_to_the_lists_own_address(browser):
    answer = browser.go(
        LIST + "filters?apply=1&q=p&sort=full_name&op.full_name=starts&v.full_name=P1&op.birthday=empty&v.birthday="
        "&op.created_at=between&v.created_at=2020-01-01&w.created_at=2099-01-01&op.source=&v.source=unused"
    )
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.location).query) == {
        "q": ["p"],
        "sort": ["full_name"],
        "full_name.starts": ["P1"],
        "birthday.empty": ["true"],
        "created_at.between": ["2020-01-01", "2099-01-01"],
    }
    assert len(titles(browser.get(answer.location))) == 25


def test_the_panel_remembers_what_is_in_force(browser):
    page = browser.go(
        COMPANIES + "filters?size.one_of=1-10&size.one_of=11-50&city.is=Riyadh", headers={"X-Fragment": "1"}
    )
    assert "<html" not in page.text
    assert re.search(r'name="v\.size" value="11-50" checked', page.text)
    assert re.search(r'name="v\.city"[^>]* value="Riyadh"', page.text)
    assert re.search(r'<option value="one_of" data-takes="many" selected>', page.text)


def heads(page) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page.text)


def test_columns_are_chosen_and_ordered_for_oneself(house, tenant, browser):
    chosen = {"q": "P001", "columns": ["created_at", "full_name", "nonsense"], "width.full_name": "220", "width.x": "9"}
    answer = browser.send(LIST + "columns", chosen)
    assert parse_qs(urlsplit(answer.location).query) == {"q": ["P001"]}
    page = browser.get(answer.location)
    assert heads(page) == ["Created", "Name"]
    assert re.findall(r'data-column="(\w+)" data-width="(\d+)"', page.text) == [
        ("created_at", "0"),
        ("full_name", "220"),
    ]
    assert heads(browser.go(LIST + "?columns=source")) == ["Source"], "the address goes before"
    assert len(heads(house.browser("admin", tenant).go(LIST))) > 2, "another person's list"
    browser.send(LIST + "columns", {"usual": "1", "columns": ["full_name"]})
    assert len(heads(browser.go(LIST))) > 2


def test_the_columns_of_a_saved_view_are_the_views(browser):
    browser.send(LIST + "views/new", {"query": "q=P01", "name": "Sources"})
    view = hrefs(browser.go(LIST), "view=[0-9a-f-]{36}")[0].partition("view=")[2]
    answer = browser.send(LIST + "columns", {"q": "P01", "view": view, "columns": ["source", "full_name"]})
    assert parse_qs(urlsplit(answer.location).query)["columns"] == ["source,full_name"]
    assert heads(browser.get(answer.location)) == ["Source", "Name"]
    assert len(heads(browser.go(LIST))) > 2
    browser.send(LIST + f"views/{view}/delete")


def test_a_view_is_saved_opened_by_default_changed_and_deleted(browser):
    page = browser.go(LIST + "?q=P01&sort=full_name")
    new = hrefs(page, "views/new")[0]
    assert "Save this view" in browser.get(new).text
    saved = browser.send(
        LIST + "views/new", {"query": "q=P01&sort=full_name&cursor=zz", "name": "Ones", "default": "1"}
    )
    assert saved.status_code == 303
    page = browser.go(LIST)
    assert titles(page) == [f"P01{n}" for n in range(10)]
    assert titles(browser.go(LIST + "?view=all"))[0] == "P259"
    settings = urlsplit(hrefs(page, "views/[0-9a-f-]{36}")[0]).path.removeprefix(browser.prefix)
    changed = browser.send(settings, {"name": "Twos", "query": "q=P02", "replace": "1", "shared": "1"})
    assert changed.status_code == 303
    page = browser.get(changed.location)
    assert titles(page)[0] == "P029"
    assert "Twos" in page.text
    assert titles(browser.go(LIST))[0] == "P259"
    assert browser.send(settings + "/delete").status_code == 303
    assert "Twos" not in browser.go(LIST + "?view=all").text.split('class="flash', 1)[0]


def test_a_private_view_is_nobody_elses(browser, house, tenant):
    saved = browser.send(LIST + "views/new", {"query": "q=P03", "name": "Secret list"})
    view = parse_qs(urlsplit(saved.location).query)["view"][0]
    other = house.browser("agent", tenant)
    assert "Secret list" not in other.go(LIST).text
    assert "does not exist" in other.go(f"{LIST}?view={view}").text
    assert other.send(f"{LIST}views/{view}", {"name": "Mine now", "query": ""}).status_code == 404
    assert other.send(f"{LIST}views/{view}/delete").status_code == 404
    shared = other.send(LIST + "views/new", {"query": "q=P03", "name": "For all?", "shared": "1"})
    assert shared.status_code == 303
    assert "For all?" not in browser.go(LIST).text


@pytest.mark.parametrize("size", [25, 200])
def test_a_page_costs_a_fixed_number_of_statements_and_bytes(browser, statements, size):
    browser.go(LIST)
    statements.clear()
    page = browser.go(f"{LIST}?size={size}")
    assert len(titles(page)) == size
    assert len(statements) <= 8, statements.report()
    assert len(page.data) < 250_000
