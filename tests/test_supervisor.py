"""The supervisor with real children: output, restarts, and every way of stopping."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.ops.processes import ProcessSpec
from app.ops.supervisor import StopRequested, Supervisor
from config import ROOT

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
FAMILY = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print('child', child.pid, flush=True); time.sleep(60)"
)


def python(name: str, code: str, **more) -> ProcessSpec:
    return ProcessSpec(name=name, argv=[sys.executable, "-c", code], **more)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO) -> Iterator[Supervisor]:
    with (made := Supervisor(output, first_pause=0.05)).guarding():
        yield made


def test_every_line_says_who_speaks(supervisor: Supervisor, output: io.StringIO):
    supervisor.start(python("alpha", "import sys; print('one'); print('two', file=sys.stderr); input()"))
    supervisor.run_once(python("beta", "print('Grüße')"))
    lines = ("alpha    | one", "alpha    | two", "beta     | Grüße")
    wait_until(lambda: all(line in output.getvalue().splitlines() for line in lines))
    assert "\033" not in output.getvalue()


def test_a_crashed_child_starts_again_after_a_growing_pause(supervisor: Supervisor, output: io.StringIO):
    supervisor.start(python("weak", "raise SystemExit(3)"))
    wait_until(lambda: supervisor.watch() or supervisor.children["weak"].crashes >= 3)
    said = output.getvalue()
    assert "ended (status 3), starts again in 0.05 s" in said
    assert "starts again in 0.1 s" in said
    assert "starts again in 0.2 s" in said


def test_a_killed_child_starts_again(supervisor: Supervisor, output: io.StringIO):
    supervisor.start(python("victim", "import time; time.sleep(60)"))
    first, _ = supervisor.state("victim")
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: supervisor.watch() or supervisor.state("victim") not in {(first, True), (first, False), (0, False)}
    )
    assert "ended (signal SIGKILL)" in output.getvalue()


def test_a_child_is_started_anew_on_request(supervisor: Supervisor, output: io.StringIO):
    supervisor.start(python("web", "import time; time.sleep(60)"))
    first, _ = supervisor.state("web")
    supervisor.restart("web")
    second, alive = supervisor.state("web")
    assert alive
    assert second != first
    assert "ended" not in output.getvalue(), "it did not crash"


def test_what_a_crashed_child_leaves_behind_is_ended(supervisor: Supervisor, output: io.StringIO):
    supervisor.start(python("parent", FAMILY))
    wait_until(lambda: "child" in output.getvalue())
    grandchild = int(output.getvalue().split()[-1])
    os.kill(supervisor.state("parent")[0], signal.SIGKILL)
    wait_until(lambda: supervisor.watch() or not alive(grandchild))


def test_children_stop_in_reverse_order_and_the_deaf_are_killed(output: io.StringIO, tmp_path: Path):
    order = tmp_path / "order"
    polite = (
        "import signal, sys, time\n"
        f"def bye(*_):\n    open({str(order)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    supervisor = Supervisor(output)
    with supervisor.guarding():
        for name in ("a", "b"):
            spec = python(name, polite)
            supervisor.start(ProcessSpec(name=name, argv=[*spec.argv, name]))
        supervisor.start(python("deaf", STUBBORN, grace_seconds=0.3))
        wait_until(lambda: output.getvalue().count("up") == 2 and "deaf     | deaf" in output.getvalue())
        pids = [supervisor.state(name)[0] for name in ("a", "b", "deaf")]
        started = time.monotonic()
    assert time.monotonic() - started < 50, "the deaf one would have gone on for a minute"
    assert order.read_text() == "ba"
    assert not any(alive(pid) for pid in pids)


def test_one_run_to_the_end_gives_its_status(supervisor: Supervisor):
    assert supervisor.run_once(python("fine", "pass")) == 0
    assert supervisor.run_once(python("bad", "raise SystemExit(4)")) == 4
    assert supervisor.children == {}


def test_a_signal_stops_waiting_at_once():
    supervisor = Supervisor(io.StringIO())
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(StopRequested), supervisor.guarding():  # noqa: PT012  (the three belong together)
        supervisor.start(python("sleeper", "import time; time.sleep(60)"))
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.run()
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_log_file_gets_every_line_the_screen_only_some(supervisor: Supervisor, output: io.StringIO, tmp_path: Path):
    log = tmp_path / "noisy.log"
    spec = python("noisy", "print('LOG: a'); print('PANIC: b')", log_file=log, show_line=lambda line: "PANIC" in line)
    supervisor.run_once(spec)
    wait_until(lambda: "PANIC: b" in output.getvalue())
    assert log.read_text() == "LOG: a\nPANIC: b\n"
    assert "LOG" not in output.getvalue()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_child_outlives_the_supervisor(number: signal.Signals):
    program = textwrap.dedent("""
        import sys
        from app.ops.processes import ProcessSpec
        from app.ops.supervisor import StopRequested, Supervisor
        supervisor = Supervisor()
        try:
            with supervisor.guarding():
                for name in ("one", "two"):
                    supervisor.start(ProcessSpec(name=name, argv=[sys.executable, "-c", "import time; time.sleep(60)"]))
                print(*(supervisor.state(name)[0] for name in ("one", "two")), flush=True)
                supervisor.run()
        except StopRequested as stop:
            print("stopped by", stop, flush=True)
    """)
    running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    pids = [int(word) for word in running.stdout.readline().split()]
    running.send_signal(number)
    said = running.stdout.read()
    assert running.wait(60) == (-number if number == signal.SIGKILL else 0)
    running.stdout.close()
    assert said == ("" if number == signal.SIGKILL else f"stopped by {number.name}\n")
    wait_until(lambda: not any(alive(pid) for pid in pids))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
