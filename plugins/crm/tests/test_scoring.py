"""Scores: the points of the rules a lead meets, on every save and again when a rule changes."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.contacts.models import Contact, ContactChannel
from app.host.versions import bring
from app.jobs.models import QueuedJob
from app.sdk import Money
from app.tenancy.models import TenantPlugin
from plugins.crm.models import Lead, Pipeline, ScoreRule, Stage
from plugins.crm.services import scoring


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


def rule(api, name, points, subject, comparison, value=None):
    made = api.post(
        "/crm/score_rule",
        {"name": name, "points": points, "subject": subject, "comparison": comparison, "value": value},
    )
    assert made.status_code == 201, made.text
    return made.json["id"]


def test_a_lead_is_scored_when_it_is_saved_and_says_why(house, tenant, api):
    rule(api, "has e-mail", 10, "contact_email", "filled")
    rule(api, "no phone", -5, "contact_phone", "empty")
    rule(api, "worth something", 20, "value", "at_least", "1000")
    rule(api, "from the web", 7, "source", "is", "Web")
    contact = Contact(full_name="Reachable")
    house.add(contact, tenant=tenant)
    channel = {"contact": str(contact.id), "kind": "email", "value": "a@b.example"}
    with house.inside(tenant) as session:
        session.add(ContactChannel(contact_id=contact.id, kind="email", value=channel["value"], value_normalised="x"))
        session.commit()
    lead = {"title": "Big", "contact": str(contact.id), "value": {"amount": "1000.00", "currency": "USD"}}
    made = api.post("/crm/lead", lead).json
    assert made["score"] == 25
    assert made["score_reasons"] == "+10 has e-mail\n-5 no phone\n+20 worth something"
    changed = api.patch(f"/crm/lead/{made['id']}", {"source": "web", "value": None}).json
    assert changed["score"] == 12
    assert "worth" not in changed["score_reasons"]


def test_without_rules_there_is_no_score(api):
    made = api.post("/crm/lead", {"title": "Plain"}).json
    assert made["score"] is None
    assert made["score_reasons"] is None


def test_a_changed_rule_scores_all_leads_again_by_a_job(house, tenant, api):
    made = api.post("/crm/lead", {"title": "Earlier", "priority": "high"}).json
    rule(api, "urgent", 30, "priority", "is", "high")
    with house.inside(tenant) as session:
        scoring.rules_changed(None, None)
        assert session.scalars(select(QueuedJob.name)).all().count(scoring.JOB) == 1
        assert scoring.score_all(Run()) == {"leads": 1, "changed": 1}
        assert scoring.score_all(Run()) == {"leads": 1, "changed": 0}
    assert api.get(f"/crm/lead/{made['id']}").json["score"] == 30


def test_a_new_version_scores_all_leads_again(app, house, tenant, api):
    """Rules mean what the version that runs makes of them."""

    def waiting():
        with house.inside(tenant) as session:
            return session.scalars(select(QueuedJob.name)).all().count(scoring.JOB)

    def come_from_before():
        with house.inside(tenant) as session:
            session.execute(update(TenantPlugin).where(TenantPlugin.plugin_key == "crm").values(plugin_version="0.9"))
            session.commit()
        return bring(tenant.id, "crm", "0.9")

    with app.app_context():
        assert come_from_before()
        assert waiting() == 0, "nothing to be scored by"
        rule(api, "urgent", 30, "priority", "is", "high")
        for _time in range(2):
            assert come_from_before()
    assert waiting() == 1


@pytest.mark.parametrize(
    ("subject", "comparison", "value", "problem"),
    [
        ("source", "is", "", "value"),
        ("value", "at_least", "much", "value"),
        ("source", "newer", "3", "comparison"),
        ("source", "at_least", "3", "comparison"),
        ("contact_email", "is", "x", "comparison"),
    ],
)
def test_a_rule_that_can_never_be_met_is_refused(api, subject, comparison, value, problem):
    made = api.post(
        "/crm/score_rule",
        {"name": "N", "points": 1, "subject": subject, "comparison": comparison, "value": value},
    )
    assert made.status_code == 422
    assert problem in made.json["errors"]


@pytest.mark.parametrize(
    ("subject", "comparison", "value", "expected"),
    [
        ("tags", "is", "VIP", True),
        ("tags", "contains", "vi", True),
        ("tags", "is_not", "vip", False),
        ("stage", "is", "lead", True),
        ("description", "empty", None, True),
        ("value", "at_most", "9.99", False),
        ("value", "at_most", "10", True),
        ("created_at", "newer", "1", True),
        ("created_at", "older", "1", False),
        ("last_activity_at", "older", "1", False),
        ("status", "is_not", "hot", True),
    ],
)
def test_conditions(house, tenant, subject, comparison, value, expected):
    with house.inside(tenant) as session:
        stage = session.scalars(select(Stage).order_by(Stage.position)).first()
        pipeline_id = session.scalar(select(Pipeline.id))
        lead = Lead(title="T", stage_id=stage.id, pipeline_id=pipeline_id, tags=["vip"], value=Money(1000, "USD"))
        made = ScoreRule(name="N", subject=subject, comparison=comparison, value=value, points=1)
        assert scoring.meets(lead, made, scoring.Reach()) is expected
