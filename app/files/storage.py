"""Where bytes lie: a local folder, random names, whole files or none.

A file is written beside its place and moved there when it is complete. Its name in the store says nothing and comes
from nobody, so no path of a person's making is ever opened.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import puremagic

CHUNK = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")
UNKNOWN = "application/octet-stream"


class TooLarge(ValueError):
    """The file has more bytes than are allowed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store. `mime` is what its first bytes say, not what its sender says."""

    key: str
    size: int
    sha256: str
    mime: str


class LocalStore:
    """Files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(self, stream: IO[bytes], limit: int) -> Stored:
        """Store a stream of at most `limit` bytes. Raises TooLarge and leaves nothing behind."""
        digits = secrets.token_hex(32)
        key = f"{digits[:2]}/{digits[2:]}"
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".part")
        try:
            with draft.open("xb") as out:
                stored = self._copy(stream, out, limit, key)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return stored

    def _copy(self, stream: IO[bytes], out: IO[bytes], limit: int, key: str) -> Stored:
        digest, size, head = hashlib.sha256(), 0, b""
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(str(limit))
            head = head or chunk
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
        return Stored(key, size, digest.hexdigest(), sniff(head))

    def open(self, key: str) -> IO[bytes]:
        """The bytes of a key. Raises FileNotFoundError when they are gone."""
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when it is gone already."""
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        """Every key in the store."""
        for path in self.root.glob("??/*"):
            key = f"{path.parent.name}/{path.name}"
            if _KEY.fullmatch(key):
                yield key

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self.root / key


def sniff(head: bytes) -> str:
    """The MIME type that the first bytes of a file show; plain text when they read as text."""
    try:
        return str(puremagic.from_string(head, mime=True)) or UNKNOWN
    except (puremagic.PureError, ValueError):
        pass
    try:
        head[: CHUNK - 4].decode("utf-8")
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain" if head and b"\x00" not in head else UNKNOWN
