"""Both web servers, as processes of their own: gunicorn with two workers of eight threads each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.data.histories import ROOT
from config import Settings
from tests.bench.floor.app import ADDRESS

WORKERS = 2
THREADS = 8
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running web server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def busy(self) -> float:
        """Seconds of processor time that the workers have used so far."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return sum(sum(worker.cpu_times()[:2]) for worker in workers)

    def memory(self) -> tuple[float, float]:
        """Megabytes resident (of a worker, on average; of all processes together)."""
        master = psutil.Process(self.process.pid)
        workers = [child.memory_info().rss / 1e6 for child in master.children(recursive=True)]
        return sum(workers) / max(1, len(workers)), sum(workers) + master.memory_info().rss / 1e6


@contextmanager
def floor_server(settings: Settings, folder: Path) -> Iterator[Server]:
    """The floor, signed in to the database as the application is."""
    port = _free_port()
    argv = [
        sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(WORKERS), "-k", "gthread",
        "--threads", str(THREADS), "--keep-alive", "60", "--log-level", "warning", "tests.bench.floor.app:create_app()",
    ]  # fmt: skip
    with _running(argv, {ADDRESS: floor_address(settings)}, folder / "log" / "floor.log", port) as server:
        yield server


def floor_address(settings: Settings) -> str:
    """The database as the application reaches it, in psycopg's words."""
    return settings.role_url("app").replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def real_server(environ: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """`tenantry web`, as production runs it."""
    port = _free_port()
    argv = [sys.executable, "-m", "app.cli", "web", "--port", str(port)]
    with _running(argv, {**environ, "TENANTRY_WEB_WORKERS": str(WORKERS)}, folder / "log" / "web.log", port) as server:
        yield server


@contextmanager
def _running(argv: list[str], environ: Mapping[str, str], log: Path, port: int) -> Iterator[Server]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, env=_clean_environ() | environ, cwd=ROOT.parent, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(port, process, log)
        yield Server(port, process, log)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _clean_environ() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("TENANTRY_")}


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"A web server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
