"""Scores: the points of the rules a lead meets and why, whenever what the rules look at changes, and every night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.contacts.models import Company, Contact, ContactChannel
from app.host.custom_fields import CustomFieldDef
from app.host.versions import bring
from app.jobs.models import QueuedJob
from app.merging.models import Merge
from app.sdk import Money, utcnow
from app.tenancy.models import TenantPlugin
from app.testing.counting import count_statements
from app.testing.pumping import pump
from plugins.crm.models import Lead, Pipeline, ScoreCondition, Stage
from plugins.crm.services.conditions import Condition, meets
from plugins.crm.services.scoring import counting, score
from plugins.crm.tests.agenda import new_lead
from tests.merging_house import merge_now, undo_now

NORA = "nora@example.com"


class Run:
    """What a job is given."""

    attempt = 1

    def progress(self, done, total=None, words=""):
        self.done = done


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


def rule(api, name, points, *conditions):
    """A rule of conditions `(field, operator, value, more)`; its id."""
    made = api.post("/crm/score_rule", {"name": name, "points": points})
    assert made.status_code == 201, made.text
    for field, operator, *rest in conditions:
        value, more = (*rest, None, {})[:2] if len(rest) < 2 else rest
        sent = {"rule": made.json["id"], "field": field, "operator": operator, "value": value, **(more or {})}
        answer = api.post("/crm/score_condition", sent)
        assert answer.status_code == 201, answer.text
    return made.json["id"]


def score_of(house, tenant, lead):
    with house.inside(tenant) as session:
        found = session.get(Lead, lead)
        return found.score, found.score_reasons


def test_a_lead_is_scored_when_it_is_saved_and_says_why(house, tenant, api):
    rule(api, "has e-mail", 10, ("contact.email", "filled"))
    rule(api, "no phone", -5, ("contact.phone", "empty"))
    rule(api, "worth something", 20, ("value", "at_least", "1000"))
    rule(api, "from the web", 7, ("source", "is", "Web"))
    contact = Contact(full_name="Reachable")
    house.add(contact, tenant=tenant)
    house.add(ContactChannel(contact_id=contact.id, kind="email", value=NORA, value_normalised=NORA), tenant=tenant)
    lead = {"title": "Big", "contact": str(contact.id), "value": {"amount": "1000.00", "currency": "USD"}}
    made = api.post("/crm/lead", lead).json
    assert made["score"] == 25
    assert made["score_reasons"].splitlines() == [
        "+10 has e-mail: Contact: e-mail is filled in", "-5 no phone: Contact: phone is empty",
        "+20 worth something: Value is at least 1000",
    ]  # fmt: skip
    changed = api.patch(f"/crm/lead/{made['id']}", {"source": "web", "value": None}).json
    assert changed["score"] == 12
    assert "worth" not in changed["score_reasons"]


def test_the_reasons_are_in_the_tenant_s_language(house):
    tenant = house.new_tenant(locale="ar")
    api = house.api("owner", tenant)
    rule(api, "عاجل", 10, ("priority", "is", "high"))
    made = api.post("/crm/lead", {"title": "T", "priority": "high"}).json
    assert made["score_reasons"] == "+10 عاجل: الأولوية يساوي عالية", "whoever asks in English reads the same"


def test_without_rules_there_is_no_score(api):
    made = api.post("/crm/lead", {"title": "Plain"}).json
    assert made["score"] is None
    assert made["score_reasons"] is None


def test_all_conditions_of_one_alternative_count_and_one_alternative_is_enough(api):
    second = {"alternative": 2}
    rule(
        api, "wanted", 10, ("source", "is", "Web"), ("priority", "is", "high"), ("tags", "contains", "vip", second),
        ("priority", "is", "low", second),
    )  # fmt: skip

    def made(**values):
        return api.post("/crm/lead", {"title": "T", **values}).json["score"]

    assert made(source="Web", priority="high") == 10
    assert made(source="Web", priority="low") == 0
    assert made(source="Fair", priority="low", tags=["VIP"]) == 10
    assert made(source="Fair", priority="high", tags=["VIP"]) == 0


def test_a_button_says_what_a_rule_would_give(api):
    key = rule(api, "urgent", 30, ("priority", "is", "high"), ("source", "filled"))
    met = api.post("/crm/lead", {"title": "A", "priority": "high", "source": "Web"}).json["id"]
    missed = api.post("/crm/lead", {"title": "B", "priority": "high"}).json["id"]
    said = [api.post(f"/crm/score_rule/{key}/actions/try", {"lead": lead}).json["message"] for lead in (met, missed)]
    assert said == ["It matches “A”, which gets +30 points for it.", "No match for “B”: Source is filled in."]


# What changes around a lead ------------------------------------------------------------------------------------------


def test_an_address_that_comes_changes_or_goes_is_heard_of(app, house, tenant, api):
    rule(api, "has e-mail", 10, ("contact.email", "filled"))
    contact = Contact(full_name="Nora")
    house.add(contact, tenant=tenant)
    lead = api.post("/crm/lead", {"title": "T", "contact": str(contact.id)}).json["id"]
    assert score_of(house, tenant, lead) == (0, None)
    sent = {"contact": str(contact.id), "kind": "email", "value": NORA}
    channel = api.post("/contacts/channel", sent)
    assert channel.status_code == 201, channel.text
    pump(app)
    assert score_of(house, tenant, lead)[0] == 10
    assert api.delete(f"/contacts/channel/{channel.json['id']}").status_code in (200, 204)
    pump(app)
    assert score_of(house, tenant, lead)[0] == 0


def test_contact_and_company_are_heard_of_with_own_fields_too(app, house, tenant, api):
    house.add(
        CustomFieldDef(resource="contacts.company", key="tier", label="Tier", kind="text"),
        CustomFieldDef(resource="crm.lead", key="seats", label="Seats", kind="integer"), tenant=tenant,
    )  # fmt: skip
    rule(api, "speaks Arabic", 1, ("contact.locale", "is", None, {"language": "ar"}))
    rule(api, "large", 2, ("company.size", "is", "51-200"))
    rule(api, "first tier", 4, ("company.custom", "is", "A", {"custom_key": "tier"}))
    rule(api, "many seats", 8, ("custom", "at_least", "50", {"custom_key": "Seats"}))
    contact, company = Contact(full_name="Nora"), Company(name="Acme")
    house.add(contact, company, tenant=tenant)
    made = api.post("/crm/lead", {"title": "T", "contact": str(contact.id), "company": str(company.id)})
    lead = made.json["id"]
    assert made.json["score"] == 0
    for path, change, points in (
        (f"/contacts/contact/{contact.id}", {"locale": "ar"}, 1),
        (f"/contacts/company/{company.id}", {"size": "51-200"}, 3),
        (f"/contacts/company/{company.id}", {"custom.tier": "a"}, 7),
        (f"/crm/lead/{lead}", {"custom.seats": 50}, 15),
        (f"/contacts/company/{company.id}", {"size": "1-10"}, 13),
    ):
        answer = api.patch(path, change)
        assert answer.status_code == 200, answer.text
        pump(app)
        assert score_of(house, tenant, lead)[0] == points, change


def test_calls_and_meetings_count_as_long_as_they_are_recent(app, house, tenant, api):
    rule(api, "called twice", 5, ("activity.calls", "at_least", "2", {"days": 7}))
    rule(api, "left alone", -3, ("activity.last", "older", "10"))
    lead = api.post("/crm/lead", {"title": "T"}).json["id"]
    calls = []
    for days in (1, 8):
        at = (utcnow() - timedelta(days=days)).isoformat()
        made = api.post("/crm/activity", {"kind": "call", "lead": lead, "at": at})
        assert made.status_code == 201, made.text
        calls.append(made.json["id"])
    pump(app)
    assert score_of(house, tenant, lead)[0] == 0, "one of them is too long ago"
    api.patch(f"/crm/activity/{calls[1]}", {"at": utcnow().isoformat()})
    pump(app)
    assert score_of(house, tenant, lead) == (5, "+5 called twice: Number of calls is at least 2 (in 7 days)")
    for call in calls:
        api.delete(f"/crm/activity/{call}")
    pump(app)
    assert score_of(house, tenant, lead)[0] == 0
    at = (utcnow() - timedelta(days=12)).isoformat()
    api.post("/crm/activity", {"kind": "meeting", "lead": lead, "at": at})
    pump(app)
    assert score_of(house, tenant, lead)[0] == -3


def test_an_activity_that_goes_to_another_lead_counts_there(app, house, tenant, api):
    rule(api, "called", 5, ("activity.calls", "at_least", "1"))
    first, second = (api.post("/crm/lead", {"title": name}).json["id"] for name in "AB")
    call = api.post("/crm/activity", {"kind": "call", "lead": first}).json["id"]
    pump(app)
    assert (score_of(house, tenant, first)[0], score_of(house, tenant, second)[0]) == (5, 0)
    assert api.patch(f"/crm/activity/{call}", {"lead": second}).status_code == 200
    pump(app)
    assert (score_of(house, tenant, first)[0], score_of(house, tenant, second)[0]) == (0, 5)


def test_leads_that_become_one_are_scored_by_what_both_had(app, house, tenant, api):
    rule(api, "called twice", 5, ("activity.calls", "at_least", "2"))
    leads = [api.post("/crm/lead", {"title": "Same"}, headers={"X-Confirm": "*"}).json["id"] for _number in range(2)]
    for lead in leads:
        api.post("/crm/activity", {"kind": "call", "lead": lead})
    pump(app)
    assert [score_of(house, tenant, lead)[0] for lead in leads] == [0, 0]
    with house.inside(tenant) as session:
        keys = [session.get(Lead, lead).id for lead in leads]
    done = merge_now(app, tenant, keys, "crm.lead")
    pump(app)
    assert score_of(house, tenant, keys[0])[0] == 5
    undo_now(app, tenant, done, "crm.lead")
    pump(app)
    assert [score_of(house, tenant, lead)[0] for lead in leads] == [0, 0]
    with house.inside(tenant) as session:
        assert session.get(Merge, done).state == "undone"


def test_a_button_that_moves_a_lead_scores_it(house, tenant, api):
    rule(api, "won", 50, ("stage", "is", "Won"))
    made = api.post("/crm/lead", {"title": "T"}).json
    assert api.post(f"/crm/lead/{made['id']}/actions/win", {}).status_code == 200
    assert score_of(house, tenant, made["id"])[0] == 50


def test_scoring_starts_nothing_that_scores_again(app, house, tenant, api):
    """What is written for a score is heard of by no handler of scores."""
    rule(api, "called", 5, ("activity.calls", "at_least", "1"), ("last_activity_at", "filled"))
    lead = api.post("/crm/lead", {"title": "T"}).json["id"]
    api.post("/crm/activity", {"kind": "call", "lead": lead})
    pump(app)
    before = api.get(f"/crm/lead/{lead}").json["version"]
    pump(app)
    assert api.get(f"/crm/lead/{lead}").json["version"] == before
    assert score_of(house, tenant, lead)[0] == 5


# Many leads --------------------------------------------------------------------------------------------------------


def test_every_night_open_leads_are_scored_by_the_clock(house, tenant, api):
    rule(api, "forgotten", -15, ("last_activity_at", "older", "30"))
    old = utcnow() - timedelta(days=29)
    open_lead = new_lead(house, tenant, title="open", last_activity_at=old)
    won = new_lead(house, tenant, title="won", last_activity_at=old, stage="won")
    with house.inside(tenant) as session:
        moved = update(Lead).values(last_activity_at=utcnow() - timedelta(days=40))
        session.execute(moved, execution_options={"tenantry_is_told": True})
        session.commit()
    assert score_of(house, tenant, open_lead)[0] == 0
    with house.inside(tenant) as session:
        assert counting.score_open(Run()) == {"leads": 1, "changed": 1}
        assert counting.score_open(Run()) == {"leads": 1, "changed": 0}
    assert score_of(house, tenant, open_lead)[0] == -15
    assert score_of(house, tenant, won)[0] == 0, "what is closed keeps the score it had"
    assert [(one.job, one.cron) for one in counting.schedules()] == [("crm.score_open", "20 2 * * *")]


def test_a_changed_rule_scores_all_leads_again_by_a_job(app, house, tenant, api):
    made = api.post("/crm/lead", {"title": "Earlier", "priority": "high"}).json
    key = rule(api, "urgent", 30, ("priority", "is", "high"))
    pump(app)
    assert score_of(house, tenant, made["id"])[0] == 30
    assert api.delete(f"/crm/score_rule/{key}").status_code in (200, 204)
    pump(app)
    assert score_of(house, tenant, made["id"]) == (None, None)


def test_many_leads_cost_a_fixed_number_of_statements(house, tenant, api):
    rule(api, "reachable", 1, ("contact.email", "filled"), ("address.city", "is", "Riyadh", {"alternative": 2}))
    rule(api, "known", 1, ("company.city", "filled"), ("activity.any", "at_least", "1", {"alternative": 2}))
    contacts = [Contact(full_name=f"P{number}") for number in range(20)]
    house.add(*contacts, tenant=tenant)
    seen = []
    with house.inside(tenant) as session:
        stage = session.scalars(select(Stage).order_by(Stage.position)).first()
        place = {"stage_id": stage.id, "pipeline_id": stage.pipeline_id}
        session.add_all(Lead(title=f"L{at}", contact_id=one.id, **place) for at, one in enumerate(contacts))
        session.commit()
        for size in (2, 20):
            session.expunge_all()
            leads = session.scalars(select(Lead).limit(size)).all()
            with count_statements() as counted:
                score(leads)
            seen.append(counted)
    assert len(seen[0]) == len(seen[1]) <= 7, "\n".join(one.report() for one in seen)


def test_a_new_version_scores_all_leads_again(app, house, tenant, api):
    """Rules mean what the version that runs makes of them."""

    def waiting():
        with house.inside(tenant) as session:
            return session.scalars(select(QueuedJob.name)).all().count(counting.ALL)

    def come_from_before():
        with house.inside(tenant) as session:
            session.execute(update(TenantPlugin).where(TenantPlugin.plugin_key == "crm").values(plugin_version="0.9"))
            session.commit()
        return bring(tenant.id, "crm", "0.9")

    with app.app_context():
        assert come_from_before()
        assert waiting() == 0, "nothing to be scored by"
        rule(api, "urgent", 30, ("priority", "is", "high"))
        for _time in range(2):
            assert come_from_before()
    assert waiting() == 1


# Conditions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "operator", "value", "more", "problem"),
    [
        ("source", "is", "", {}, "value"),
        ("value", "at_least", "much", {}, "value"),
        ("source", "newer", "3", {}, "operator"),
        ("created_at", "newer", "soon", {}, "value"),
        ("source", "at_least", "3", {}, "operator"),
        ("activity.calls", "is", "3", {}, "operator"),
        ("activity.calls", "at_least", "often", {}, "value"),
        ("custom", "is", "x", {}, "custom_key"),
        ("custom", "is", "x", {"custom_key": "nowhere"}, "custom_key"),
    ],
)
def test_a_condition_that_can_never_be_met_is_refused(api, field, operator, value, more, problem):
    key = rule(api, "N", 1)
    sent = {"rule": key, "field": field, "operator": operator, "value": value, **more}
    made = api.post("/crm/score_condition", sent)
    assert made.status_code == 422
    assert problem in made.json["errors"]


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("tags", "is", "VIP", True),
        ("tags", "contains", "vi", True),
        ("tags", "is_not", "vip", False),
        ("stage", "is", "lead", True),
        ("description", "empty", "", True),
        ("value", "at_most", "9.99", False),
        ("value", "at_most", "10", True),
        ("created_at", "newer", "1", True),
        ("created_at", "older", "1", False),
        ("last_activity_at", "older", "1", False),
        ("expected_close", "newer", "1", False),
        ("activity.calls", "at_most", "0", True),
        ("activity.last", "empty", "", True),
        ("status", "is_not", "hot", True),
    ],
)
def test_conditions(house, tenant, field, operator, value, expected):
    with house.inside(tenant) as session:
        stage = session.scalars(select(Stage).order_by(Stage.position)).first()
        pipeline_id = session.scalar(select(Pipeline.id))
        lead = Lead(title="T", stage_id=stage.id, pipeline_id=pipeline_id, tags=["vip"], value=Money(1000, "USD"))
        assert meets(lead, Condition(field, operator, value)) is expected


def test_a_rule_is_edited_with_its_conditions_in_one_form(house, tenant, api):
    key = rule(api, "Both", 3, ("source", "is", "Web"))
    page = house.browser("owner", tenant).go(f"/crm/score_rule/{key}/edit")
    assert page.status_code == 200
    assert "In the last days" in page.text
    assert "Those of one alternative all count" in page.text
    with house.inside(tenant) as session:
        row = session.scalars(select(ScoreCondition)).one()
        assert (row.alternative, row.days) == (1, None)
