"""A vendor's afternoon: a package written by hand, and one that `plugin new` writes, in a fresh environment."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from app.cli import tenantry
from app.cli.words import faults_in, places
from app.host.discovery import Found
from app.host.scaffold import Refused, read
from app.host.scaffold.source import module
from app.testing.checking.looking import _translations

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "tests" / "vendor_plugin"
HAND_WRITTEN = ("tenantry_garage/plugin.py", "tests/test_garage.py")
LARGEST = 60

RECORDS = [
    """Doctor name:text(unique)! email:email phone:phone(sortable) second:phone url:url colleague:doctor text:long_text
    photo:image home:country speaks:language zone:time_zone level:integer(default=3,sortable)""",
    """Visit doctor:doctor! patient:contact payer:company nurse:member state:choice(planned,done,default=done)!
    fee:money day_of:day starts:moment minutes:integer dose:decimal(default=0.5) urgent:flag(default=yes) labels:tags
    findings:long_text json:json device:record_id lead:link(crm.lead) token:sealed steps:many(step)""",
    "Step visit:visit! what:text!",
    "Job title:text!",
]


def test_the_smallest_useful_form_is_sixty_lines():
    lines = [line for name in HAND_WRITTEN for line in (VENDOR / name).read_text().splitlines() if line.strip()]
    assert len(lines) <= LARGEST


class Environment:
    """A fresh environment that has what this one has, and may be given more, without any network."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        inner = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
        (Path(inner) / "parent.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")

    def run(self, *arguments, cwd):
        environment = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")
        }
        command = [str(self.python), *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=2_400)

    def install(self, package, *, editable=False):
        command = [sys.executable, "-m", "pip", "--python", self.python, "install", "-q", "--no-index"]
        done = subprocess.run(
            [*map(str, command), "--no-build-isolation", "--no-deps", *(["-e"] if editable else []), str(package)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def uninstall(self, project):
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "uninstall", "-q", "-y", project]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """What `plugin new` writes for records with a field of every type."""
    into = tmp_path_factory.mktemp("new")
    done = CliRunner().invoke(tenantry, ["plugin", "new", "clinic", *RECORDS, "--into", str(into)])
    assert done.exit_code == 0, done.output
    return into / "tenantry-clinic"


@pytest.mark.slow
def test_packages_are_installed_and_their_tests_pass(clinic, tmp_path):
    fresh = Environment(tmp_path / "venv")
    for package in (VENDOR, clinic):
        fresh.install(package, editable=True)  # as the README says; other tests install them for good
    found = fresh.run("-c", "from app.host.registry import build; print(*build().entries)", cwd=tmp_path)
    assert {"garage.vehicle", "garage.repair", "clinic.doctor", "clinic.visit"} <= set(found.stdout.split()), (
        found.stderr
    )
    tests = [VENDOR / "tests", clinic / "tests"]
    done = fresh.run(
        "-m", "pytest", "-q", "-c", clinic / "pyproject.toml", "-p", "no:cacheprovider", *tests, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_what_is_written_is_typed(clinic):
    """As the package is given to others: the SDK's types are found, and nothing is left to guess."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(clinic.parent / "mypy")]
    done = subprocess.run(command, cwd=clinic, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues found in 3 source files" in done.stdout


def test_words_that_are_known_are_translated(tmp_path):
    """The README's example has all its Arabic; of the clinic what nobody can know is one thing to do."""
    garage = ["Vehicle plate:text! owner:contact", "Repair vehicle:vehicle! status:choice(booked,done)! cost:money"]
    done = CliRunner().invoke(
        tenantry, ["plugin", "new", "garage", *garage, "--languages", "en,ar,fr", "--into", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    folder = tmp_path / "tenantry-garage" / "tenantry_garage"
    assert sorted(path.name for path in (folder / "translations").iterdir()) == ["ar", "fr"]
    found = faults_in("garage", folder)
    assert [line for line in found if line.startswith("ar: ")] == []
    assert "fr: not translated: Garage" in found
    look = _translations(faults_in, "garage", folder)
    (only,) = look.details
    assert only.startswith("fr: not translated: ")


def test_the_page_in_the_readme_is_the_one_that_is_tested():
    page = ROOT / "tests" / "plugins_for_tests" / "orchard" / "templates" / "orchard" / "map.html"
    assert page.read_text() in (ROOT / "README.md").read_text()


def test_a_language_that_nobody_knows(tmp_path):
    done = CliRunner().invoke(
        tenantry, ["plugin", "new", "garage", "A b:text", "--languages", "ar,klingon", "--into", str(tmp_path)]
    )
    assert "“klingon” is no language" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_version_stands_once(clinic):
    texts = [path.read_text() for path in (clinic / "pyproject.toml", *clinic.rglob("*.py"))]
    assert sum(text.count('version="1.0"') + text.count('version = "1.0"') for text in texts) == 1
    settings = tomllib.loads((clinic / "pyproject.toml").read_text())
    assert ProjectMetadata(str(clinic), PluginManager(), settings).version == "1.0"


def test_what_is_written_has_everything(clinic):
    files = (path.relative_to(clinic) for path in clinic.rglob("*") if path.is_file())
    names = {path.as_posix() for path in files if path.parent.name != "__pycache__"}
    assert names == {
        "README.md", "pyproject.toml", "tests/test_clinic.py", "tenantry_clinic/__init__.py",
        "tenantry_clinic/plugin.py", "tenantry_clinic/migrations/clinic_0001_first_tables.py",
        "tenantry_clinic/translations/ar/LC_MESSAGES/messages.po",
    }  # fmt: skip
    with (clinic / "tenantry_clinic/translations/ar/LC_MESSAGES/messages.po").open("rb") as file:
        words = {message.id for message in read_po(file) if message.id}
    assert {"Doctor", "Visits", "Planned", "Visits by state"} <= words
    assert "Name" not in words, "the core says that already"


def test_nothing_is_overwritten(clinic):
    done = CliRunner().invoke(tenantry, ["plugin", "new", "clinic", "A b:text", "--into", str(clinic.parent)])
    assert done.exit_code == 1
    assert "already" in str(done.exception)


def test_a_name_that_is_taken_is_refused(tmp_path):
    done = CliRunner().invoke(tenantry, ["plugin", "new", "crm", "A b:text", "--into", str(tmp_path)])
    assert "installed already" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_record_without_text_is_called_by_its_day_and_state():
    words = read(
        "clinic", ["Visit patient:contact! state:choice(planned,done) held:day! starts:moment", "Doctor name:text"]
    )
    assert module(words).count("__label__") == 1
    assert '__label__ = "held state"' in module(words)


def test_the_words_of_an_installed_package_are_extracted(clinic, monkeypatch):
    """By the package's name; no other catalogue is touched."""
    code, catalogue = clinic / "tenantry_clinic/plugin.py", next(clinic.rglob("messages.po"))
    before, kept = code.read_text(), catalogue.read_bytes()
    others = {path: path.read_bytes() for place in places() for path in place.catalogues().values()}
    monkeypatch.syspath_prepend(str(clinic))
    monkeypatch.setattr("app.cli.words.discover", lambda: [Found("clinic", "tenantry_clinic.plugin")])
    try:
        code.write_text(before + '\n\nGREETING = _l("Good morning, doctor")\n')
        done = CliRunner().invoke(tenantry, ["words", "extract", "clinic"])
        assert (done.exit_code, "clinic ar: " in done.output, "Skipping" in done.output) == (0, True, False)
        assert b"Good morning, doctor" in catalogue.read_bytes()
        done = CliRunner().invoke(tenantry, ["words", "check", "clinic"])
        assert done.exit_code == 1
        assert "clinic ar: not translated: Good morning, doctor" in done.output
    finally:
        code.write_text(before)
        catalogue.write_bytes(kept)
    assert {path: path.read_bytes() for path in others} == others


def test_words_of_a_plugin_that_is_not_there():
    done = CliRunner().invoke(tenantry, ["words", "check", "nowhere"])
    assert "There is no plugin “nowhere”" in str(done.exception)


BAD = {
    ("core", "A b:text"): "cannot be a plugin's name",
    ("Garage", "A b:text"): "cannot be a plugin's name",
    ("class", "A b:text"): "cannot be a plugin's name",
    ("garage",): "needs a record",
    ("garage", ""): "cannot be a record's name",
    ("garage", "vehicle plate:text"): "cannot be a record's name",
    ("garage", "Contact name:text"): "cannot be a record's name",
    ("garage", "Vehicle"): "has no fields",
    ("garage", "Vehicle plate"): "is not a field",
    ("garage", "Vehicle plate:text?"): "is not a field",
    ("garage", "Vehicle plate:txt"): "no type “txt”. Did you mean text",
    ("garage", "Vehicle built:date"): "Did you mean day",
    ("garage", "Vehicle sold:boolean"): "Did you mean flag",
    ("garage", "Vehicle what:zzz"): "no type “zzz”. Types: text",
    ("garage", "Vehicle id:text"): "cannot be called “id”",
    ("garage", "Vehicle version:integer"): "cannot be called",
    ("garage", "Vehicle class:text"): "cannot be called",
    ("garage", "Vehicle tenant:contact"): "cannot be called",
    ("garage", "Vehicle plate:text plate:text"): "two fields",
    ("garage", "Vehicle a:text", "Vehicle b:text"): "same name",
    ("garage", "Vehicle state:choice"): "needs its values",
    ("garage", "Vehicle state:choice(a,a)"): "each once",
    ("garage", "Vehicle state:choice(a, b)"): "is not a field",
    ("garage", "Vehicle plate:text(a)"): "only a choice",
    ("garage", "Vehicle plate:json(unique)"): "json cannot be unique",
    ("garage", "Vehicle size:decimal(sortable)"): "decimal cannot be sortable",
    ("garage", "Vehicle state:choice(a,b,default=c)"): "no default",
    ("garage", "Vehicle doors:integer(default=many)"): "no default",
    ("garage", "Vehicle lead:link"): "names the record of another plugin",
    ("garage", "Vehicle parts:many(part)"): "names a record of this plugin",
    ("garage", "Vehicle parts:many(part)", "Part name:text"): "must lead back to it",
    ("garage", "Vehicle paper:file"): "Files can be attached",
    ("garage", "A b:b", "B a:a"): "circle",
}  # fmt: skip


@pytest.mark.parametrize("typed", BAD)
def test_bad_input_gets_a_sentence(typed):
    name, *records = typed
    with pytest.raises(Refused, match=BAD[typed]):
        read(name, records)
