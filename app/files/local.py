"""The store of one machine: a folder. A file is written beside its place and moved there when it is complete."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from app.files.storage import CHUNK, KEY, Item, Measured, Stored, StoreDown, checked, new_key

_DRAFT = ".part"
_OWNER = re.compile(r"[0-9a-f]{32}")


class LocalStore:
    """Files below one folder, a folder a tenant."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(self, owner: UUID, stream: IO[bytes], limit: int) -> Stored:
        """See `Store`."""
        key = new_key(owner)
        target = self.root / key
        draft = target.with_suffix(_DRAFT)
        measured = Measured(stream, limit)
        with _working():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with draft.open("xb") as out:
                    while piece := measured.read(CHUNK):
                        out.write(piece)
                    out.flush()
                    os.fsync(out.fileno())
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
        return measured.stored(key)

    def open(self, key: str) -> IO[bytes]:
        """See `Store`."""
        with _working():
            return (self.root / checked(key)).open("rb")

    def delete(self, key: str) -> None:
        """See `Store`."""
        with _working():
            (self.root / checked(key)).unlink(missing_ok=True)

    def items(self, owner: UUID) -> Iterator[Item]:
        """See `Store`."""
        for path in sorted((self.root / owner.hex).glob("??/*")):
            key = path.relative_to(self.root).as_posix()
            if KEY.fullmatch(key):
                facts = path.stat()
                yield Item(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def owners(self) -> Iterator[UUID]:
        """See `Store`."""
        for path in sorted(self.root.glob("*/")):
            if _OWNER.fullmatch(path.name):
                yield UUID(path.name)

    def clear_drafts(self, before: datetime) -> int:
        """See `Store`."""
        stale = [path for path in self.root.glob(f"*/??/*{_DRAFT}") if path.stat().st_mtime < before.timestamp()]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def check(self) -> None:
        """See `Store`."""
        with _working():
            self.root.mkdir(parents=True, exist_ok=True)
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise StoreDown(f"Files cannot be written below {self.root}.")


@contextmanager
def _working() -> Iterator[None]:
    """A full disk or a folder that is not mounted is a store that is down; a file that is gone is just that."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreDown(error.strerror or str(error)) from error
