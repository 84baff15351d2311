"""Meta's lead ads: a handshake, signed calls that name leads, and what Meta's own questions mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.sdk import BadSignature, Incoming, Part
from plugins.lead_ads.connecting import account_named, keys_of, shared

QUESTIONS = {
    "full_name": "contact.name", "first_name": "contact.first_name", "last_name": "contact.last_name",
    "email": "contact.email", "work_email": "contact.email", "phone_number": "contact.phone",
    "phone": "contact.phone", "work_phone_number": "contact.phone", "company_name": "contact.company",
    "job_title": "contact.position", "date_of_birth": "contact.birthday", "street_address": "contact.street_address",
    "city": "contact.city", "state": "contact.state", "province": "contact.state", "post_code": "contact.postal_code",
    "zip_code": "contact.postal_code", "zip": "contact.postal_code", "country": "contact.country",
}  # fmt: skip
"""What Meta's own questions mean."""
PLACES = {"fb": "facebook", "ig": "instagram"}


def secrets() -> Sequence[str]:
    return shared("meta")


def challenge(query: Mapping[str, str], secrets: Sequence[str]) -> str | None:
    """The answer to Meta's first call, when it knows the account's key."""
    key, _secret = keys_of(query.get("account", ""), secrets)
    said = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not key or not hmac.compare_digest(said.encode(), key.encode()):
        return None
    return query.get("hub.challenge", "")


def verify(incoming: Incoming, secrets: Sequence[str]) -> None:
    """By the secret of the account's app. Raises BadSignature."""
    _key, secret = keys_of(account_named(incoming), secrets)
    wanted = "sha256=" + hmac.new(secret.encode(), incoming.body, hashlib.sha256).hexdigest()
    said = incoming.headers.get("x-hub-signature-256", "")
    if not secret or not hmac.compare_digest(said.encode(), wanted.encode()):
        raise BadSignature("The signature does not fit.")


def split(incoming: Incoming) -> Sequence[Part]:
    """One part for each lead; what else changed on the page is none of ours. Raises ValueError."""
    account = account_named(incoming)
    body = json.loads(incoming.body)
    if body.get("object") != "page":
        raise ValueError("This is no change of a page.")
    told = [
        change["value"]
        for entry in body.get("entry") or ()
        for change in entry.get("changes") or ()
        if change.get("field") == "leadgen"
    ]
    return [Part(f"{account}:{one['leadgen_id']}"[:255], {"account": account, "lead": one}) for one in told]


def answers_of(lead: Mapping[str, Any]) -> dict[str, str]:
    """What was answered, by the name of the question in Meta's form."""
    return {
        str(one.get("name", "")): "\n".join(map(str, one.get("values") or []))
        for one in lead.get("field_data") or ()
        if isinstance(one, dict)
    }


def facts_of(lead: Mapping[str, Any]) -> dict[str, str]:
    """The campaign that a lead came by."""
    return {
        "utm_source": PLACES.get(str(lead.get("platform") or "fb"), str(lead.get("platform"))),
        "utm_medium": "social" if lead.get("is_organic") else "paid_social",
        "utm_campaign": str(lead.get("campaign_name") or lead.get("campaign_id") or ""),
        "utm_term": str(lead.get("adset_name") or ""),
        "utm_content": str(lead.get("ad_name") or lead.get("ad_id") or ""),
    }
