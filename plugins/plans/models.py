"""The plans that a tenant was given: the newest one holds, the others tell its history."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.sdk import Mapped, Record, _l, day, flag, json, text


class Plan(Record):
    """What a tenant may use from the day it was given. The terms are a copy: a catalogue that changes takes nothing
    away before somebody says so."""

    __label__ = "name"
    __config__ = True

    key: Mapped[str] = text(max_length=60, label=_l("Key"), readonly=True)
    name: Mapped[str] = text(max_length=120, label=_l("Plan"), readonly=True, sortable=True)
    plugins: Mapped[Any] = json(label=_l("Plugins"), readonly=True, help=_l("Names of plugins; * stands for all."))
    limits: Mapped[Any] = json(label=_l("Limits"), readonly=True)
    trial_until: Mapped[date | None] = day(label=_l("Trial until"), readonly=True)
    trial_ended: Mapped[bool] = flag(label=_l("The trial has ended"), readonly=True)
