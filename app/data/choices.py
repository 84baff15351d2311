"""Choices whose values are known only once everything is installed, such as the kinds of records: each application
gives its own, and several may live in one process.

    resource: Mapped[str] = named_later("transfer.kind", label=_l("Records"))
    give_choices(app, "transfer.kind", choices)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from flask import Flask, current_app, has_app_context

from app.data.fields import Choice, Field

EXTENSION = "tenantry.choices"


class InstalledChoices(Sequence[Choice]):
    """Those that the application in force has given under this key; none outside of one."""

    def __init__(self, key: str) -> None:
        self.key = key

    @property
    def _here(self) -> Sequence[Choice]:
        given: dict[str, Sequence[Choice]] = current_app.extensions.get(EXTENSION, {}) if has_app_context() else {}
        return given.get(self.key, ())

    def __len__(self) -> int:
        return len(self._here)

    @overload
    def __getitem__(self, place: int) -> Choice: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Choice]: ...
    def __getitem__(self, place: Any) -> Any:
        return self._here[place]

    def __iter__(self) -> Any:
        return iter(self._here)


def named_later(key: str, **options: Any) -> Any:
    """A `choice` field of any text, whose values have the words that the application gives them under `key`."""
    return Field("choice", open=True, choices=InstalledChoices(key), **options)


def give_choices(app: Flask, key: str, choices: Sequence[Choice]) -> None:
    """Say what the choices of this key are in the application."""
    app.extensions.setdefault(EXTENSION, {})[key] = tuple(choices)
