"""Thirty plugins with 150 resources: starting is quick and asks the database nothing, and pages cost what they cost
beside one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.testing import servers
from app.testing.contract.test_budget import BUDGET
from tests.start_many import PATHS, PLUGINS, RECORDS

SECONDS = 3.0
TRIES = 3
STATEMENTS = 10


def start(*arguments):
    """What a process of its own tells of its start."""
    command = [sys.executable, "-m", "tests.start_many", *map(str, arguments)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["resources"], told["left_out"]) == (PLUGINS * RECORDS, {})
    assert told["statements"] <= STATEMENTS
    return told


def test_thirty_plugins_start_quickly(tmp_path):
    """Seconds on the clock, of the best of some starts, without those that the process stood in line for a processor,
    on a processor of 3 GHz: what reads files, imports and waits for anything else counts, and neither busy neighbours
    nor an old machine do."""
    took = []
    while not took or (min(took) >= SECONDS and len(took) < TRIES):
        took.append(start(tmp_path / str(len(took)))["seconds"])
    assert min(took) < SECONDS, took


@pytest.mark.slow
def test_pages_cost_the_same_beside_thirty_plugins(addresses, tmp_path):
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_many", "tenantry_template")
    try:
        told = start(tmp_path, url, redis_url)
    finally:
        servers.drop_database(database_url, "tenantry_many")
    assert set(told["costs"]) == set(PATHS)
    assert {path: cost for path, cost in told["costs"].items() if cost > BUDGET} == {}
