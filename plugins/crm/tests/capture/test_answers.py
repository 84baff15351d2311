"""What cannot be understood waits; after a change of the mapping all is filled in again."""

from __future__ import annotations

from sqlalchemy import select

from app.data import Scope, db, scope
from app.host.custom_fields import CustomFieldDef
from app.messaging.models import OutboundMessage
from app.sdk import Contact, Team, TeamMember
from plugins.crm.models import CaptureForm, CaptureSubmission, Lead
from plugins.crm.services.capture import processing
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.capture.questions import NORA, Run, question


def test_what_cannot_be_understood_waits_for_a_person(house, tenant, make_form, visitor, work, look):
    key, _id = make_form()
    visitor.send(key, **NORA, budget="12")
    with house.inside(tenant) as session:
        row = session.scalars(select(CaptureSubmission)).one()
        row.answers = {**row.answers, "email": "broken", "budget": "a lot"}
        row_id = row.id
        session.commit()
    ((state, problem),) = work()
    assert state == "dead"
    assert "broken" in problem
    assert look(select(Lead.id)) == []
    assert look(select(Contact.id)) == []
    api = house.api("manager", tenant)
    assert api.get("/crm/submission?state.is=dead").json["data"][0]["problem"] == problem
    corrected = {**NORA, "budget": "a lot"}
    assert api.patch(f"/crm/submission/{row_id}", {"answers": corrected}).status_code == 200
    assert api.post(f"/crm/submission/{row_id}/actions/replay").status_code == 200
    ((state, problem),) = work()
    assert state == "dead"
    assert problem.startswith("Budget:")
    api.patch(f"/crm/submission/{row_id}", {"answers": NORA})
    api.post(f"/crm/submission/{row_id}/actions/replay")
    assert work() == [("done", None)]
    ((raw,),) = look(select(CaptureSubmission.raw))
    assert raw["budget"] == "12"


def test_after_a_change_of_the_mapping_all_answers_are_filled_in_again(
    app, house, tenant, make_form, visitor, work, look
):
    key, form_id = make_form()
    visitor.send(key, **NORA, company="Acme")
    work()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        for one in form.questions:
            if one.name == "colour":
                one.target = "contact.position"
        session.scalars(select(CaptureSubmission)).one().answers = {**NORA, "colour": "Blue"}
        session.commit()
    assert house.api("owner", tenant).post(f"/crm/capture_form/{form_id}/actions/process_again").status_code == 200
    with app.app_context(), scope(Scope(tenant.id, via="job")):
        assert processing.again(Run(), str(form_id)) == {"done": 1, "dead": 0}
        db.session.commit()
    assert look(select(Contact.position)) == [("Blue",)]
    assert len(look(select(Lead.id))) == 1


def test_a_field_of_the_tenants_own_takes_an_answer(house, tenant, make_form, visitor, work, look):
    house.add(CustomFieldDef(resource="crm.lead", key="size", label="Size", kind="integer"), tenant=tenant)
    key, form_id = make_form()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Size", "lead.custom", custom_key="size"))
        session.commit()
    visitor.send(key, **NORA, size="42")
    assert work() == [("done", None)]
    assert look(select(Lead.custom_fields)) == [({"size": 42},)]


def test_what_became_a_lead_stays_done_when_the_form_cannot_read_it_any_more(
    app, house, tenant, make_form, visitor, work, look
):
    house.add(CustomFieldDef(resource="crm.lead", key="size", label="Size", kind="integer"), tenant=tenant)
    key, form_id = make_form()
    visitor.send(key, **NORA, colour="Blue")
    assert work() == [("done", None)]
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Size", "lead.custom", custom_key="size"))
        session.scalars(select(CaptureSubmission)).one().answers = {**NORA, "size": "large"}
        session.commit()
    with app.app_context(), scope(Scope(tenant.id, via="job")):
        assert processing.again(Run(), str(form_id)) == {"done": 1, "dead": 0}
        db.session.commit()
    ((state, problem),) = work()
    assert state == "done"
    assert "size" in problem, "it says what could not be taken over"
    assert len(look(select(Lead.id))) == 1


def test_processing_again_asks_nobody_to_confirm_what_became_a_lead(app, house, tenant, make_form, visitor, work, look):
    """The form began to ask for confirmation later: who sent it before is not written to now."""
    key, form_id = make_form()
    visitor.send(key, **NORA)
    assert work() == [("done", None)]
    with house.inside(tenant) as session:
        session.get(CaptureForm, form_id).double_opt_in = True
        session.commit()
    with app.app_context(), scope(Scope(tenant.id, via="job")):
        assert processing.again(Run(), str(form_id)) == {"done": 1, "dead": 0}
        db.session.commit()
    assert work() == [("done", None)]
    assert look(select(OutboundMessage.id)) == []


def test_an_answer_that_makes_no_lead_takes_nobodys_turn(house, tenant, make_form, visitor, work, look):
    members = [member_of(house, tenant, role) for role in ("agent", "manager")]
    [team] = house.add(Team(name="Sellers"), tenant=tenant)
    house.add(*(TeamMember(team_id=team, membership_id=one) for one in members), tenant=tenant)
    key, form_id = make_form(team_id=team)
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Status", "lead.status"))
        session.commit()
    for number in range(8):
        unknown = {"status": "no such status"} if number % 2 == 0 else {}
        visitor.send(key, name=f"V {number}", email=f"v{number}@mail.example", **unknown)
        work()
    assert [state for state, _problem in work()] == ["dead", "done"] * 4
    owners = [owner for (owner,) in look(select(Lead.assigned_to_id))]
    assert [owners.count(one) for one in members] == [2, 2]
