"""The week, and free times."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape

import pytest

from app.testing.counting import count_statements
from plugins.crm.models import Absence, Task
from plugins.crm.services import week
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead


@pytest.fixture
def place(house):
    tenant = house.new_tenant(timezone="Asia/Riyadh", country="SA")
    agent = member_of(house, tenant)
    return tenant, agent, new_lead(house, tenant, agent)


def test_weeks_begin_as_they_do_in_the_country():
    wednesday = date(2031, 3, 5)
    assert week.first_day(wednesday, "SA") == date(2031, 3, 2)
    assert week.first_day(wednesday, "DE") == date(2031, 3, 3)
    assert week.first_day(date(2031, 3, 2), "SA") == date(2031, 3, 2)


def test_a_week_shows_all_that_is_in_it_on_the_reader_s_clock(house, place):
    tenant, agent, lead_id = place
    manager = member_of(house, tenant, "manager")
    new_appointment(house, tenant, lead_id, agent, LATER.replace(hour=22))  # in Riyadh it is Thursday already
    new_appointment(house, tenant, lead_id, manager, LATER)
    new_lead(house, tenant, agent, title="come back", next_follow_up_at=LATER + timedelta(hours=3))
    house.add(Task(title="write", state="open", due_at=LATER, assignee_id=agent), tenant=tenant)
    browser = house.browser("agent", tenant)
    page = browser.go("/crm/calendar/?from=2031-03-05")
    days = page.text.split('<section class="week-day')[1:]
    assert len(days) == 7
    assert "2031-03-02" in days[0]
    assert "1:00\u202fAM Appointment" in days[4]
    assert "3:00\u202fPM Follow-up" in days[3]
    assert "write" in days[3]
    assert page.text.count("Talk") == 1
    everybody = house.browser("owner", tenant).go("/crm/calendar/?from=2031-03-05&of=all")
    assert everybody.text.count("Talk") == 2
    assert "Manager" in everybody.text
    for nonsense in ("x", "0001-01-01", "9999-12-31", "%00"):
        assert browser.go(f"/crm/calendar/?from={nonsense}").status_code == 200
    with count_statements() as seen:
        browser.go("/crm/calendar/?from=2031-03-05")
    assert len(seen) <= 8, seen.report()


def test_free_times_lead_to_a_filled_form(house, place):
    tenant, _agent, _lead_id = place
    manager = member_of(house, tenant, "manager")
    browser = house.browser("agent", tenant)
    page = browser.go(f"/crm/free-times/?member={manager}&minutes=60")
    links = [unescape(part.partition('"')[0]) for part in page.text.split('href="')[1:] if "scheduled_at=" in part]
    assert len(links) == 60
    assert f"assignee={manager}" in links[0]
    form = browser.get(links[0])
    assert form.status_code == 200
    begins = links[0].partition("scheduled_at=")[2].partition("&")[0]
    assert f'value="{begins}"' in form.text
    house.add(
        Absence(member_id=manager, starts_at=LATER - timedelta(days=9999), ends_at=LATER, reason="Away"), tenant=tenant
    )
    assert "Nothing is free" in browser.go(f"/crm/free-times/?member={manager}").text
    assert browser.go("/crm/free-times/?member=x&minutes=y").status_code == 200
    assert house.browser("viewer", tenant).go("/crm/free-times/").status_code == 403


def test_the_calendar_books_on_days_to_come(house, place):
    tenant, _agent, _lead = place
    browser = house.browser("agent", tenant)
    page = browser.go("/crm/calendar/?from=2031-03-05").text
    assert 'href="/t/' + tenant.slug + '/crm/appointment/add?scheduled_at=2031-03-05T09:00"' in page
    assert 'value="2031-03-05T09:00"' in browser.go("/crm/appointment/add?scheduled_at=2031-03-05T09:00").text
    assert "scheduled_at=" not in browser.go("/crm/calendar/?from=2021-03-05").text, "what is over is over"
    page = house.browser("viewer", tenant).go("/crm/calendar/?from=2031-03-05").text
    assert "/crm/appointment/add" not in page
    assert "/crm/task/add" not in page
