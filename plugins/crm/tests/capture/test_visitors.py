"""Campaigns of the first touch, visitors who are known already, and answers that go to more than words."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.data import Scope, db, scope
from app.identity.services import remove_member
from app.sdk import Company, Contact, ContactAddress
from plugins.crm.models import Activity, CaptureForm, CaptureSubmission, Lead, LeadStatus
from plugins.crm.models.assignment import AssignmentRule
from plugins.crm.services.capture import processing
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.capture.questions import NORA, Run, question

AD = {"utm_source": "ads", "utm_medium": "cpc", "utm_campaign": "Spring", "gclid": "G-1", "fbclid": "F-1"}


def test_the_campaign_of_the_first_touch_is_the_leads(house, tenant, make_form, visitor, work, look):
    key, _id = make_form(source=None)
    visitor.send(key, **NORA, **AD)
    assert work() == [("done", None)]
    ((lead, *touch),) = look(
        select(Lead.id, Lead.utm_source, Lead.utm_medium, Lead.utm_campaign, Lead.gclid, Lead.fbclid, Lead.source)
    )
    assert touch == ["ads", "cpc", "Spring", "G-1", "F-1", "ads"]
    api = house.api("manager", tenant)
    assert [one["id"] for one in api.get("/crm/lead?utm_campaign.is=Spring").json["data"]] == [str(lead)]
    assert api.get("/crm/lead?utm_campaign.is=Autumn").json["data"] == []
    assert api.get(f"/crm/submission?lead.is={lead}").json["data"][0]["lead"] == str(lead)
    page = house.browser("manager", tenant).go(f"/crm/lead/{lead}").text
    assert "Spring" in page
    assert "Answers to forms" in page


def test_leads_are_counted_by_campaign(house, tenant, make_form, visitor, work):
    key, _id = make_form()
    for number, campaign in enumerate(("Spring", "Spring", "Autumn")):
        visitor.send(key, name=f"V {number}", email=f"v{number}@mail.example", utm_campaign=campaign)
    assert work() == [("done", None)] * 3
    answer = house.api("manager", tenant).get("/reports/run?source=crm.lead&by=utm_campaign&measure=count")
    assert answer.status_code == 200, answer.text
    names = [row["label"] for row in answer.json["rows"]]
    counts = {names[one["row"]]: one["count"] for one in answer.json["cells"] if one["row"] is not None}
    assert counts == {"Spring": 2, "Autumn": 1}
    page = house.browser("manager", tenant).go("/crm/lead/report?by=utm_campaign&measure=count")
    assert page.status_code == 200
    assert "Spring" in page.text


@pytest.fixture
def known(house, tenant, make_form, visitor, work, look):
    """Nora's open lead, which an agent looks after; gives the lead's and the agent's ids."""
    agent = member_of(house, tenant, "agent")
    key, _id = make_form(assigned_to_id=agent)
    visitor.send(key, **NORA, **AD)
    assert work() == [("done", None)]
    return look(select(Lead.id))[0][0], agent


def test_a_known_visitor_goes_to_whoever_looks_after_them(known, make_form, visitor, work, look):
    _lead, agent = known
    key, _id = make_form(name="Second")
    visitor.send(key, **{**NORA, "message": "One more thing"})
    assert [state for state, _problem in work()] == ["done", "done"]
    rows = look(select(Lead.assigned_to_id, Lead.description).order_by(Lead.id))
    assert rows == [(agent, "Please call"), (agent, "One more thing")]


def test_or_onto_their_open_lead_with_all_they_said(house, tenant, known, make_form, visitor, work, look):
    lead, _agent = known
    key, _id = make_form(name="Second", known_visitor="onto")
    visitor.send(key, **{**NORA, "message": "One more thing"}, colour="Blue", utm_campaign="Autumn")
    assert [state for state, _problem in work()] == ["done", "done"]
    ((said, about),) = look(select(Activity.notes, Activity.lead_id).where(Activity.kind == "form"))
    assert about == lead
    for words in ("One more thing", "Colour: Blue", "Nora Salem"):
        assert words in said
    assert look(select(Lead.utm_campaign)) == [("Spring",)], "the first touch stays"
    assert look(select(CaptureSubmission.lead_id, CaptureSubmission.went_onto).order_by(CaptureSubmission.id)) == [
        (lead, False), (lead, True),
    ]  # fmt: skip
    page = house.browser("owner", tenant).go(f"/crm/lead/{lead}/timeline").text
    assert "Answer to a form: Second" in page
    assert "One more thing" in page


def test_or_is_a_new_lead_like_any(known, make_form, visitor, work, look):
    key, _id = make_form(known_visitor="new")
    visitor.send(key, **{**NORA, "message": "One more thing"})
    work()
    assert look(select(Lead.assigned_to_id).order_by(Lead.id))[1] == (None,)


def test_a_closed_lead_takes_nothing_more(house, tenant, known, make_form, visitor, work, look):
    lead, _agent = known
    assert house.api("owner", tenant).post(f"/crm/lead/{lead}/actions/win").status_code == 200
    key, _id = make_form(known_visitor="onto")
    visitor.send(key, **NORA, colour="Red")
    work()
    assert len(look(select(Lead.id))) == 2


def test_one_person_who_sends_at_once_has_one_lead(app, tenant, make_form, visitor, look):
    key, _id = make_form(known_visitor="onto")
    for number in range(4):
        visitor.send(key, **{**NORA, "phone": "", "message": f"word {number}"})
    ids = [str(one) for (one,) in look(select(CaptureSubmission.id))]
    barrier, failed = threading.Barrier(len(ids)), []

    def work(one):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            barrier.wait()
            try:
                processing.process(Run(), one)
                db.session.commit()
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in ids]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert failed == []
    ((description,),) = look(select(Lead.description))
    said = [notes for (notes,) in look(select(Activity.notes))]
    assert all(f"word {number}" in " ".join([description, *said]) for number in range(4)), "nothing is lost"
    assert len(said) == 3


MORE = (
    ("Source", "lead.source", "text"), ("Urgent", "lead.priority", "text"), ("Mood", "lead.status", "text"),
    ("City", "contact.city", "text"), ("Country", "contact.country", "text"), ("Zip", "contact.postal_code", "text"),
)  # fmt: skip


def test_answers_go_to_choices_tags_and_address(house, tenant, make_form, visitor, work, look):
    key, form_id = make_form()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions += [question(label, target, kind) for label, target, kind in MORE]
        form.questions.append(question("Topics", "lead.tags", "choices", options="Roof\nDoors\nWindows"))
        session.commit()
    page = visitor.page(key).text
    assert page.count('type="checkbox" name="topics"') == 3
    more = {"source": "fair", "urgent": "High", "mood": "hot", "city": "Riyadh", "country": "Saudi Arabia"}
    visitor.send(key, **NORA, company="Acme", **more, zip="11564", topics=["Roof", "Doors"])
    assert work() == [("done", None)]
    ((source, priority, tags, status),) = look(
        select(Lead.source, Lead.priority, Lead.tags, LeadStatus.key).join(LeadStatus, LeadStatus.id == Lead.status_id)
    )
    assert (source, priority, status) == ("fair", "high", "hot")
    assert set(tags) == {"Roof", "Doors"}
    assert look(select(ContactAddress.city, ContactAddress.country, ContactAddress.postal_code)) == [
        ("Riyadh", "SA", "11564")
    ]
    assert look(select(Company.name)) == [("Acme",)]
    visitor.send(key, **{**NORA, "message": "again"}, **more, zip="11564")
    work()
    assert len(look(select(ContactAddress.id))) == 1
    assert len(look(select(Contact.id))) == 1
    visitor.send(key, **{**NORA, "message": "third"}, country="Atlantis")
    (*_done, (state, problem)) = work()
    assert state == "dead"
    assert "Atlantis" in problem


def test_several_choices_are_of_the_list(house, tenant, make_form, visitor, work, look):
    key, form_id = make_form()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Topics", None, "choices", options="Doors\nWindows"))
        session.commit()
    wrong = visitor.send(key, **NORA, topics=["Doors", "Roofs"])
    assert wrong.status_code == 422
    assert 'value="Doors" checked' in wrong.text
    token = visitor.ask(key).json["token"]
    sent = visitor.post(key, {"token": token, "answers": {**NORA, "topics": ["Windows", "Doors"]}})
    assert sent.status_code == 202
    assert work() == [("done", None)]
    assert look(select(Lead.description)) == [("Please call\nTopics: Windows, Doors",)]


def test_what_became_a_lead_stays_one_when_the_form_asks_for_more(app, house, tenant, make_form, visitor, work, look):
    key, form_id = make_form()
    visitor.send(key, **NORA)
    work()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Size", None, required=True))
        session.commit()
    with app.app_context(), scope(Scope(tenant.id, via="job")):
        assert processing.again(Run(), str(form_id)) == {"done": 1, "dead": 0}
        db.session.commit()
    assert work() == [("done", None)]


def test_click_ids_go_with_the_person(house, tenant, make_form, visitor, work, look):
    from plugins.crm.services import privacy

    key, _id = make_form()
    visitor.send(key, **NORA, **AD)
    work()
    with house.inside(tenant) as session:
        contact = session.scalars(select(Contact)).one()
        assert privacy.export(contact)["leads"][0]["gclid"] == "G-1"
        privacy.erase(contact)
        session.commit()
    assert look(select(Lead.gclid, Lead.fbclid, Lead.utm_campaign)) == [(None, None, "Spring")]


def test_what_lacks_a_required_answer_makes_no_lead(house, tenant, make_form, work, look):
    """By whatever way it came: the page asks the visitor, a platform cannot be asked."""
    _key, form_id = make_form()
    rows = (
        CaptureSubmission(form_id=form_id, key="a", answers={"name": "Nora"}, raw={}, via="webhook", state="received"),
        CaptureSubmission(form_id=form_id, key="b", answers={"x": "y"}, raw={}, via="webhook", state="received"),
    )
    (first, _second) = house.add(*rows, tenant=tenant)
    states = work()
    assert [state for state, _problem in states] == ["dead", "dead"]
    assert states[0][1] == "Email: Please fill in “Email”."
    assert "None of the answers" in states[1][1]
    assert look(select(Lead.id)) == []
    api = house.api("manager", tenant)
    api.patch(f"/crm/submission/{first}", {"answers": {"name": "Nora", "email": "nora@mail.example"}})
    api.post(f"/crm/submission/{first}/actions/replay")
    assert work()[0] == ("done", None)
    assert look(select(Lead.title)) == [("Nora",)]


def test_a_form_of_somebody_who_has_left_lets_the_rules_find_an_owner(
    app, house, tenant, make_form, visitor, work, look
):
    agent, manager = member_of(house, tenant), member_of(house, tenant, "manager")
    key, _id = make_form(assigned_to_id=agent)
    with app.app_context():
        remove_member(house.people[tenant.slug, "agent"].id, tenant.id)
    visitor.send(key, **NORA)
    assert work() == [("done", None)]
    assert look(select(Lead.assigned_to_id)) == [(None,)], "in the pool, where somebody sees it"
    house.add(AssignmentRule(name="All", member_id=manager), tenant=tenant)
    visitor.send(key, name="Other", email="other@mail.example")
    work()
    assert look(select(Lead.assigned_to_id).order_by(Lead.id)) == [(None,), (manager,)]
