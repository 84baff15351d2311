"""Who an embedded server runs as. PostgreSQL refuses root, so root lends it a system user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.ops.refusal import Refusal

USER = "tenantry"


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """None for an ordinary user (the servers run as that user); for root the system user, made when missing."""
    if os.geteuid() != 0:
        return None
    entry = _entry(USER) or _create_user() or _entry("nobody")
    if entry is None:
        raise Refusal(f"PostgreSQL refuses to run as root and the user “{USER}” could not be made: create it first.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_user() -> pwd.struct_passwd | None:
    commands = (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", USER],
    )
    for command in commands:
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True)
            if entry := _entry(USER):
                return entry
    return None


def give(path: Path, account: Account | None) -> None:
    """Make `account` the owner of a file or folder."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def open_way(path: Path, account: Account | None) -> None:
    """Let `account` walk to `path`: adds the right to pass (not to list) to parent folders that lack it."""
    if account is None:
        return
    for folder in path.parents:
        mode = folder.stat()
        if not mode.st_mode & stat.S_IXOTH and mode.st_uid != account.uid:
            folder.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)


def open_tree(root: Path, account: Account | None) -> None:
    """Let `account` read and run everything under `root` (a package installed with a strict umask)."""
    if account is None:
        return
    open_way(root, account)
    for path in (root, *root.rglob("*")):
        mode = path.lstat().st_mode
        wanted = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if not stat.S_ISLNK(mode) and mode & wanted != wanted:
            path.chmod(stat.S_IMODE(mode) | wanted)
