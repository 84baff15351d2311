"""Heads of chains written down outside the database: whoever can rewrite all of a chain cannot rewrite these.

A file of JSON lines, added to and never changed. Each line holds the heads that moved since the line before it, the
signature of that line, and its own signature with a key derived from the secret key, so a line can be neither made
nor left out without the key. Keep a copy of the file on another machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from app.audit.chain import canonical


class BrokenAnchors(ValueError):
    """The file of anchors was tampered with; the message says where."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of one chain at one moment."""

    tenant_id: UUID
    seq: int
    hash: str
    at: str


class AnchorFile:
    """The anchors of one installation."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self._key = key.encode()

    def read(self) -> dict[UUID, list[Anchor]]:
        """All anchors by tenant, the oldest first. Raises BrokenAnchors."""
        found: dict[UUID, list[Anchor]] = {}
        for line in self._lines():
            for tenant, (seq, digest) in line["heads"].items():
                found.setdefault(UUID(tenant), []).append(Anchor(UUID(tenant), seq, digest, line["at"]))
        return found

    def add(self, at: str, heads: Iterable[tuple[UUID, int, bytes]]) -> int:
        """Write heads down in one line; returns how many. Looks at the last line only. Raises BrokenAnchors."""
        anchored = {str(tenant): [seq, digest.hex()] for tenant, seq, digest in heads}
        if not anchored:
            return 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two at once would both continue the same line
            line = {"at": at, "heads": anchored, "previous": self._last_signature()}
            file.write(canonical({**line, "signature": self._sign(line)}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return len(anchored)

    def _last_signature(self) -> str:
        last = _last_line(self.path)
        line = self._checked(last) if last else {"signature": ""}
        if line is None:
            raise BrokenAnchors(f"The last line of {self.path} was changed.")
        return str(line["signature"])

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines: list[dict[str, Any]] = []
        previous = ""
        for number, text in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            line = self._checked(text)
            if line is None or line["previous"] != previous:
                raise BrokenAnchors(f"Line {number} of {self.path} was changed, or a line before it is missing.")
            previous = line["signature"]
            lines.append(line)
        return lines

    def _checked(self, text: str) -> dict[str, Any] | None:
        try:
            line = json.loads(text)
            signed = line.pop("signature")
            sound = hmac.compare_digest(signed, self._sign(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return {**line, "signature": signed} if sound else None

    def _sign(self, line: dict[str, Any]) -> str:
        return hmac.new(self._key, canonical(line).encode(), hashlib.sha256).hexdigest()


def _last_line(path: Path) -> str:
    """Read from the end: the file of a large installation is long."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        size = 4096
        while True:
            file.seek(max(0, end - size))
            lines = file.read().splitlines()
            if len(lines) > 1 or size >= end:
                return lines[-1].decode("utf-8") if lines else ""
            size *= 4
