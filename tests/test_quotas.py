"""What a plan has room for, on every way in."""

from __future__ import annotations

import pytest

from app.host.quotas import check_quota
from plugins.crm.models import Lead
from tests.plugins_for_tests.orchard.plugin import allowed


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def test_a_plan_may_limit_leads(house, tenant, monkeypatch):
    monkeypatch.setitem(allowed, "crm.leads", 1)
    api = house.api("owner", tenant)
    assert api.post("/crm/lead", {"title": "The only one"}).status_code == 201
    refused = api.post("/crm/lead", {"title": "One too many"})
    assert refused.status_code == 422
    assert "has room for 1: Leads" in refused.text
    page = house.browser("owner", tenant).send("/crm/lead/add", {"title": "One too many"})
    assert page.status_code == 422
    assert 'value="One too many"' in page.text, "what was typed stays"
    with house.inside(tenant) as session:
        assert session.query(Lead).count() == 1
        with pytest.raises(ValueError, match="room for 1"):
            check_quota("crm.leads")


def test_other_numbers_are_not_limited(house, tenant, monkeypatch):
    monkeypatch.setitem(allowed, "orchard.trees", 0)
    assert house.api("owner", tenant).post("/crm/lead", {"title": "As many as you like"}).status_code == 201
    assert house.api("owner", tenant).post("/orchard/tree", {"name": "None"}).status_code == 422
