"""Child processes that end with their parent, whatever ends the parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from app.ops.embedded.account import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """How to run one child. `stop_signal` ends it politely; after `grace_seconds` it and its children are killed."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10
    log_file: Path | None = None
    show_line: Callable[[str], bool] | None = None
    before_start: Callable[[], None] | None = None


def spawn(spec: ProcessSpec, output: int | IO[Any]) -> subprocess.Popen[bytes]:
    """Start the child in a process group of its own.

    On Linux the kernel sends it `stop_signal` when the thread that called this ends, so call it from the main thread.
    """
    if spec.before_start:
        spec.before_start()
    account = spec.account
    return subprocess.Popen(
        list(spec.argv),
        cwd=spec.cwd,
        env=None if spec.env is None else dict(spec.env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_end_with(os.getpid(), spec.stop_signal),  # noqa: PLW1509  (it takes no lock)
    )


def _end_with(parent: int, stop_signal: signal.Signals) -> Callable[[], None] | None:
    return None if _libc is None else partial(end_with_parent, parent, stop_signal)


def end_with_parent(parent: int, stop_signal: signal.Signals) -> None:
    """In a child: on Linux, let the kernel send `stop_signal` when the parent ends."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(stop_signal))
    if os.getppid() != parent:  # the parent ended before the line above took effect
        os._exit(1)


def send(child: subprocess.Popen[bytes], number: signal.Signals, *, group: bool = False) -> None:
    """Signal the child, or its whole process group; does nothing when it has ended."""
    with suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(child.pid, number)
        elif child.poll() is None:
            os.kill(child.pid, number)


def stop(child: subprocess.Popen[bytes], spec: ProcessSpec) -> int:
    """End the child politely, then by force; returns its exit status (negative: the signal that ended it)."""
    send(child, spec.stop_signal)
    with suppress(subprocess.TimeoutExpired):
        child.wait(spec.grace_seconds)
    send(child, signal.SIGKILL, group=True)
    return child.wait()
