"""Templates of messages: their own language, their own words, nothing sent with a hole in it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.messaging.models import CommunicationTemplate, OutboundMessage
from app.messaging.wording import MissingVariable, send_template, word_template


@pytest.fixture
def tenant(house):
    return house.new_tenant(locale="ar")


def template(language, subject, body="Dear {{ name }},\n{{name}}", **more):
    return CommunicationTemplate(
        key="welcome", language=language, subject=subject, body=body, variables="name = Nora", **more
    )


def test_the_nearest_language_is_chosen(house, tenant):
    house.add(template("en", "Hello"), template("ar", "أهلا"), template("fr", "Salut", is_active=False), tenant=tenant)
    with house.inside(tenant):
        wishes = {"en": "Hello", "en_GB": "Hello", "ar": "أهلا", "fr": "أهلا", "": "أهلا"}
        for wish, subject in wishes.items():
            assert word_template("welcome", {"name": "X"}, wish).subject == subject
        with pytest.raises(LookupError):
            word_template("nothing", {})
        with pytest.raises(LookupError):
            word_template("welcome", {}, channel="sms")


def test_a_missing_value_stops_the_send(house, tenant):
    house.add(template("en", "Hello {{ name }}"), tenant=tenant)
    with house.inside(tenant) as session:
        for values in ({}, {"name": None}, {"name": ""}, {"Name": "x"}):
            with pytest.raises(MissingVariable, match="name"):
                send_template("nora@example.com", "welcome", values)
        assert session.scalar(select(func.count()).select_from(OutboundMessage)) == 0
        key = send_template("nora@example.com", "welcome", {"name": "{{ name }} %s <b>\r\nBcc: x@y.example", "more": 1})
        sent = session.get_one(OutboundMessage, key)
        assert sent.subject == "Hello {{ name }} %s <b> Bcc: x@y.example"
        assert sent.html is None


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("body", {"body": "{% for x in range(10) %}x{% endfor %}"}),
        ("body", {"body": "{{ name.__class__ }}"}),
        ("body", {"body": "{{ name"}),
        ("variables", {"body": "{{ other }}"}),
        ("variables", {"subject": "{{ other }}"}),
        ("subject", {"subject": None}),
        ("key", {"key": "No Key"}),
        ("language", {"language": "English!"}),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_saved(house, tenant, field, values):
    sound = {"key": "welcome", "language": "en", "subject": "Hi", "body": "Dear {{ name }}", "variables": "name = Nora"}
    answer = house.api("manager", tenant).post("/messaging/template", {**sound, **values})
    assert answer.status_code == 422, answer.text
    assert list(answer.json["errors"]) == [field]


def test_a_sample_is_shown_and_mailed(house, tenant):
    api = house.api("manager", tenant)
    sound = {"key": "welcome", "language": "en", "subject": "Hi", "body": "Dear {{ name }}", "variables": "name = Nora"}
    made = api.post("/messaging/template", sound)
    assert made.status_code == 201, made.text
    stem = f"/messaging/template/{made.json['id']}/actions"
    assert api.post(f"{stem}/preview").json["message"] == "Hi\n\nDear Nora"
    assert api.post(f"{stem}/send_sample").status_code == 200
    with house.inside(tenant) as session:
        assert session.scalars(select(OutboundMessage.recipient)).all() == [house.people[tenant.slug, "manager"].email]
    assert house.api("agent", tenant).post("/messaging/template", sound).status_code == 403
