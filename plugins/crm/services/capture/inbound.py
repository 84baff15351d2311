"""Leads from other programs (advertising platforms: see `plugins/lead_ads`): signed JSON, mapped by a form's questions.

The body is one lead or `{"leads": [...]}`; a lead is `{"id": ..., "answers": {...}}`, or has `field_data` as platforms
send it: `[{"name": "email", "values": ["nora@example.com"]}]`. Signed as Standard Webhooks say, or by
`X-Hub-Signature-256`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from app.sdk import BadSignature, Incoming, Part, read_secret, session
from plugins.crm.models import CaptureForm
from plugins.crm.services.capture.receiving import UTM, Sent, form_of, receive

OLDEST_SECONDS = 300
MOST = 500


def secrets() -> Sequence[str]:
    """`<key of the form> <secret>` of every form that has an address."""
    forms = session.scalars(select(CaptureForm).where(CaptureForm.webhook_secret.is_not(None)))
    return [f"{form.key} {read_secret(form, 'webhook_secret')}" for form in forms]


def verify(incoming: Incoming, secrets: Sequence[str]) -> None:
    """By the secret of the form that the address names. Raises BadSignature."""
    key = _form_key(incoming)
    secret = next((one.partition(" ")[2] for one in secrets if one.partition(" ")[0] == key), "")
    if not secret:
        raise BadSignature("There is no such form.")
    headers = incoming.headers
    if "webhook-signature" in headers:
        _verify_standard(incoming, secret)
    elif not hmac.compare_digest(headers.get("x-hub-signature-256", ""), "sha256=" + _hex(incoming.body, secret)):
        raise BadSignature("The signature does not fit.")


def _verify_standard(incoming: Incoming, secret: str) -> None:
    headers = incoming.headers
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(time.time() - int(sent)) > OLDEST_SECONDS:
        raise BadSignature("The message is too old.")
    signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + incoming.body
    wanted = "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(one, wanted) for one in headers["webhook-signature"].split()):
        raise BadSignature("The signature does not fit.")


def _hex(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _form_key(incoming: Incoming) -> str:
    return parse_qs(urlsplit(incoming.url).query).get("form", [""])[0]


def split(incoming: Incoming) -> Sequence[Part]:
    """One part for each lead. Raises ValueError for what is no lead."""
    body = json.loads(incoming.body)
    leads = body.get("leads", [body]) if isinstance(body, dict) else body
    if not isinstance(leads, list) or not 0 < len(leads) <= MOST:
        raise ValueError(f"One to {MOST} leads are taken at once.")
    key = _form_key(incoming)
    return [_part(key, lead) for lead in leads]


def _part(key: str, lead: Any) -> Part:
    if not isinstance(lead, dict):
        raise ValueError("A lead is an object.")
    said = lead.get("id") or hashlib.sha256(json.dumps(lead, sort_keys=True).encode()).hexdigest()
    return Part(f"{key}:{said}"[:255], {"form": key, "lead": lead})


def process(data: Any) -> None:
    """Store it as a submission of the form; from there on it is like any other."""
    form = form_of(data["form"])
    if form is None:
        raise LookupError("The form takes no answers any more.")
    lead: Mapping[str, Any] = data["lead"]
    answers = answers_of(lead)
    said = str(lead.get("id") or hashlib.sha256(json.dumps(lead, sort_keys=True).encode()).hexdigest())
    facts = {name: str(lead.get(name) or answers.pop(name, "")) for name in UTM}
    receive(form, Sent(answers, f"hook:{said}", "webhook", lead, facts))


def answers_of(lead: Mapping[str, Any]) -> dict[str, str]:
    """What was answered, as texts by name, however the platform spells it."""
    if isinstance(lead.get("field_data"), list):
        return {
            str(one.get("name", "")): ", ".join(map(str, one.get("values") or []))
            for one in lead["field_data"]
            if isinstance(one, dict)
        }
    given = lead.get("answers")
    if not isinstance(given, dict):
        given = {name: value for name, value in lead.items() if name != "id"}
    return {str(name): _text(value) for name, value in given.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
