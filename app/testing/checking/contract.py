"""Promises that tests stand behind: the contract suite, run in a process of its own for the records of one plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from app.testing.checking.report import Finding
from app.testing.servers import Servers

CONTRACT: Mapping[str, str] = {
    "test_tenancy": "Tenants never see each other's rows, with either wall off",
    "test_routes": "Every address and every surface is there, with a permission",
    "test_permissions": "Roles may do what they are given and nothing else",
    "test_unchanged": "Opened and saved unchanged, a record is the same",
    "test_bad_input": "Bad input is refused in words",
    "test_race": "Two who look at once are never shown each other's page",
    "test_audit": "The audit log tells every change",
    "test_budget": "A page costs at most eight statements",
    "test_own_pages": "Pages of its own keep the budget, the reader's direction, and hold nothing inline",
    "test_in_a_browser": "No page keeps anybody out, in English and Arabic (axe, WCAG 2.2 AA)",
    "test_crawl": "No page breaks, and nothing that stands on one",
    "test_work": "Its jobs run, and its metrics count",
    "test_visibility": "Who may see only some rows finds the others nowhere",
    "test_merging": "A merge that is undone leaves everything as it was",
}
"""The files of the contract suite, and what each of them proves."""
MOST_SHOWN = 5
UNSEEN = "not looked at"
"""How the reason of a skipped test begins when something is missing on this machine."""


def chosen(only: Collection[str]) -> dict[str, str]:
    """The files that are asked for by their short names (`budget`), all of them without any. Raises LookupError."""
    names = [name.removeprefix("test_") for name in CONTRACT]
    if unknown := sorted(set(only) - set(names)):
        raise LookupError(f"the contract has no part “{unknown[0]}”; it has {', '.join(names)}")
    return {name: promise for name, promise in CONTRACT.items() if not only or name.removeprefix("test_") in only}


def run_contract(plugin: str, running: Servers, only: Collection[str] = ()) -> Iterator[Finding]:
    """Run the suite, or only some of its files, against the servers that run already."""
    import app.testing.contract as suite

    folder = Path(suite.__file__).parent
    with tempfile.TemporaryDirectory() as work:
        results = Path(work) / "results.xml"
        (Path(work) / "pytest.ini").write_text("[pytest]\naddopts = -p no:valkey -p app.testing.fixtures\n")
        command = [
            sys.executable, "-m", "pytest", "-q", "-c", f"{work}/pytest.ini", "--rootdir", str(folder),
            "--import-mode=importlib", f"--tenantry-plugin={plugin}", f"--junitxml={results}",
            "-p", "no:cacheprovider", "-n", str(_processes()), "--dist", "loadfile",
            *(str(folder / f"{name}.py") for name in chosen(only)),
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment(running))
        if not results.is_file():
            yield Finding("The contract suite runs", False, tuple((done.stdout + done.stderr).splitlines()[-5:]))
            return
        last = " ".join(done.stdout.strip().splitlines()[-1:])
        yield from _findings(chosen(only), list(parse(results).iter("testcase")), last)


def _processes() -> int:
    """As many as the machine has processors, up to four: each has a database of its own, and files are shared out."""
    return min(os.cpu_count() or 1, 4)


def _environment(running: Servers) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}


def _findings(promises: Mapping[str, str], cases: list[Element], last: str) -> Iterator[Finding]:
    for name, promise in promises.items():
        mine = [case for case in cases if case.get("classname", "").rpartition(".")[2] == name]
        failed = [case for case in mine if case.find("failure") is not None or case.find("error") is not None]
        details = [f"{case.get('name')}: {_reason(case)}" for case in failed[:MOST_SHOWN]]
        details += [] if mine else [f"no test ran: {last}"]
        details += list(dict.fromkeys(line for case in mine for line in _remarks(case)))
        done = [case for case in mine if case.find("skipped") is None]
        unseen = [case for case in mine if _skipped(case).startswith(UNSEEN)]
        details += sorted({_skipped(case) for case in unseen})
        is_empty = bool(mine) and not failed and not done
        yield Finding(promise, bool(mine) and not failed, tuple(details), len(done), is_empty, bool(unseen))


def _remarks(case: Element) -> Iterator[str]:
    """What a test has to say though it passes."""
    yield from (one.get("value", "") for one in case.iter("property") if one.get("name") == "remark")


def _skipped(case: Element) -> str:
    found = case.find("skipped")
    return (found.get("message") or "") if found is not None else ""


def _reason(case: Element) -> str:
    found = case.find("failure")
    found = case.find("error") if found is None else found
    message = (found.get("message") or "") if found is not None else ""
    return " ".join(message.split())[:200]
