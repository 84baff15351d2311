"""What a lead says of itself and what its stage says agree, whatever is done to stages, statuses and reasons."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.jobs import run_due
from plugins.crm.models import LeadStatus, LostReason
from plugins.crm.services import kinds, removing
from plugins.crm.tests.sales import Sales


@pytest.fixture
def sales(house):
    return Sales(house)


def change_kind(sales, stage, kind):
    return sales.api.patch(f"/crm/stage/{sales.stages[stage]}", {"kind": kind})


def pump(app):
    while run_due(app):
        pass


def test_leads_follow_when_their_stage_becomes_another_kind(sales):
    lead, trashed = sales.lead(title="Follows"), sales.lead(title="In the trash")
    assert sales.api.delete(f"/crm/lead/{trashed['id']}").status_code == 204
    assert change_kind(sales, "lead", "won").status_code == 200
    stored = sales.stored(lead)
    assert stored.won_at == stored.stage_since, "won since it came there"
    assert sales.stored(trashed).won_at is not None
    assert [name for name, _payload in sales.told("crm.lead_won")] == ["crm.lead_won"] * 2
    assert change_kind(sales, "lead", "open").status_code == 200
    assert sales.stored(lead).won_at is None


def test_a_stage_becomes_lost_once_its_leads_say_why(sales):
    lead = sales.lead()
    refused = change_kind(sales, "lead", "lost")
    assert refused.status_code == 422
    assert "lost" in refused.json["errors"]["kind"]
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"lost_reason": str(sales.reason)}).status_code == 200
    assert change_kind(sales, "lead", "lost").status_code == 200
    assert sales.stored(lead).lost_at is not None
    assert change_kind(sales, "lead", "open").status_code == 200
    stored = sales.stored(lead)
    assert (stored.lost_at, stored.lost_reason_id) == (None, None)


def test_many_leads_follow_by_a_job(app, sales, monkeypatch):
    monkeypatch.setattr(kinds, "AT_ONCE", 3)
    leads = [sales.lead(title=f"Lead {n}") for n in range(8)]
    assert change_kind(sales, "lead", "won").status_code == 200
    pump(app)
    assert all(sales.stored(lead).won_at for lead in leads)


def test_leads_go_to_a_lost_stage_with_a_reason(sales):
    lead = sales.lead()
    path, to = f"/crm/stage/{sales.stages['lead']}/actions/remove", str(sales.stages["lost"])
    refused = sales.api.post(path, {"to": to})
    assert refused.status_code == 422
    assert "reason" in refused.json["errors"]
    assert sales.api.post(path, {"to": to, "reason": str(sales.reason)}).status_code == 200
    stored = sales.stored(lead)
    assert stored.lost_at is not None
    assert stored.lost_reason_id == sales.reason


def test_leads_that_come_back_from_lost_have_no_reason(sales):
    lead = sales.lead()
    assert sales.act("lose", lead, reason=str(sales.reason)).status_code == 200
    path = f"/crm/stage/{sales.stages['lost']}/actions/remove"
    assert sales.api.post(path, {"to": str(sales.stages["lead"])}).status_code == 200
    stored = sales.stored(lead)
    assert (stored.lost_at, stored.lost_reason_id) == (None, None)


def test_nothing_is_put_aside_while_leads_need_it(sales):
    lead = sales.lead()
    stage = f"/crm/stage/{sales.stages['lead']}/actions/archive"
    pipeline = f"/crm/pipeline/{sales.pipeline}/actions/archive"
    for path in (stage, pipeline):
        refused = sales.api.post(path, {})
        assert refused.status_code == 409
        assert "1" in refused.text, refused.text
    sales.move(lead, "qualified")
    assert sales.api.post(stage, {}).status_code == 200
    refused = sales.move(lead, "lead")
    assert refused.status_code == 422
    assert "stage" in refused.json["errors"], "nobody goes into the archive"
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"title": "As before"}).status_code == 200
    made = sales.api.post("/crm/lead", {"title": "New", "stage": str(sales.stages["lead"])})
    assert made.status_code == 422
    assert "stage" in made.json["errors"]


def test_a_status_that_goes_is_replaced(app, sales, monkeypatch):
    with sales.house.inside(sales.tenant) as session:
        first, second = session.scalars(select(LeadStatus.id).order_by(LeadStatus.position).limit(2))
    leads = [sales.lead(title=f"Lead {n}", status=str(first)) for n in range(5)]
    assert sales.api.delete(f"/crm/status/{first}").status_code in (403, 405)
    path = f"/crm/status/{first}/actions/remove"
    assert sales.api.post(path, {"to": str(first)}).status_code == 422
    monkeypatch.setattr(removing, "AT_ONCE", 2)
    assert sales.api.post(path, {"to": str(second)}).status_code == 200
    pump(app)
    assert sales.api.get(f"/crm/status/{first}").status_code == 404
    assert {sales.stored(lead).status_id for lead in leads} == {second}
    monkeypatch.undo()
    assert sales.api.post(f"/crm/status/{second}/actions/remove", {}).status_code == 200, "a lead may have none"
    assert {sales.stored(lead).status_id for lead in leads} == {None}


def test_statuses_have_an_order(sales):
    def order():
        return [row["key"] for row in sales.api.get("/crm/status?sort=position").json["data"]]

    before = order()
    with sales.house.inside(sales.tenant) as session:
        last = session.scalars(select(LeadStatus.id).order_by(LeadStatus.position.desc())).first()
    assert sales.api.post(f"/crm/status/{last}/actions/earlier", {}).status_code == 200
    assert order() == [*before[:-2], before[-1], before[-2]]


def test_a_reason_that_lost_leads_give_is_replaced_by_another(sales):
    lead = sales.lead()
    assert sales.act("lose", lead, reason=str(sales.reason)).status_code == 200
    path = f"/crm/lost_reason/{sales.reason}/actions/remove"
    assert sales.api.post(path, {}).status_code == 422, "a lost lead says why"
    with sales.house.inside(sales.tenant) as session:
        other = session.scalars(select(LostReason.id).where(LostReason.id != sales.reason)).first()
    assert sales.api.post(path, {"to": str(other)}).status_code == 200
    assert sales.stored(lead).lost_reason_id == other
