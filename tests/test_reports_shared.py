"""A shared report in the hands of others: it asks under the rights of who opens it, and says what it leaves out."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from app.data import Money
from app.features.access_rules import AccessRule
from app.host.lifecycle import switch
from tests.plugins_for_tests.garage.models import Repair, Vehicle
from tests.plugins_for_tests.orchard.models import Harvest, Tree

QUERY = "by=status&measure=count&measure=sum.cost"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def repairs(house, tenant):
    """Two repairs of the agent's, three of others, two of those done; a car each."""
    agent = house.people[tenant.slug, "agent"].uid
    with house.inside(tenant) as session:
        car = Vehicle(plate="S 1", state="used")
        session.add(car)
        session.flush()
        for number in range(5):
            status = "done" if number > 2 else "booked"
            made = Repair(number=f"S{number}", vehicle_id=car.id, status=status, cost=Money(1000, "USD"))
            session.add(made)
            session.flush()
            by = agent if number < 2 else None
            session.execute(update(Repair).where(Repair.id == made.id).values(created_by=by, number=f"S{number}"))
        session.commit()


def share(house, tenant, source="garage.repair", query=QUERY, name="What we do"):
    """A report of the owner's for everybody; its id."""
    sent = {"source": source, "query": query, "name": name, "shared": "1"}
    made = house.browser("owner", tenant).send("/reports/saved/new", sent)
    assert made.status_code == 303, made.text
    return re.search(r"saved=([0-9a-f-]+)", made.headers["Location"]).group(1)


def opened(browser, report):
    """The page that a saved report leads to."""
    there = browser.go(f"/reports/saved/{report}")
    assert there.status_code == 303
    return browser.get(there.headers["Location"])


def rule(house, tenant, **more):
    house.add(AccessRule(**{"row_scope": "all", "hidden": [], "readonly": []} | more), tenant=tenant)


def test_a_reader_with_own_rows_sees_own_figures(house, tenant, repairs):
    report = share(house, tenant)
    rule(house, tenant, role="agent", resource="garage.repair", row_scope="own")
    owner, agent = (opened(house.browser(role, tenant), report).text for role in ("owner", "agent"))
    assert "$50.00" in owner
    assert "$20.00" in agent
    assert "$50.00" not in agent
    assert "$30.00" not in agent


@pytest.mark.parametrize(
    ("hidden", "query"),
    [
        ("cost", QUERY),
        ("status", QUERY),
        ("cost", "by=status&cost.empty=false"),
    ],
)
def test_what_a_reader_may_not_see_is_left_out_and_said(house, tenant, repairs, hidden, query):
    """A field that is hidden from the reader: as a measure, as a group, as a filter."""
    report = share(house, tenant, query=query)
    rule(house, tenant, role="viewer", resource="garage.repair", hidden=[hidden])
    page = opened(house.browser("viewer", tenant), report)
    assert page.status_code == 200
    assert "$" not in page.text or hidden != "cost"
    assert "Part of this report is left out: you may not see it" in page.text
    assert "left out" not in opened(house.browser("owner", tenant), report).text
    assert house.api("viewer", tenant).get(f"/reports/saved/{report}/result").status_code in (200, 422)


def test_who_may_not_read_the_records_has_no_report(house, tenant, repairs):
    """No role here reads them: the list does not name it, its page and figures are not there, a card neither."""
    report = share(house, tenant)
    stranger = house.api("viewer", tenant, scopes=("reports.saved_report.read",))
    assert stranger.get(f"/reports/saved/{report}/result").status_code == 404
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    for role in ("owner", "viewer"):
        browser = house.browser(role, tenant)
        assert f"/reports/saved/{report}" not in browser.go("/reports/all/").text
        assert browser.go(f"/reports/saved/{report}").status_code == 404
        assert house.api(role, tenant).get(f"/reports/saved/{report}/result").status_code == 404
    for page in ("/garage/repair/report", "/reports/ready/garage.by_state", "/reports/data/garage.work"):
        assert house.browser("owner", tenant).go(page).status_code == 404
    assert house.browser("owner", tenant).go("/reports/cards/garage.states").status_code == 404
    with house.inside(tenant) as session:
        switch(tenant, "garage", "on")
        session.commit()
    assert "$50.00" in opened(house.browser("owner", tenant), report).text, "nothing was lost"


def test_a_card_of_a_shared_report_of_a_plugin_that_is_off_leaves_the_start_page_whole(house, tenant, repairs):
    report = share(house, tenant)
    browser = house.browser("viewer", tenant)
    key = f"saved-{report}"
    assert browser.send("/reports/cards/", {"cards": [key], f"show.{key}": "table"}).status_code == 303
    assert key in browser.go("/").text
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    page = browser.go("/")
    assert page.status_code == 200
    assert "What we do" not in page.text
    assert browser.go(f"/reports/cards/{key}?show=table").status_code == 404


def test_a_shared_report_on_a_dataset_that_a_feature_closes(house, tenant):
    from app.installation.features import set_flag

    [tree] = house.add(Tree(name="Apple"), tenant=tenant)
    house.add(Harvest(tree_id=tree, crates=3), tenant=tenant)
    report = share(house, tenant, "orchard.picked", "measure=crates", "Crates of all")
    viewer = house.browser("viewer", tenant)
    assert "Crates of all" in viewer.go("/reports/all/").text
    with house.app.app_context():
        set_flag("orchard.trial", tenant.id, False, "a test")
    assert "Crates of all" not in viewer.go("/reports/all/").text
    assert viewer.go(f"/reports/saved/{report}").status_code == 404
