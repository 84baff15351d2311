"""Undo after deleting and after a bulk change: by whoever did it, as far as nobody has changed it since."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.contacts.models import Contact
from app.testing.pages import page_of
from plugins.crm.tests.agenda import member_of, new_lead
from tests.plugins_for_tests.garage.models import Vehicle

PEOPLE = "/contacts/contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("manager", tenant)


def people(house, tenant, *names):
    return house.add(*(Contact(first_name=name, full_name=name) for name in names), tenant=tenant)


def living(house, tenant):
    with house.inside(tenant) as session:
        return set(session.scalars(select(Contact.full_name).where(Contact.deleted_at.is_(None))))


def offer(browser, answer):
    """What the page that follows would send for its Undo button."""
    assert answer.status_code == 303, answer.text[:500]
    page = page_of(browser.get(answer.location))
    return page.form("/undo").data()


def test_a_deleted_record_comes_back(house, tenant, browser):
    ada, _bob = people(house, tenant, "Ada", "Bob")
    sent = offer(browser, browser.send(f"{PEOPLE}/{ada}/delete"))
    assert living(house, tenant) == {"Bob"}
    back = browser.send(f"{PEOPLE}/undo", sent)
    assert back.location.endswith(f"{PEOPLE}/")
    assert living(house, tenant) == {"Ada", "Bob"}


def test_many_deleted_records_come_back_as_one(house, tenant, browser):
    ids = people(house, tenant, *(f"P{n}" for n in range(40)))
    deleted = browser.send(f"{PEOPLE}/bulk-delete", {"id": [str(one) for one in ids], "_run": "1"})
    sent = offer(browser, deleted)
    assert living(house, tenant) == set()
    browser.send(f"{PEOPLE}/undo", sent)
    assert len(living(house, tenant)) == 40


def test_what_was_changed_since_stays_and_is_named(house, tenant, browser):
    ada, bob = people(house, tenant, "Ada", "Bob")
    deleted = browser.send(f"{PEOPLE}/bulk-delete", {"id": [str(ada), str(bob)], "_run": "1"})
    sent = offer(browser, deleted)
    other = house.browser("owner", tenant)
    other.send(f"{PEOPLE}/trash/{ada}/restore")
    assert (
        other.send(
            f"{PEOPLE}/{ada}/edit", {"first_name": "Ada", "last_name": "King", "_version": "3", "_confirmed": "1"}
        ).status_code
        == 303
    )
    page = browser.send(f"{PEOPLE}/undo", sent)
    assert page.status_code == 200
    assert "King" in page.text or "Ada" in page.text
    assert "Bob" not in page_of(page).text
    assert "Bob" in living(house, tenant)


def test_nobody_undoes_what_another_did(house, tenant, browser):
    (ada,) = people(house, tenant, "Ada")
    sent = offer(browser, browser.send(f"{PEOPLE}/{ada}/delete"))
    house.browser("owner", tenant).send(f"{PEOPLE}/undo", sent)
    house.browser("owner").send(f"{PEOPLE}/undo", sent)
    assert living(house, tenant) == set()


@pytest.mark.parametrize(
    "numbers", [{}, {"first": "x", "last": "2"}, {"first": "2", "last": "1"}, {"first": "1", "last": "9" * 18}]
)
def test_nonsense_undoes_nothing(browser, numbers):
    assert browser.send(f"{PEOPLE}/undo", numbers).status_code == 303


def vehicles(house, tenant, count):
    return house.add(*(Vehicle(plate=f"U-{n}", state="used") for n in range(count)), tenant=tenant)


def states(house, tenant):
    with house.inside(tenant) as session:
        return dict(session.execute(select(Vehicle.plate, Vehicle.state)).all())


def test_a_bulk_change_is_undone_except_where_somebody_went_on(house, tenant, browser):
    ids = vehicles(house, tenant, 3)
    done = browser.send("/garage/vehicle/actions/scrap", {"id": [str(one) for one in ids], "_run": "1"})
    sent = offer(browser, done)
    after = states(house, tenant)
    assert set(after.values()) == {"sold"}
    house.browser("owner", tenant).send(f"/garage/vehicle/{ids[0]}/field/odometer", {"odometer": "7", "_version": "2"})
    page = browser.send("/garage/vehicle/undo", sent)
    assert page.status_code == 200
    assert "U-0" in page_of(page).text
    assert "U-1" not in page_of(page).text
    assert states(house, tenant) == {"U-0": "sold", "U-1": "used", "U-2": "used"}


def test_an_undo_is_not_offered_where_more_was_done_than_fields_show(house, tenant, browser):
    """Winning a lead sets its date, which nobody can set by hand."""
    (lead,) = [new_lead(house, tenant, member_of(house, tenant, "manager"), title="Big")]
    done = browser.send("/crm/lead/actions/win", {"id": str(lead)})
    assert done.status_code == 303
    assert not [form for form in page_of(browser.get(done.location)).forms if form.action.endswith("/undo")]


def test_what_was_made_is_not_emptied(house, tenant, browser):
    """Numbers of entries that no note offered: a new record is no change."""
    made = browser.send(f"{PEOPLE}/add", {"first_name": "Ada", "last_name": "King"})
    assert made.status_code == 303
    with house.inside(tenant) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "contacts.contact.create")).one()
    browser.send(f"{PEOPLE}/undo", {"first": str(entry.seq), "last": str(entry.seq)})
    assert living(house, tenant) == {"Ada King"}
