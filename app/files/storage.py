"""What a store of files is: random names below the tenant's own prefix, whole files or none, nothing held in memory.

A name in the store says nothing and comes from nobody, so no path of a person's making is ever opened.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol
from uuid import UUID

CHUNK = 256 * 1024
KEY = re.compile(r"[0-9a-f]{32}/[0-9a-f]{2}/[0-9a-f]{38}")


class TooLarge(ValueError):
    """The file has more bytes than are allowed."""


class StoreDown(RuntimeError):
    """The store does not answer, or cannot write. What was to be stored is not; what is stored is safe."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that has just been stored."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Item:
    """A file found in the store. `modified` is when it was complete."""

    key: str
    size: int
    modified: datetime


class Store(Protocol):
    """Every method raises StoreDown when the store cannot be reached."""

    def save(self, owner: UUID, stream: IO[bytes], limit: int) -> Stored:
        """Store a tenant's file of at most `limit` bytes. Raises TooLarge and leaves nothing behind."""

    def open(self, key: str) -> IO[bytes]:
        """The bytes of a key, to be read piece by piece. Raises FileNotFoundError when they are gone."""

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when it is gone already."""

    def items(self, owner: UUID) -> Iterator[Item]:
        """Everything stored for a tenant."""

    def owners(self) -> Iterator[UUID]:
        """The tenants that have files, whether they still exist or not."""

    def clear_drafts(self, before: datetime) -> int:
        """Remove what uploads that died before that moment have left; returns how many there were."""

    def check(self) -> None:
        """Raises StoreDown, with the reason, when files could not be written."""


def new_key(owner: UUID) -> str:
    """A name that nobody can guess, below the tenant's prefix."""
    digits = secrets.token_hex(20)
    return f"{owner.hex}/{digits[:2]}/{digits[2:]}"


def checked(key: str) -> str:
    """The key, when it is one. Raises FileNotFoundError for anything else, such as a path."""
    if not KEY.fullmatch(key):
        raise FileNotFoundError(key)
    return key


class Measured:
    """A stream on its way into the store: counted and summed up as it is read."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes. Raises TooLarge once there are more than the limit."""
        piece = self._stream.read(size if size > 0 else CHUNK)
        self.size += len(piece)
        if self.size > self._limit:
            raise TooLarge(str(self._limit))
        self._digest.update(piece)
        return piece

    def stored(self, key: str) -> Stored:
        """What has gone through."""
        return Stored(key, self.size, self._digest.hexdigest())
