"""Google's lead forms: the key in the body, leads once, tests that make none."""

from __future__ import annotations

from sqlalchemy import select

from app.sdk import Contact, ContactAddress
from plugins.crm.models import CaptureSubmission, Lead

LEAD = {
    "lead_id": "TeSter-123", "api_version": "1.0", "form_id": 40000000000, "campaign_id": 123456, "gcl_id": "Cj0-x",
    "adgroup_id": 20000000000, "creative_id": 30000000000, "is_test": False,
    "user_column_data": [
        {"column_name": "Full Name", "string_value": "Omar Zaid", "column_id": "FULL_NAME"},
        {"column_name": "User Email", "string_value": "omar@mail.example", "column_id": "EMAIL"},
        {"column_name": "City", "string_value": "Jeddah", "column_id": "CITY"},
        {"string_value": "X5", "column_id": "which_model"},
    ],
}  # fmt: skip


def test_googles_leads_come_once(google):
    for _time in range(2):
        assert google.post({**LEAD, "google_key": google.key}).status_code == 200
    google.work()
    (lead,) = google.look(select(Lead.title, Lead.utm_source, Lead.utm_campaign, Lead.gclid, Lead.description))
    assert lead == ("Omar Zaid", "google", "123456", "Cj0-x", "Which model?: X5")
    assert google.look(select(ContactAddress.city)) == [("Jeddah",)]
    ((raw,),) = google.look(select(CaptureSubmission.raw))
    assert "google_key" not in raw


def test_only_who_has_the_key_sends_leads(google):
    for key in ("", "other", None):
        assert google.post({**LEAD, "google_key": key}).status_code == 401
    assert google.post([1]).status_code == 401
    assert google.post({"google_key": google.key}).status_code == 422
    google.work()
    assert google.look(select(Lead.id)) == []


def test_a_test_is_noted_and_makes_no_lead(google):
    assert google.post({**LEAD, "google_key": google.key, "is_test": True}).status_code == 200
    google.work()
    assert google.look(select(Contact.id)) == []
    assert google.seen()["last_test_at"]


def test_a_new_key_ends_the_old_one(google):
    before = google.path
    google.act("connect")
    assert google.post({**LEAD, "google_key": google.key}).status_code == 401
    google.path = before
    assert google.post({**LEAD, "google_key": google.key}).status_code == 401
