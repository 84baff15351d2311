"""The checklist of a new tenant: computed from what is there, for whoever may do it, put away by an admin for all."""

from __future__ import annotations

import pytest

from app.contacts.models import Contact
from app.testing.counting import count_statements
from app.testing.pages import page_of

STEPS = "/desk/first-steps"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def undone(browser):
    return browser.go(STEPS).text.count("<li><svg")


def test_a_step_is_done_when_its_record_is_there(house, tenant):
    owner = house.browser("owner", tenant)
    before = undone(owner)
    assert before >= 3
    house.add(Contact(full_name="Ada"), tenant=tenant)
    assert undone(owner) == before - 1


def test_they_cost_one_statement_and_the_start_page_none(house, tenant):
    owner = house.browser("owner", tenant)
    for path, most in ((STEPS, 2), ("/", 3)):
        owner.go(path)
        with count_statements() as seen:
            owner.go(path)
        assert len(seen) <= most, seen.report()


def test_admins_put_them_away_for_everybody_and_others_never_see_them(house, tenant):
    owner, admin, agent = (house.browser(role, tenant) for role in ("owner", "admin", "agent"))
    assert "data-load" not in agent.go("/").text
    assert undone(agent) == 0
    assert agent.send(f"{STEPS}/hide").status_code == 403
    assert "data-load" in owner.go("/").text
    assert admin.send(f"{STEPS}/hide").status_code == 303
    assert admin.send(f"{STEPS}/hide").status_code == 403, "they are away already"
    assert "data-load" not in owner.go("/").text
    assert page_of(house.browser("owner").go("/")).links, "another tenant's start page"
    assert undone(owner) == 0
