"""Private folders and their locks: one running server for each data folder, one socket folder for each server."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path
from typing import IO

from app.ops.embedded.account import Account, give
from app.ops.refusal import Refusal


def make_folder(path: Path) -> Path:
    """Create a folder with its parents. Refuses in words when that cannot be, or when it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The folder {path} cannot be created: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Refusal(f"The folder {path} cannot be written: set TENANTRY_VAR to one that can.")
    return path


def private_folder(path: Path, account: Account | None) -> Path:
    """A folder that only we and the server may enter. Refuses one that somebody else put there first."""
    try:
        path.mkdir(mode=0o700)
        give(path, account)
    except FileExistsError:
        pass
    owner = account.uid if account else os.geteuid()
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise Refusal(f"The folder {path} belongs to somebody else: remove it, or set TENANTRY_VAR to another folder.")
    give(path, account)
    path.chmod(0o700)
    return path


class FolderLock:
    """Held by the process that runs something from a folder; the kernel releases it when that process ends."""

    def __init__(self, path: Path, refusal: str) -> None:
        self.path = path
        self.refusal = refusal
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Raises Refusal when another process holds it."""
        try:
            file = self.path.open("a")
        except OSError as error:
            raise Refusal(f"The file {self.path} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise Refusal(self.refusal) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
