"""What a check calls jobs with, whose parameters nobody but the plugin knows."""

from __future__ import annotations

from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any, Literal
from uuid import UUID

import pytest

from app.host import Job
from app.testing.sample_jobs import Call, Unknown, call_of

REGISTRY: Any = SimpleNamespace(
    entries={"garage.vehicle": None, "garage.contact": None, "contacts.contact": None, "contacts.attachment": None},
    always_on={"contacts"},
    modules={},
)


def called(run: Any, registry: Any = REGISTRY) -> Call:
    return call_of(Job("garage.work", run, "Work"), registry, lambda key, **given: f"a new {key}")


def test_parameters_called_after_records_get_new_ones_the_plugins_before_the_cores() -> None:
    def run(run: Any, vehicle: str, contact_id: str, attachment_id: str, vehicle_ids: list[str]) -> None: ...

    new = ("a new garage.vehicle", "a new garage.contact", "a new contacts.attachment", ["a new garage.vehicle"])
    assert called(run) == Call(new)


def test_others_are_guessed_by_their_types() -> None:
    def run(
        run: Any, day: date | None, often: int, how: Literal["soon", "late"], word: str, at_all: bool, more: int = 4
    ) -> None: ...

    assert called(run) == Call(("2026-01-31", 3, "soon", "Amber", True), is_guessed=True)


def test_keys_of_nothing_known_are_keys_of_nothing() -> None:
    def run(run: Any, key: UUID) -> None: ...

    [key] = called(run).arguments
    assert UUID(key)


def test_what_cannot_be_guessed_is_named() -> None:
    def run(run: Any, vehicle_id: str, whatever) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(Unknown, match="whatever"):
        called(run)


def test_what_the_plugin_says_goes_before(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "tenantry_working"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "samples.py").write_text('JOBS = {"garage.work": lambda record: [record("garage.vehicle"), "now"]}')
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = SimpleNamespace(**{**vars(REGISTRY), "modules": {"garage": ModuleType("tenantry_working.plugin")}})
    assert called(lambda run, key, how: None, registry) == Call(("a new garage.vehicle", "now"))
