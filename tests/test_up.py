"""`tenantry up` as a stranger runs it: first start with the demo, second start, and every end."""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.host.scaffold import read, write
from config import ROOT
from tests.pace import slowness

FIRST_START = 120
SECOND_START = 5.0
SLOWER_HERE = 3  # this suite shares the processors with its other workers


def free_port() -> int:
    """Below those that the kernel gives to whoever asks for any: nobody else gets it before the server, some seconds
    from now, takes it."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Running:
    """One `tenantry up`, read until it says that it is ready."""

    def __init__(self, var: Path, port: int, *options: str, **environ: str) -> None:
        self.port = port
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up", "--port", str(port), *options],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "TENANTRY_VAR": str(var), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self.read_until(r"tenantry \| (ready: http|stopped)")
        self.seconds = time.monotonic() - started
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def read_until(self, pattern: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if re.search(pattern, line):
                return
        raise AssertionError(self.said)

    def status_of(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def answers(self, path: str) -> bool:
        try:
            return self.status_of(path) == 200
        except (OSError, http.client.HTTPException):
            return False

    def end(self, number: signal.Signals) -> int:
        """Send the signal; returns the exit status once every process of the family has ended."""
        assert self.process.stdout is not None
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.said += self.process.stdout.read()
        self.process.stdout.close()
        assert psutil.wait_procs(self.family, timeout=60)[1] == []
        return status


@pytest.mark.slow
def test_up_from_nothing_again_and_after_a_kill(tmp_path: Path):
    var = tmp_path / "var"
    first = Running(var, free_port())
    try:
        assert first.seconds < FIRST_START * slowness()
        assert first.status_of("/readyz") == 200
        second = subprocess.run(
            [sys.executable, "-m", "app.cli", "up", "--port", str(free_port())],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "TENANTRY_VAR": str(var)},
            capture_output=True,
            text=True,
        )
        assert (second.returncode, second.stderr.count("\n")) == (1, 1)
        assert "already running" in second.stderr
    finally:
        assert first.end(signal.SIGINT) == 0
    password = (var / "demo-password").read_text().strip()
    assert first.said.count(password) == 1
    for email in ("owner@acme.example", "both@team.example", "operator@platform.example"):
        assert email in first.said
    assert (var / "demo-password").stat().st_mode & 0o077 == 0

    for ending, status in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
        again = Running(var, free_port())
        try:
            assert again.seconds < SECOND_START * SLOWER_HERE * slowness()
            assert again.status_of("/readyz") == 200
            assert again.status_of("/login/") == 200
        finally:
            assert again.end(ending) == status
        assert "preparing" not in again.said
        assert password not in again.said

    follow_a_vendor(tmp_path, var)


def follow_a_vendor(folder: Path, var: Path) -> None:
    """A package that is installed is migrated; while it is written on, the server starts anew with it."""
    package = write(read("garage", ["Vehicle plate:text!"]), folder)
    facts = package / "tenantry_garage-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: tenantry-garage\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[tenantry.plugins]\ngarage = tenantry_garage.plugin\n")
    running = Running(var, free_port(), "--reload", PYTHONPATH=str(package))
    try:
        assert "garage: empty -> garage_0001" in running.said
        module = package / "tenantry_garage" / "plugin.py"
        module.write_text(module.read_text() + "\nprint('a line more')\n")
        running.read_until("files have changed: starting anew")
        running.read_until("web .*a line more")
        running.read_until("ready again")
        wait = time.monotonic() + FIRST_START
        while not running.answers("/readyz") and time.monotonic() < wait:
            time.sleep(0.1)
        assert running.status_of("/readyz") == 200
    finally:
        running.family = psutil.Process(running.process.pid).children(recursive=True)
        running.end(signal.SIGINT)
