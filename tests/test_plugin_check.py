"""`tenantry plugin check`: a sound package gets a green report, a broken one a red report that names what to change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from defusedxml.ElementTree import fromstring

from app.host import Plugin
from app.testing.checking import Finding, Report, lines_of
from app.testing.checking.contract import CONTRACT, _findings, chosen
from app.testing.checking.looking import PRIVACY, has_tables, look
from app.testing.checking.purging import PURGED
from app.testing.checking.running import LOADS
from app.testing.checking.source import IMPORTS, MARKED, read_source
from app.testing.sample_rules import RULES, all_rules
from tests.test_vendor import ROOT, VENDOR, Environment

NONE = Finding("Nobody is seen", True, is_empty=True)
UNSEEN = Finding("Nobody is kept out", True, ("not looked at: no browser",), is_unseen=True)
RED = Report("garage", "1.0", [Finding("It loads", True), Finding("It is <b>told</b>", False, ("a & b",), 3)])


def test_a_report_for_every_reader():
    assert [line for one in RED.findings for line in lines_of(one)] == [
        "ok    It loads", "FAIL  It is <b>told</b> (3 tests)", "      a & b"
    ]  # fmt: skip
    assert list(lines_of(NONE)) == ["-     Nobody is seen (no case)"]
    assert "| Nobody is seen | no case |" in Report("garage", "1.0", [NONE]).markdown()
    assert "**broken**" in RED.markdown()
    assert json.loads(RED.json())["findings"][1]["details"] == ["a & b"]
    unseen = Report("garage", "1.0", [Finding("It loads", True), UNSEEN])
    assert (unseen.is_clean, unseen.verdict) == (False, "1 of 2 promises were not looked at"), "no pass"
    assert next(lines_of(UNSEEN)) == "?     Nobody is kept out (not looked at)"
    assert "**not looked at**" in unseen.markdown()
    assert 'class="not-looked-at"' in unseen.html()
    page = RED.html()
    assert "It is &lt;b&gt;told&lt;/b&gt;" in page
    assert "1 of 2 promises are broken" in page
    assert "http" not in page, "it stands alone"


def test_what_the_code_imports_is_read(tmp_path):
    class Module:
        __file__ = str(tmp_path / "plugin.py")

    (tmp_path / "plugin.py").write_text(
        "from app.sdk import Record\nfrom app.data import db\nimport plugins.crm.models\n"
        "def resources():\n    return []\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text("import app.testing")
    imports, hooks = read_source(Plugin("garage", title="x"), Module)
    assert imports.details == (
        "plugin.py:2: imports app.data.db; take it from app.sdk",
        "plugin.py:3: imports plugins.crm.models; name “crm” in requires, or link to its records by record_link",
    )
    assert hooks.details == ("resources() in plugin.py is never called: mark it with @hookimpl",)
    imports, _hooks = read_source(Plugin("garage", title="x", requires=("crm",)), Module)
    assert "only plugins.crm.public is meant for others" in imports.details[1]


RESULTS = """<testsuite>
<testcase classname="contract.test_work" name="test_jobs_run"><properties>
<property name="remark" value="garage.mend was not run"/></properties></testcase>
<testcase classname="contract.test_in_a_browser" name="test_a"><skipped message="not looked at: no browser"/></testcase>
<testcase classname="contract.test_in_a_browser" name="test_b"><skipped message="it has no pages"/></testcase>
</testsuite>"""


def test_what_tests_remark_and_could_not_look_at_is_told():
    cases = list(fromstring(RESULTS).iter("testcase"))
    browser, work = _findings(chosen(["work", "in_a_browser"]), cases, "")
    assert (work.word, work.details, work.tests) == ("kept", ("garage.mend was not run",), 1)
    assert (browser.word, browser.details) == ("not looked at", ("not looked at: no browser",))
    with pytest.raises(LookupError, match="no part “budgets”; it has tenancy"):
        chosen(["budgets"])


def test_a_link_to_a_person_without_privacy_hooks_is_remarked(app):
    known = app.extensions["tenantry"]
    said = {
        name: next(
            one for one in look(known.plugin(name), known.modules[name], lambda *_: ()) if one.promise == PRIVACY
        )
        for name in ("garage", "orchard")
    }
    assert all(one.kept for one in said.values())
    assert "Vehicle.owner" in said["garage"].details[0]
    assert "no export_contact()" in said["garage"].details[0]
    assert said["orchard"].details == ()


def test_a_plugin_brings_its_own_samples(tmp_path, monkeypatch):
    package = tmp_path / "tenantry_sampled"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "samples.py").write_text('SAMPLES = {"sampled.thing": {"plan": lambda number, marker: [number]}}')
    monkeypatch.syspath_prepend(str(tmp_path))
    rules = all_rules(SimpleNamespace(modules={"sampled": ModuleType("tenantry_sampled.plugin")}))
    assert rules["sampled.thing"]["plan"](7, "") == [7]
    assert rules["contacts.address"] is RULES["contacts.address"]


def test_a_plugin_without_tables_needs_no_migrations(app):
    known = app.extensions["tenantry"]
    said = {
        name: {one.promise: one.kept for one in look(known.plugin(name), known.modules[name], lambda *where: ())}
        for name in ("ntfy", "stripe_payments", "orchard")
    }
    assert [has_tables(name) for name in said] == [False, False, True]
    assert [found["It brings its migrations"] for found in said.values()] == [True, True, True]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A fresh environment with the vendor's package, and a copy of it to be broken."""
    folder = tmp_path_factory.mktemp("check")
    environment = Environment(folder / "venv")
    environment.install(VENDOR)
    return environment, folder


def check(fresh, *options):
    environment, folder = fresh
    target = folder / "report.json"
    target.unlink(missing_ok=True)
    command = ("-m", "app.cli", "plugin", "check", "garage", "--json", target, *options)
    done = environment.run(*command, cwd=folder)
    report = json.loads(target.read_text()) if target.exists() else None
    return done, report


@pytest.mark.slow
def test_the_vendors_package_keeps_the_contract(fresh):
    done, report = check(fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["is_clean"]
    tests = {one["promise"]: one["tests"] for one in report["findings"]}
    assert tests["Tenants never see each other's rows, with either wall off"] > 0
    assert "garage keeps the contract." in done.stdout


@pytest.mark.slow
def test_a_broken_package_is_told_what_to_change(fresh):
    environment, _folder = fresh
    where = environment.run("-c", "import tenantry_garage; print(tenantry_garage.__path__[0])", cwd="/")
    home = Path(where.stdout.strip())
    module = (home / "plugin.py").read_text()
    more = "from app.data import db\n\n\nclass Vehicle(Record):\n    wheels: Mapped[str | None] = text()"
    broken = module.replace("@hookimpl\ndef schedules", "def schedules").replace("class Vehicle(Record):", more)
    assert broken.count("@hookimpl") == module.count("@hookimpl") - 1
    catalogue = next(home.rglob("messages.po"))
    words = catalogue.read_text()
    try:
        (home / "plugin.py").write_text(broken)
        catalogue.unlink()
        done, report = check(fresh, "--quick")
        assert done.returncode == 1
        said = {one["promise"]: " ".join(one["details"]) for one in report["findings"] if not one["kept"]}
        assert "take it from app.sdk" in said[IMPORTS]
        assert "schedules() in plugin.py is never called" in said[MARKED]
        assert "add column garage.vehicle.wheels" in said["Models and migrations agree"]
        assert "tenantry db revision garage" in said["Models and migrations agree"]
        assert "Everything it says is translated, into Arabic too" in said
        assert "promises are broken" in done.stderr + done.stdout
        (home / "plugin.py").write_text("raise ZeroDivisionError('by nothing')\n")
        done, report = check(fresh, "--quick")
        assert done.returncode == 1
        assert "by nothing" in report["findings"][0]["details"][0]
    finally:
        (home / "plugin.py").write_text(module)
        catalogue.write_text(words)


BAD = """
from flask import Blueprint

from app.sdk import Action, Panel, access

page = Blueprint("garage_wall", __name__)


@page.get("/garage/wall/<uuid:vehicle_id>")
@access("garage.vehicle.read")
def wall(vehicle_id):
    for vehicle in session.scalars(select(Vehicle)):
        session.scalar(select(Vehicle.plate).where(Vehicle.id == vehicle.id))
    return "<html><body><img src='x.png'><p onclick='go()'>Wall</p><script>go()</script></body></html>"


@hookimpl
def blueprints():
    return [page]


@hookimpl
def jobs():
    return [Job("garage.mark_late", mark_late, "Mark"), Job("garage.break", lambda run: 1 / 0, "Break")]


@hookimpl
def extensions():
    from app.sdk import Extension

    return [Extension("contacts.contact", panels=(Panel("debts", "Debts", lambda contact: 1 / 0),))]
"""


@pytest.mark.slow
def test_bad_pages_panels_and_jobs_are_found(fresh):
    """The package of an audit: a statement a row, inline scripts, a picture without words; a panel and a job fail."""
    environment, _folder = fresh
    where = environment.run("-c", "import tenantry_garage; print(tenantry_garage.__path__[0])", cwd="/")
    module = Path(where.stdout.strip()) / "plugin.py"
    sound = module.read_text()
    try:
        module.write_text(
            sound.replace("def jobs():", "def _jobs():").replace("@hookimpl\ndef _jobs", "def _jobs") + BAD
        )
        done, report = check(fresh, *(f"--only={part}" for part in ("own_pages", "work", "crawl")))
        assert done.returncode == 1, done.stdout
    finally:
        module.write_text(sound)
    said = {one["promise"]: " ".join(one["details"]) for one in report["findings"] if not one["kept"]}
    pages = said[CONTRACT["test_own_pages"]]
    assert "statements" in pages
    assert "html lang, dir" in pages
    assert "division by zero" in said[CONTRACT["test_work"]]
    assert "what is left out of the page" in said[CONTRACT["test_crawl"]]


SHIPPED = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/plugin.py"))
OWN = ("routes", "own_pages", "work")
"""What the check asks otherwise than the whole suite does; the rest of the contract is asked of all that is shipped by
the tests of the contract, and by `.ci/run check` in a process for each."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_keeps_the_contract(name, tmp_path):
    target = tmp_path / "report.json"
    more = [f"--only={part}" for part in OWN] if name == "crm" else ["--quick"]
    command = [sys.executable, "-m", "app.cli", "plugin", "check", name, "--json", str(target), *more]
    kept = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "PYTEST_ADDOPTS")
    }
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(target.read_text())
    assert report["is_clean"]
    promises = [one["promise"] for one in report["findings"]]
    assert len(promises) == len(set(promises))
    assert {LOADS, IMPORTS, MARKED, PRIVACY} <= set(promises)
    brings = (ROOT / "plugins" / name / "migrations").is_dir()
    assert ("Migrations run" in promises) is brings, "what has no tables brings none"
    if name == "crm":
        assert {PURGED, *chosen(OWN).values()} <= set(promises)
        assert all(one["tests"] for one in report["findings"] if one["promise"] in chosen(OWN).values())


def test_a_plugin_that_is_not_there(fresh):
    environment, folder = fresh
    done = environment.run("-m", "app.cli", "plugin", "check", "nowhere", cwd=folder)
    assert done.returncode == 1
    assert "no plugin of this name is installed" in done.stdout + done.stderr
