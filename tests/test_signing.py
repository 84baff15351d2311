"""Signatures, checked by an independent implementation of the standard; secrets at rest."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.data import Scope, scope, uuid7
from app.data.secrets import CannotOpen, SecretKey, bound_to, open_sealed, renewed, seal
from app.webhooks import signing

BODY = '{"type":"a.b_c","name":"Zoë"}'.encode()


def test_an_independent_implementation_accepts_our_signature() -> None:
    secret = signing.new_secret()
    sent = signing.headers([secret], "evt_1", int(time.time()), BODY)
    assert Webhook(secret).verify(BODY, sent) == {"type": "a.b_c", "name": "Zoë"}
    for changed in (BODY + b" ", BODY.replace(b"a", b"b", 1)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(changed, sent)


def test_we_accept_the_signature_of_an_independent_implementation() -> None:
    from datetime import UTC, datetime

    secret, now = signing.new_secret(), datetime.now(UTC)
    signed = Webhook(secret).sign("msg_1", now, BODY.decode())
    given = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}
    assert signing.verify([secret], given, BODY) == "msg_1"


def test_both_secrets_sign_while_one_is_replaced() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    sent = signing.headers([new, old], "evt_2", int(time.time()), BODY)
    for secret in (old, new):
        Webhook(secret).verify(BODY, sent)
        assert signing.verify([secret], sent, BODY) == "evt_2"


@pytest.mark.parametrize(
    "change",
    [{"webhook-id": "x"}, {"webhook-timestamp": "1"}, {"webhook-timestamp": "x"}, {"webhook-signature": ""},
     {"webhook-signature": "v1,AAAA"}, {"webhook-id": ""}],
)  # fmt: skip
def test_a_changed_header_is_a_bad_signature(change: dict[str, str]) -> None:
    secret = signing.new_secret()
    sent = signing.headers([secret], "evt_1", int(time.time()), BODY)
    with pytest.raises(signing.BadSignature):
        signing.verify([secret], sent | change, BODY)


KEYS = [SecretKey.of("one long random text"), SecretKey.of("another long random text")]
TENANT, ROW = uuid7(), uuid7()


def _place(tenant: UUID = TENANT, table: str = "t", column: str = "c", row: UUID = ROW) -> bytes:
    with scope(Scope(tenant)):
        return bound_to(table, column, row)


def test_a_secret_opens_in_its_own_place_alone() -> None:
    sealed = seal(KEYS, "whsec_x", _place())
    assert "whsec" not in sealed
    assert open_sealed(KEYS, sealed, _place()) == "whsec_x"
    for other in (_place(tenant=uuid7()), _place(table="u"), _place(column="d"), _place(row=uuid7())):
        with pytest.raises(CannotOpen):
            open_sealed(KEYS, sealed, other)
    with pytest.raises(CannotOpen):
        open_sealed(KEYS, sealed[:-6] + "AAAAA=", _place())


def test_keys_rotate() -> None:
    sealed = seal(KEYS[1:], "whsec_x", _place())
    assert open_sealed(KEYS, sealed, _place()) == "whsec_x"
    fresh = renewed(KEYS, sealed, _place())
    assert open_sealed(KEYS[:1], fresh, _place()) == "whsec_x"
    assert renewed(KEYS, fresh, _place()) == fresh, "it lies under the first key already"
    with pytest.raises(CannotOpen):
        open_sealed(KEYS[:1], sealed, _place())


@pytest.mark.parametrize("text", ["", "s1", "s1.", "nonsense", "s1.0.0", f"s1.{KEYS[0].name}.é", f"s1.{KEYS[0].name}"])
def test_what_is_no_sealed_secret_cannot_be_opened(text: str) -> None:
    for attempt in (open_sealed, renewed):
        with pytest.raises(CannotOpen):
            attempt(KEYS, text, _place())


def test_no_key_is_printed() -> None:
    assert KEYS[0].value.hex() not in repr(KEYS[0])
    assert "value" not in repr(KEYS[0])
