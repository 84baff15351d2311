"""Thirty plugins with 150 resources: starting is quick and asks the database nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.start_many import PLUGINS, RECORDS

SECONDS = 3.0
STATEMENTS = 10


def test_thirty_plugins_start_quickly(tmp_path):
    command = [sys.executable, "-m", "tests.start_many", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    work, _took, statements, resources, left_out = map(float, done.stdout.split())
    assert resources == PLUGINS * RECORDS
    assert left_out == 0, done.stderr
    assert work < SECONDS, "of the processor, so that busy neighbours do not count"
    assert statements <= STATEMENTS
