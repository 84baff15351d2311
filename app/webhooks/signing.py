"""Signatures of the Standard Webhooks specification 1.0: what we put on every delivery, and its check.

The receiver proves with a shared secret that a message is ours, whole and fresh. While a secret is being replaced, a
message carries one signature of each.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds that the sender's clock may differ from ours."""


class BadSignature(ValueError):
    """The message is not from who it says, was changed, or is too old."""


def new_secret() -> str:
    """A fresh secret of 32 random bytes, written as the specification wants."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt, signed with each secret."""
    signed = " ".join(f"v1,{_signature(secret, message_id, timestamp, body)}" for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def verify(secrets: Sequence[str], given: Mapping[str, str], body: bytes, now: float | None = None) -> str:
    """Check a message by its headers (lower-case names) and return its id. Raises BadSignature."""
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not timestamp.isascii() or not timestamp.isdigit():
        raise BadSignature("A header is missing.")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise BadSignature("The message is too old or too new.")
    signatures = [one[3:] for one in given.get("webhook-signature", "").split(" ") if one.startswith("v1,")]
    for secret in secrets:
        right = _signature(secret, message_id, int(timestamp), body)
        if any(hmac.compare_digest(right, one) for one in signatures):
            return message_id
    raise BadSignature("No signature fits.")


def _signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise BadSignature("The secret is not one.") from None
