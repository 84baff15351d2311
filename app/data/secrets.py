"""Secrets at rest: AES-GCM, under a key that the database never sees, bound to the row and column they belong to.

    endpoint.secret = seal(keys, "whsec_...", bound_to("webhook_endpoint", "secret", endpoint.id))
    open_sealed(keys, endpoint.secret, bound_to("webhook_endpoint", "secret", endpoint.id))

A sealed text moved to another row, column or tenant does not open. The first key seals, any key opens, so keys rotate:
put the new one in front, let every secret be `renewed`, take the old one away.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.data.scope import current_tenant_id

_VERSION = "s1"
_NONCE = 12


class CannotOpen(ValueError):
    """The sealed text was changed, moved, or sealed with a key that is gone."""


@dataclass(frozen=True, slots=True)
class SecretKey:
    """256 bits, and the fingerprint that sealed texts name their key by."""

    value: bytes = field(repr=False)

    @classmethod
    def of(cls, words: str) -> SecretKey:
        """The key that a long random text stands for."""
        return cls(hashlib.sha256(b"tenantry secrets\0" + words.encode()).digest())

    @property
    def name(self) -> str:
        return hashlib.sha256(self.value).hexdigest()[:8]


def bound_to(table: str, column: str, row: UUID | str) -> bytes:
    """Where a secret lives: tenant in force, table, column and row."""
    return f"{current_tenant_id()}|{table}|{column}|{row}".encode()


def seal(keys: Sequence[SecretKey], secret: str, place: bytes) -> str:
    """Encrypt a secret for one place (see `bound_to`) with the first key."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(keys[0].value).encrypt(nonce, secret.encode(), place)
    return f"{_VERSION}.{keys[0].name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_sealed(keys: Sequence[SecretKey], sealed: str, place: bytes) -> str:
    """Decrypt what `seal` made for this place. Raises CannotOpen."""
    version, _, rest = sealed.partition(".")
    name, _, text = rest.partition(".")
    key = next((one for one in keys if one.name == name), None)
    if version != _VERSION or key is None:
        raise CannotOpen("The secret was sealed with a key that is not here.")
    try:
        raw = base64.urlsafe_b64decode(text)
        return AESGCM(key.value).decrypt(raw[:_NONCE], raw[_NONCE:], place).decode()
    except (InvalidTag, ValueError):
        raise CannotOpen("The secret was changed or belongs to another place.") from None


def renewed(keys: Sequence[SecretKey], sealed: str, place: bytes) -> str:
    """The secret sealed with the first key: the same text when it was already. Raises CannotOpen."""
    secret = open_sealed(keys, sealed, place)
    return sealed if sealed.split(".")[1] == keys[0].name else seal(keys, secret, place)
