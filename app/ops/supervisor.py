"""One process that runs the others: starts them, shows what they say, restarts what crashes, stops them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

from app.ops import processes
from app.ops.processes import ProcessSpec

COLOURS = (36, 33, 32, 35, 34, 31)
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0
LARGEST_LOG = 10 * 1024 * 1024
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked this process to end; raised in the main thread, wherever it is."""


@dataclass
class Child:
    """A running process, or one that waits to be started again at `start_at` (monotonic seconds)."""

    spec: ProcessSpec
    colour: int
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    start_at: float = 0
    crashes: int = 0
    relay: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Use it from the main thread, inside `guarding()`; `start` children, then `run` until asked to stop."""

    def __init__(self, output: TextIO | None = None, *, first_pause: float = 0.5) -> None:
        self.output = output or sys.stdout
        self.first_pause = first_pause
        self.children: dict[str, Child] = {}
        self._coloured = self.output.isatty() and "NO_COLOR" not in os.environ
        self._writing = threading.Lock()
        self._hurry = False

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Signals to end become StopRequested; every child is stopped when the block is left, however it is left."""
        before = {number: signal.signal(number, _raise_stop) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, self._hurry_up)
            self.stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, spec: ProcessSpec) -> None:
        child = Child(spec, COLOURS[len(self.children) % len(COLOURS)])
        self.children[spec.name] = child
        self._launch(child)

    def run_once(self, spec: ProcessSpec) -> int:
        """Run a child to its end, showing what it says; returns its exit status."""
        self.start(spec)
        child = self.children[spec.name]
        while child.process is not None and child.alive:
            self.watch(besides=spec.name)
            time.sleep(0.02)
        del self.children[spec.name]
        if child.relay is not None:
            child.relay.join(2)
        return child.process.returncode if child.process else 1

    def state(self, name: str) -> tuple[int, bool]:
        """The process id of a child and whether it is alive."""
        child = self.children[name]
        return (child.process.pid if child.process else 0), child.alive

    def restart(self, name: str) -> None:
        """Stop a child and start it again at once."""
        child = self.children[name]
        process, child.process = child.process, None
        if process is not None:
            self._stop(child.spec, process)
        child.crashes = 0
        self._launch(child)

    def run(self, besides: Callable[[], None] | None = None) -> None:
        """Watch the children until StopRequested; `besides` is called each second."""
        turns = 0
        while True:
            self.watch()
            time.sleep(0.1)
            turns += 1
            if besides is not None and turns % 10 == 0:
                besides()

    def watch(self, besides: str = "") -> None:
        """Notice the children that ended, and start again those whose pause is over; `besides` names one to leave."""
        now = time.monotonic()
        for child in self.children.values():
            if child.spec.name == besides:
                continue
            if child.process is not None and child.process.poll() is not None:
                self._note_crash(child, now)
            elif child.process is None and now >= child.start_at:
                self._launch(child)

    def stop_all(self) -> None:
        """Stop the children, last started first. Being asked again meanwhile kills what is left."""
        for child in reversed(self.children.values()):
            process, child.process = child.process, None
            if process is not None:
                self._stop(child.spec, process)

    def say(self, line: str, child: Child | None = None) -> None:
        """Write one line with the name of who speaks in front."""
        name = (child.spec.name if child else "tenantry").ljust(9)
        if self._coloured:
            name = f"\033[{child.colour if child else 1}m{name}\033[0m"
        with self._writing:
            try:
                self.output.write(f"{name}| {line}\n")
                self.output.flush()
            except (BrokenPipeError, ValueError):
                pass  # nobody reads any more: the children must not stop for that

    def _launch(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.process = processes.spawn(child.spec, subprocess.PIPE)
        if child.process.stdout is None:
            raise RuntimeError("The child was started without a pipe.")
        child.relay = threading.Thread(target=self._relay, args=(child, child.process.stdout), daemon=True)
        child.relay.start()

    def _relay(self, child: Child, pipe: IO[bytes]) -> None:
        with pipe, _log(child.spec.log_file) as log:
            for raw in pipe:
                line = raw.decode(errors="replace").rstrip()
                if log is not None:
                    log.write(line + "\n")
                    log.flush()
                if line and (child.spec.show_line is None or child.spec.show_line(line)):
                    self.say(line, child)

    def _note_crash(self, child: Child, now: float) -> None:
        if child.process is None:
            return
        processes.send(child.process, signal.SIGKILL, group=True)
        healthy = now - child.started_at > HEALTHY_SECONDS
        child.crashes = 1 if healthy else child.crashes + 1
        pause = min(LONGEST_PAUSE, self.first_pause * 2 ** (child.crashes - 1))
        self.say(f"ended ({_ending(child.process.returncode)}), starts again in {pause:g} s", child)
        child.process, child.start_at = None, now + pause

    def _stop(self, spec: ProcessSpec, process: subprocess.Popen[bytes]) -> None:
        processes.send(process, spec.stop_signal)
        deadline = time.monotonic() + spec.grace_seconds
        while process.poll() is None and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.02)
        processes.send(process, signal.SIGKILL, group=True)
        process.wait()

    def _hurry_up(self, number: int, frame: FrameType | None) -> None:
        self._hurry = True


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested(signal.Signals(number).name)


def _ending(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


@contextmanager
def _log(path: Path | None) -> Iterator[TextIO | None]:
    """The log file of a child, begun anew when it has grown large."""
    if path is None:
        yield None
        return
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    with path.open("a") as file:
        yield file
