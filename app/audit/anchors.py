"""Heads of chains written down outside the database: whoever can rewrite all of a chain cannot rewrite these.

A file of JSON lines, added to and never changed. Each line holds the heads that moved since the line before it, the
signature of that line, and its own signature with a key derived from the secret key, so a line can be neither made
nor left out without the key. A full file is put aside, and the next begins with a line of all heads, which says so and
stands alone: a head vouches for all entries before it. Keep a copy of the files on another machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from app.audit.chain import canonical

FULL_BYTES = 16_000_000
"""A file this long (about 60,000 lines of one tenant) is put aside."""


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
        """Write heads down in one line; returns how many. Reads the last line only, unless the file is full."""
        anchored = {str(tenant): [seq, digest.hex()] for tenant, seq, digest in heads}
        if not anchored:
            return 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            _drop_half_line(self.path)
            last = self._last_signature()
            line: dict[str, Any] = {"at": at, "heads": anchored, "previous": last}
            if self.path.exists() and self.path.stat().st_size >= FULL_BYTES:
                line |= {"heads": self._put_aside() | anchored, "begins": True}
            self._write(line)
        return len(anchored)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two at once would both continue the same line. (The lock is beside the file, which may be put aside.)"""
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(canonical({**line, "signature": self._sign(line)}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _put_aside(self) -> dict[str, list[Any]]:
        """Give the full file the moment of its last line as its name; returns the latest head of each chain in it."""
        latest: dict[str, list[Any]] = {}
        lines = self._lines()
        for line in lines:
            latest |= line["heads"]
        moment = "".join(filter(str.isalnum, lines[-1]["at"]))
        self.path.rename(self.path.with_name(f"{self.path.stem}-{moment}{self.path.suffix}"))
        return latest

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
        whole, _, _half = self.path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
        for number, text in enumerate(whole.splitlines(), 1):
            line = self._checked(text)
            continues = line is not None and (line["previous"] == previous or (number == 1 and "begins" in line))
            if line is None or not continues:
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


def _drop_half_line(path: Path) -> None:
    """A machine that stopped while it wrote leaves a line without an end: nobody was told that it was written."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        if file.read(1) not in (b"", b"\n"):
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def _last_line(path: Path) -> str:
    """Read from the end: the file of a large installation is long."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        size = 4096
        while True:
            file.seek(max(0, end - size))
            lines = file.read().splitlines()
            if len(lines) > 1 or size >= end:
                return lines[-1].decode("utf-8") if lines else ""
            size *= 4
