"""Report pages: figures lead to exactly their records; saved, shared, exported, on the start page, over REST."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from urllib.parse import urlencode

import openpyxl
import pytest

from app.contacts.models import Company, Contact
from app.data import Money
from app.host import registry
from app.testing.counting import count_statements
from tests.plugins_for_tests.garage import services
from tests.plugins_for_tests.garage.models import Repair, Vehicle

REPORT = "/contacts/contact/report"
BUDGET = 8


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant()
    companies = [Company(name=f"Firm {n}", size="1-10" if n % 2 else "11-50") for n in range(4)]
    house.add(*companies, tenant=tenant)
    people = [
        Contact(
            full_name=f"P{n}",
            company_id=companies[n % 3].id,
            source=["Web", "web", "Fair, spring", None][n % 4],
            tags=["vip", "old"][: n % 3],
        )
        for n in range(40)
    ]
    house.add(*people, tenant=tenant)
    cars = [Vehicle(plate=f"A{n}", fuel=["petrol", "electric", None][n % 3], state="used") for n in range(6)]
    house.add(*cars, tenant=tenant)
    repairs = [
        Repair(
            number=f"R{n}",
            vehicle_id=cars[n % 6].id,
            status=["booked", "done", "done"][n // 8],
            cost=Money(1000 + n, "USD" if n % 4 else "KWD"),
        )
        for n in range(24)
    ]
    house.add(*repairs, tenant=tenant)
    return tenant


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def cells(page) -> list[tuple[str, int]]:
    """Addresses and whole numbers of the table."""
    table = page.text[page.text.index("report-table") :]
    found = re.findall(r'<td class="number"><a href="([^"]+)"><bdi>([\d,]+)</bdi>', table)
    return [(href.replace("&amp;", "&"), int(number.replace(",", ""))) for href, number in found]


@pytest.mark.parametrize(
    "asked",
    [
        "by=source",
        "by=source&top=1",
        "by=company&by=source&top=2",
        "by=tags",
        "by=created_at.week",
        "by=source&by=tags&tags.has=vip",
        "by=company&top=1&source.is=Web&q=p",
        "by=created_at.day&created_at.within=this_year",
        "by=company&source.none_of=Web&source.empty=false",
    ],
)
def test_every_figure_leads_to_exactly_its_records(browser, asked):
    page = browser.go(f"{REPORT}?{asked}")
    assert page.status_code == 200
    assert "notice-warning" not in page.text
    found = cells(page)
    assert found
    for href, number in found:
        listed = browser.get(href + ("&" if "?" in href else "?") + "count=1")
        assert f"Contacts: {number}<" in listed.text, (href, number)
        assert "notice-warning" not in listed.text


def test_figures_of_a_dataset_lead_to_their_records(browser):
    page = browser.go("/reports/data/garage.work?by=fuel&by=status&measure=all")
    assert page.status_code == 200
    found = cells(page)
    assert len(found) == 3 * 2 + 3 + 2 + 1
    for href, number in found:
        assert f"Repairs: {number}<" in browser.get(href).text, href


def test_a_dataset_opens_with_what_it_declares_and_keeps_currencies_apart(browser):
    page = browser.go("/reports/data/garage.work")
    assert "Finished of all" in page.text
    page = browser.go("/reports/data/garage.work?by=status&measure=costs&measure=paid_rate")
    assert "$" in page.text
    assert "KWD" in page.text
    assert "(KWD)" in page.text


def test_pages_stay_within_the_budget(browser):
    for path in (
        f"{REPORT}?by=company&by=tags&q=p&source.is=Web",
        "/reports/data/garage.work?by=vehicle&by=status&vehicle.none_of=01a215fd-020d-75f6-aead-de34387e0086",
        "/reports/all/",
        "/",
        "/reports/cards/",
        "/reports/cards/garage.new",
        "/reports/cards/garage.costs",
        "/reports/cards/garage.latest",
    ):
        browser.go(path)  # what a process remembers of a tenant's configuration is read once
        with count_statements() as seen:
            assert browser.go(path).status_code == 200, path
        assert len(seen) <= BUDGET, (path, len(seen))


def test_what_cannot_be_understood_is_said_and_left_out(browser):
    page = browser.go(f"{REPORT}?by=nothing&measure=sum.full_name&chart=cake&top=9999&order=-x&colour.is=red")
    assert page.status_code == 200
    for word in ("by:", "measure:", "chart:", "top:", "order:", "colour.is:"):
        assert word in page.text


def test_no_inline_style_and_no_script_in_a_chart(browser):
    for chart in ("bar", "stacked", "line", "donut", "funnel", "number"):
        page = browser.go(f"{REPORT}?by=created_at.month&by=source&chart={chart}")
        content = page.text[page.text.index("<main") : page.text.index("</main")]
        assert " style=" not in content
        assert "<script" not in content


def chart_of(page):
    """What the page gives to the script that draws."""
    return json.loads(html.unescape(re.search(r"data-chart='([^']*)'", page.text)[1]))


def test_a_chart_has_words_and_every_point_leads_to_its_records(browser):
    page = browser.go(f"{REPORT}?by=source")
    assert re.search(r'<div role="img" aria-label="Report: Contacts\. Count, in 3 groups\.', page.text)
    data = chart_of(page)
    assert (data["kind"], data["unit"], data["isStacked"]) == ("bars", "", False)
    assert dict(zip(data["places"], data["ends"], strict=True)) == {"Web": "20", "Fair, spring": "10", "Not set": "10"}
    [series] = data["series"]
    for point in series["points"]:
        assert f'href="{html.escape(point["href"])}"' in page.text, "the table below has the same"
    assert [point["tone"] for point in series["points"]][-1] == "grey"


def test_series_of_a_chart_are_the_cells_of_the_table(browser):
    data = chart_of(browser.go(f"{REPORT}?by=source&by=company&chart=stacked"))
    assert data["isStacked"]
    totals = [sum(series["points"][at]["value"] for series in data["series"]) for at in range(len(data["places"]))]
    assert [str(int(total)) for total in totals] == data["ends"]
    assert len({series["tone"] for series in data["series"]}) == len(data["series"])


def test_amounts_are_drawn_in_the_tenants_currency_and_read_in_all(browser):
    data = chart_of(browser.go("/garage/repair/report?by=status&measure=sum.cost&chart=bar"))
    assert data["unit"] == "USD"
    assert all("$" in words and "KWD" in words for words in data["ends"])


def test_a_funnel_says_the_share_of_the_place_before(browser):
    data = chart_of(browser.go(f"{REPORT}?by=source&chart=funnel"))
    assert [words.partition(" · ")[2] for words in data["ends"]] == ["", "50%", "100%"]


def test_a_ring_has_no_part_below_zero_and_none_at_all_of_nothing(browser):
    page = browser.go(f"{REPORT}?by=source&chart=donut&full_name.is=nobody")
    assert "data-chart" not in page.text
    assert all(
        point["value"] >= 0 for point in chart_of(browser.go(f"{REPORT}?by=source&chart=donut"))["series"][0]["points"]
    )


def test_a_card_with_a_chart_has_the_table_of_its_figures(house, tenant, browser):
    kept = house.api("owner", tenant).post(
        "/reports/saved", {"name": "Drawn", "source": "contacts.contact", "query": "by=source&chart=donut"}
    )
    page = browser.go(f"/reports/cards/saved-{kept.json['id']}?show=chart")
    data = chart_of(page)
    figures = page.text[page.text.index("<details") :]
    assert len(data["places"]) == 3
    assert all(html.escape(point["href"]) in figures for point in data["series"][0]["points"])


# Rights ---------------------------------------------------------------------------------------------------------------


def test_a_reader_with_only_their_own_sees_only_their_own_numbers(house):
    tenant = house.new_tenant()
    agent = house.people[tenant.slug, "agent"]
    house.browser("owner", tenant).send(
        "/console/access_rule/add", {"role": "agent", "resource": "contacts.contact", "row_scope": "own"}
    )
    with house.inside(tenant) as session:
        session.add_all(Contact(full_name=f"N{n}", created_by=agent.uid if n < 3 else None) for n in range(10))
        session.commit()
    assert cells(house.browser("owner", tenant).go(f"{REPORT}?by=created_at.year"))[-1][1] == 10
    seen = house.api("agent", tenant).get("/reports/run?source=contacts.contact&by=created_at.year").json
    # the owner field of contacts is assigned_to, which nobody is; so nothing is the agent's own
    assert all(cell["count"] == 0 for cell in seen["cells"])


def test_own_rows_hold_in_a_dataset_whatever_its_plugin_selects(house, tenant, monkeypatch):
    house.browser("owner", tenant).send(
        "/console/access_rule/add", {"role": "viewer", "resource": "garage.repair", "row_scope": "own"}
    )
    viewer = house.api("viewer", tenant).get("/reports/run?source=garage.work&measure=all").json
    owner = house.api("owner", tenant).get("/reports/run?source=garage.work&measure=all").json
    assert [cell["count"] for cell in viewer["cells"]] == [0]
    assert [cell["count"] for cell in owner["cells"]] == [24]


def test_hidden_fields_are_neither_grouped_nor_measured(house, tenant):
    house.browser("owner", tenant).send(
        "/console/access_rule/add",
        {"role": "agent", "resource": "garage.repair", "row_scope": "all", "hidden": "cost, status"},
    )
    api = house.api("agent", tenant)
    for asked in ("by=status", "measure=sum.cost", "measure=costs", "status.is=done", "measure=paid_ones"):
        for source in ("garage.repair", "garage.work"):
            assert api.get(f"/reports/run?source={source}&{asked}").status_code == 422, (source, asked)
    assert api.get("/reports/run?source=garage.work&by=fuel&measure=rate").status_code == 200


def test_another_tenant_counts_nothing_of_this_one(house, tenant):
    elsewhere = house.new_tenant()
    for source in ("contacts.contact", "garage.work", "garage.vehicle"):
        seen = house.api("owner", elsewhere).get(f"/reports/run?source={source}").json
        assert sum(cell["count"] for cell in seen["cells"]) == 0


@pytest.mark.parametrize("wall", ["database", "orm"])
def test_with_either_wall_down_the_other_holds(house, tenant, walls, wall):
    elsewhere = house.new_tenant()
    with walls.standing(orm=wall != "orm", database=wall != "database"):
        for asked in (
            "source=garage.work&by=vehicle&by=status&measure=costs",
            "source=contacts.contact&by=tags&measure=distinct.company",
        ):
            seen = house.api("owner", elsewhere).get(f"/reports/run?{asked}").json
            assert sum(cell["count"] for cell in seen["cells"]) == 0


def test_who_may_not_read_gets_no_report(house, tenant):
    stranger = house.api("viewer", tenant, scopes=("contacts.company.read",))
    assert stranger.get("/reports/run?source=contacts.contact").status_code == 422
    assert stranger.get("/reports/run?source=garage.work").status_code == 422
    assert house.browser("owner", tenant).go("/reports/data/garage.nothing").status_code == 404


# Saved, shared --------------------------------------------------------------------------------------------------------


def test_a_report_is_saved_shared_renamed_and_deleted(house, tenant):
    owner, agent, viewer = (house.browser(role, tenant) for role in ("owner", "agent", "viewer"))
    made = agent.send(
        "/reports/saved/new",
        {"source": "contacts.contact", "query": "by=source&measure=count", "name": "Mine", "shared": "1"},
    )
    assert made.status_code == 303
    assert "<h1><bdi>Mine</bdi>" in agent.get(made.headers["Location"]).text
    assert "Mine" in agent.go("/reports/all/").text
    assert "Mine" not in owner.go("/reports/all/").text  # an agent may not share
    made = owner.send(
        "/reports/saved/new", {"source": "contacts.contact", "query": "by=source", "name": "For all", "shared": "1"}
    )
    report_id = re.search(r"saved=([0-9a-f-]+)", made.headers["Location"]).group(1)
    assert "For all" in viewer.go("/reports/all/").text
    assert viewer.go(f"/reports/saved/{report_id}").status_code == 303
    assert viewer.go(f"/reports/saved/{report_id}/settings").status_code == 403
    assert viewer.send(f"/reports/saved/{report_id}/delete").status_code == 403
    changed = owner.send(
        f"/reports/saved/{report_id}/settings", {"name": "Renamed", "query": "by=company", "replace": "1"}
    )
    assert "by=company" in changed.headers["Location"]
    assert "Renamed" not in viewer.go("/reports/all/").text  # no longer shared
    assert owner.send(f"/reports/saved/{report_id}/delete").status_code == 303
    assert owner.go(f"/reports/saved/{report_id}").status_code == 404


def test_saved_reports_over_rest(house, tenant):
    owner, agent = house.api("owner", tenant), house.api("agent", tenant)
    made = owner.post(
        "/reports/saved", {"name": "R", "source": "garage.vehicle", "query": "by=fuel", "audience": "shared"}
    )
    assert made.status_code == 201
    path = f"/reports/saved/{made.json['id']}"
    assert agent.get(path + "/result").json["by"][0]["key"] == "fuel"
    assert agent.get("/reports/saved_report").json["data"][0]["name"] == "R"
    assert agent.patch(path, {"name": "Other"}).status_code == 403
    assert agent.delete(path).status_code == 403
    assert (
        agent.post("/reports/saved", {"name": "S", "source": "garage.vehicle", "audience": "shared"}).status_code == 422
    )
    assert owner.patch(path, {"name": ""}).status_code == 422
    assert owner.patch(path, {"name": "Q", "colour": "red"}).status_code == 422
    assert owner.patch(path, {"name": "Q", "query": "by=state"}).json["name"] == "Q"
    assert owner.delete(path).status_code == 204
    assert owner.get(path + "/result").status_code == 404


def test_a_declared_report_is_found_and_named(browser):
    assert "Vehicles by state" in browser.go("/reports/all/").text
    page = browser.get(browser.go("/reports/ready/garage.by_state").headers["Location"])
    assert "<h1><bdi>Vehicles by state</bdi>" in page.text
    assert "chart-ring" in page.text


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_result_is_exported_whole(browser, tenant):
    answer = browser.go("/garage/repair/report/file?by=status&measure=count&measure=sum.cost&format=csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["Status", "Count", "Sum of Cost (USD)", "Sum of Cost (KWD)"]
    assert [row[:2] for row in rows[1:]] == [["Booked", "8"], ["Done", "16"], ["Total", "24"]]
    usd = sum(1000 + n for n in range(24) if n % 4)
    kwd = sum(1000 + n for n in range(24) if not n % 4)
    assert rows[-1][2:] == [f"{usd / 100:.2f}", f"{kwd / 1000:.3f}"]
    answer = browser.go("/garage/repair/report/file?by=status&measure=count&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()][-1] == ["Total", 24]


def test_labels_are_no_formulas_in_a_file(house):
    tenant = house.new_tenant()
    house.add(Contact(full_name="X", source="=1+1"), tenant=tenant)
    answer = house.browser("owner", tenant).go(f"{REPORT}/file?by=source&format=csv")
    assert '"\'=1+1"' in answer.data.decode()


def test_who_may_not_export_gets_no_file(house, tenant):
    assert house.browser("agent", tenant).go(f"{REPORT}/file?by=source").status_code == 403


# Start page -----------------------------------------------------------------------------------------------------------


def test_cards_are_chosen_ordered_and_sized(house, tenant):
    browser = house.browser("manager", tenant)
    usual = re.findall(r'data-card="[^"]*/reports/cards/([^?"]+)', browser.go("/").text)
    assert "garage.new" in usual
    browser.send("/reports/cards/", {"cards": ["garage.latest", "garage.new"], "size.garage.new": "wide"})
    page = browser.go("/")
    assert re.findall(r'data-card="[^"]*/reports/cards/([^?"]+)', page.text) == ["garage.latest", "garage.new"]
    assert 'dash-wide" data-card' in page.text
    others = house.browser("owner", tenant).go("/")
    assert "garage.costs" in others.text


def test_a_number_is_compared_with_the_period_before(browser):
    page = browser.go("/reports/cards/garage.new", headers={"X-Fragment": "1"})
    assert "<bdi>6</bdi>" in page.text
    assert "0 in the period before" in page.text
    assert "within=this_month" in page.text


def test_a_card_that_fails_says_so_and_the_page_stands(house, tenant, monkeypatch):
    def broken(reach):
        raise RuntimeError("the pump is dry")

    dataset = registry_of(house).figures.datasets["garage.work"].dataset
    object.__setattr__(dataset, "rows", broken)
    try:
        card = house.browser("owner", tenant).go("/reports/cards/garage.costs")
        assert card.status_code == 200
        assert "RuntimeError: the pump is dry" in card.text
        assert "pump" not in house.browser("viewer", tenant).go("/reports/cards/garage.costs").text
        assert house.browser("owner", tenant).go("/").status_code == 200
    finally:
        object.__setattr__(dataset, "rows", services.work)


def registry_of(house):
    with house.app.app_context():
        return registry()


def test_a_saved_report_can_be_a_card(house, tenant):
    browser = house.browser("admin", tenant)
    made = browser.send("/reports/saved/new", {"source": "contacts.contact", "query": "by=source", "name": "Sources"})
    key = "saved-" + re.search(r"saved=([0-9a-f-]+)", made.headers["Location"]).group(1)
    browser.send("/reports/cards/", {"cards": [key], f"show.{key}": "table"})
    assert key in browser.go("/").text
    assert "report-table" in browser.go(f"/reports/cards/{key}?show=table").text


def test_a_slow_report_is_given_up_with_a_sentence(house, tenant, app):
    with app.app_context():
        owner = house.browser("owner", tenant)
    query = urlencode({"by": "source"})
    dataset = registry_of(house).figures.datasets["garage.work"].dataset

    def slow(reach):
        from sqlalchemy import func, select, text

        reach._surface.session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        return services.work(reach).where(select(func.pg_sleep(0.3)).scalar_subquery().is_not(None))

    object.__setattr__(dataset, "rows", slow)
    try:
        page = owner.go(f"/reports/data/garage.work?{query}&by=fuel")
        assert "This takes too long to count" in page.text
        assert house.api("owner", tenant).get("/reports/run?source=garage.work&by=fuel").status_code == 422
    finally:
        object.__setattr__(dataset, "rows", services.work)
