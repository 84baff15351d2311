"""What the embedded servers have in common: a data folder, a socket folder, a lock, start and stop."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from app.ops import processes
from app.ops.embedded.account import Account, server_account
from app.ops.embedded.folders import FolderLock, make_folder, private_folder
from app.ops.processes import ProcessSpec
from app.ops.refusal import Refusal
from config import socket_folder

START_SECONDS = 60


class EmbeddedServer(ABC):
    """One server with its data in `directory`, reachable through a unix socket only. Also a context manager.

    `durable=False` trades safety against a power cut for speed: for tests. Either call `start` and `stop`, or hand
    `prepare()` to a supervisor and `wait_ready` for it.
    """

    title = "server"

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self.sockets = socket_folder(self.directory)
        self.log_file = self.directory.parent / "log" / f"{self.directory.name}.log"
        self._lock = FolderLock(
            self.directory.parent / f".{self.directory.name}.lock",
            f"{self.title} is already running in {self.directory}: stop it, or set TENANTRY_VAR to another folder.",
        )
        self._spec: ProcessSpec | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address that clients use, with the rights of the server's administrator."""

    def prepare(self) -> ProcessSpec:
        """Take the folder, make what is missing, and say how to run the server. Raises Refusal."""
        make_folder(self.directory.parent)
        make_folder(self.log_file.parent).chmod(0o700)
        self._lock.acquire()
        try:
            account = server_account()
            private_folder(self.sockets, account)
            return self.prepare_data(account)
        except BaseException:
            self._lock.release()
            raise

    @abstractmethod
    def prepare_data(self, account: Account | None) -> ProcessSpec:
        """Make the data folder when it is missing, owned by `account`, and say how to run the server."""

    @abstractmethod
    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id answers."""

    def once_ready(self) -> None:  # noqa: B027  (most need nothing more)
        """Anything that must be done inside the running server before it is of use."""

    def wait_ready(self, child: Callable[[], tuple[int, bool]]) -> None:
        """Wait until the server answers. `child` tells the pid of the server and whether it is alive."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            pid, alive = child()
            if alive and self.is_ready(pid):
                return self.once_ready()
            if not alive or time.monotonic() > deadline:
                raise Refusal(f"{self.title} did not start: {self._last_words()} (all of it is in {self.log_file}).")
            time.sleep(0.01)

    def start(self) -> str:
        """Start the server as a child of this process; returns its address."""
        self._spec = self.prepare()
        try:
            with self.log_file.open("ab") as log:
                child = self._child = processes.spawn(self._spec, log)
            self.wait_ready(lambda: (child.pid, child.poll() is None))
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop the server cleanly and give the folder back; harmless when it is not running."""
        if self._child is not None and self._spec is not None:
            processes.stop(self._child, self._spec)
            self._child = None
        self.release()

    def release(self) -> None:
        """Give the folder back, once the server has ended."""
        with suppress(OSError):
            self.sockets.rmdir()
        self._lock.release()

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].strip() if lines else "it said nothing"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
