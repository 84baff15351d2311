"""Leads that are left alone: owners hear of it, then those above them; of nobody's leads who looks after them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.features.access_rules import AccessRule
from app.installation.settings import save_settings
from app.messaging.models import Notification
from app.sdk import Member, utcnow
from plugins.crm.models import Lead, Territory
from plugins.crm.tests.agenda import member_of, new_lead
from plugins.crm.tests.test_reminders import DAY, remind, told

OLD = timedelta(days=15)


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    return tenant, member_of(house, tenant)


def alert(app, house, tenant, times=1):
    for _time in range(times):
        remind(app, house, tenant, "crm.stale_alert")


def later(house, tenant, days):
    """So many days pass for what was told."""
    with house.inside(tenant) as session:
        passed = text("UPDATE crm.reminder SET created_at = created_at - :days")
        session.execute(passed, {"days": timedelta(days=days)}, execution_options={"tenantry_is_told": True})
        session.commit()


def kinds(house, tenant, member):
    with house.inside(tenant) as session:
        found = select(Notification.kind).where(Notification.member_id == member)
        return sorted(session.scalars(found))


def wish(house, tenant, **values):
    with house.inside(tenant) as session:
        save_settings("crm", values)
        session.commit()


def test_admins_hear_once_of_leads_that_nobody_has(app, house, place):
    tenant, agent = place
    for number in range(2):
        new_lead(house, tenant, None, title=f"left {number}", last_activity_at=utcnow() - OLD)
    new_lead(house, tenant, None, title="fresh")
    alert(app, house, tenant, times=2)
    for role in ("owner", "admin"):
        assert told(house, tenant, member_of(house, tenant, role)) == ["Leads that nobody has, without activity: 2"]
    assert told(house, tenant, agent) == []


def test_the_manager_of_a_territory_hears_of_its_leads_or_of_those_below(app, house, place):
    tenant, agent = place
    above, below = Territory(name="EMEA", manager_id=agent), Territory(name="Gulf")
    house.add(above, tenant=tenant)
    below.part_of_id = above.id
    house.add(below, tenant=tenant)
    lead = new_lead(house, tenant, None, title="left", last_activity_at=utcnow() - OLD)
    with house.inside(tenant) as session:
        session.get(Lead, lead).territory_id = below.id
        session.commit()
    alert(app, house, tenant, times=2)
    assert told(house, tenant, agent) == ["Leads that nobody has, without activity: 1"]
    assert told(house, tenant, member_of(house, tenant, "owner")) == []


def test_a_tenant_may_want_no_such_alert(app, house, place):
    tenant, _agent = place
    new_lead(house, tenant, None, title="left", last_activity_at=utcnow() - OLD)
    wish(house, tenant, alert_unowned=False)
    alert(app, house, tenant)
    assert told(house, tenant) == []


@pytest.fixture
def led(house, place):
    """The agent reports to the manager."""
    tenant, agent = place
    manager = member_of(house, tenant, "manager")
    answer = house.api("owner", tenant).patch(f"/console/member/{agent}", {"reports_to": str(manager)})
    assert answer.status_code == 200, answer.text
    return tenant, agent, manager


def test_whom_the_owner_reports_to_hears_when_nothing_happens_after_the_alert(app, house, led):
    tenant, agent, manager = led
    lead = new_lead(house, tenant, agent, title="left", last_activity_at=utcnow() - OLD)
    alert(app, house, tenant, times=2)
    later(house, tenant, 6)
    alert(app, house, tenant)
    assert (kinds(house, tenant, agent), kinds(house, tenant, manager)) == (["crm.leads_stale"], [])
    later(house, tenant, 1)
    alert(app, house, tenant, times=2)
    assert kinds(house, tenant, agent) == ["crm.leads_stale"]
    assert told(house, tenant, manager) == ["Leads of your people, still without activity: 1"]
    with house.inside(tenant) as session:
        session.get(Lead, lead).last_activity_at = utcnow() - OLD + DAY / 2
        session.commit()
    alert(app, house, tenant)
    assert len(told(house, tenant, agent)) == 2, "left alone again, it is another alert"
    assert len(told(house, tenant, manager)) == 1


def test_what_somebody_worked_on_meanwhile_goes_no_higher(app, house, led):
    tenant, agent, manager = led
    lead = new_lead(house, tenant, agent, title="left", last_activity_at=utcnow() - OLD)
    alert(app, house, tenant)
    later(house, tenant, 8)
    with house.inside(tenant) as session:
        session.get(Lead, lead).last_activity_at = utcnow()
        session.commit()
    alert(app, house, tenant)
    assert told(house, tenant, manager) == []


def test_who_reports_to_nobody_is_told_alone_and_the_pause_is_a_setting(app, house, led):
    tenant, agent, manager = led
    new_lead(house, tenant, manager, title="left", last_activity_at=utcnow() - OLD)
    new_lead(house, tenant, agent, title="left too", last_activity_at=utcnow() - OLD)
    wish(house, tenant, escalate_days=0)
    alert(app, house, tenant)
    later(house, tenant, 30)
    alert(app, house, tenant)
    assert kinds(house, tenant, manager) == ["crm.leads_stale"]
    wish(house, tenant, escalate_days=20)
    alert(app, house, tenant)
    assert kinds(house, tenant, manager) == ["crm.leads_escalated", "crm.leads_stale"]
    with house.inside(tenant) as session:
        assert session.get(Member, manager).reports_to_id is None


def test_nobody_is_told_the_names_of_leads_out_of_their_reach(app, house, place):
    tenant, _agent = place
    house.add(AccessRule(role="admin", resource="crm.lead", row_scope="own"), tenant=tenant)
    for number in range(2):
        new_lead(house, tenant, None, title=f"left {number}", last_activity_at=utcnow() - OLD)
    alert(app, house, tenant)
    assert told(house, tenant, member_of(house, tenant, "owner")) == ["Leads that nobody has, without activity: 2"]
    assert told(house, tenant, member_of(house, tenant, "admin")) == []
