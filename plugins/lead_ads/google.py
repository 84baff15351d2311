"""Google's lead forms: every lead is posted whole, with a key that the advertiser gave the form."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.sdk import BadSignature, Incoming, Part, utcnow
from plugins.crm.public import take_answers
from plugins.lead_ads.connecting import account_named, account_of, form_for, keys_of, shared

COLUMNS = {
    "FULL_NAME": "contact.name", "FIRST_NAME": "contact.first_name", "LAST_NAME": "contact.last_name",
    "EMAIL": "contact.email", "WORK_EMAIL": "contact.email", "PHONE_NUMBER": "contact.phone",
    "WORK_PHONE": "contact.phone", "COMPANY_NAME": "contact.company", "JOB_TITLE": "contact.position",
    "STREET_ADDRESS": "contact.street_address", "CITY": "contact.city", "REGION": "contact.state",
    "POSTAL_CODE": "contact.postal_code", "COUNTRY": "contact.country",
}  # fmt: skip
"""What Google's own questions mean."""


def secrets() -> Sequence[str]:
    return shared("google")


def verify(incoming: Incoming, secrets: Sequence[str]) -> None:
    """By the key in the body. Raises BadSignature."""
    key, _secret = keys_of(account_named(incoming), secrets)
    try:
        said = str(json.loads(incoming.body)["google_key"])
    except (ValueError, KeyError, TypeError):
        said = ""
    if not key or not hmac.compare_digest(said.encode(), key.encode()):
        raise BadSignature("The key does not fit.")


def split(incoming: Incoming) -> Sequence[Part]:
    """One lead. Raises ValueError for what is none."""
    body = json.loads(incoming.body)
    lead_id = str(body.get("lead_id") or "")
    if not lead_id or not isinstance(body.get("user_column_data"), list):
        raise ValueError("A lead has lead_id and user_column_data.")
    kept = {name: value for name, value in body.items() if name != "google_key"}
    account = account_named(incoming)
    return [Part(f"{account}:{lead_id}"[:255], {"account": account, "lead": kept})]


def process(data: Any) -> None:
    """Hand the answers to the form. What Google sends as a test is noted and makes no lead."""
    account, lead = account_of(data["account"]), data["lead"]
    if lead.get("is_test"):
        account.last_test_at = utcnow()
        return
    form_id = form_for(account, str(lead.get("form_id") or ""))
    answers = answers_of(lead)
    take_answers(form_id, answers, COLUMNS, key=f"google:{lead['lead_id']}", facts=_facts(lead), raw=lead)
    account.last_lead_at = utcnow()


def answers_of(lead: Mapping[str, Any]) -> dict[str, str]:
    """What was answered, by Google's name of the question."""
    found = {}
    for one in lead["user_column_data"]:
        if isinstance(one, dict) and one.get("string_value") is not None:
            found[str(one.get("column_id") or one.get("column_name") or "")] = str(one["string_value"])
    return found


def _facts(lead: Mapping[str, Any]) -> dict[str, str]:
    return {
        "utm_source": "google", "utm_medium": "cpc", "utm_campaign": str(lead.get("campaign_id") or ""),
        "utm_content": str(lead.get("creative_id") or ""), "gclid": str(lead.get("gcl_id") or ""),
    }  # fmt: skip
