"""The roles of sales: a viewer who sells works with leads, and with nothing else."""

from __future__ import annotations

from app.identity.services import add_member
from plugins.crm.models import Lead
from plugins.crm.tests.agenda import new_lead


def test_a_viewer_who_sells_works_with_leads_alone(house):
    tenant = house.new_tenant()
    viewer = house.people[tenant.slug, "viewer"]
    lead = new_lead(house, tenant, None, title="Zqfree")
    assert house.api("viewer", tenant).patch(f"/crm/lead/{lead}", {"title": "x"}).status_code == 403
    with house.app.app_context():
        add_member(viewer, tenant, "crm.seller")
    api = house.api("viewer", tenant)
    assert api.post("/crm/lead/actions/take", {"ids": [str(lead)]}).status_code == 200
    assert api.patch(f"/crm/lead/{lead}", {"title": "Zqmine"}).status_code == 200
    assert api.post("/crm/pipeline", {"name": "x"}).status_code == 403
    assert api.delete(f"/crm/lead/{lead}").status_code == 403
    with house.inside(tenant) as session:
        assert session.get_one(Lead, lead).title == "Zqmine"


def test_an_agent_who_leads_sales_sets_up_what_managers_do(house):
    tenant = house.new_tenant()
    agent = house.people[tenant.slug, "agent"]
    assert house.api("agent", tenant).post("/crm/lead/actions/distribute", {"ids": []}).status_code == 403
    with house.app.app_context():
        add_member(agent, tenant, "crm.sales_manager")
    assert house.api("agent", tenant).post("/crm/lead/actions/distribute", {"ids": []}).status_code != 403
    assert house.api("agent", tenant).get("/crm/assignment_rule").status_code == 200
    assert house.browser("agent", tenant).go("/console/why/").status_code == 403
