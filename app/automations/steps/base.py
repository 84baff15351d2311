"""What every kind of step is: a check before it is saved, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.automations.models import Automation
from app.data import Record
from app.screens.reading import Surface

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Doing:
    """A step under way: on which record, seen as the member that the automation runs as. `key` names the step for what
    must happen once."""

    automation: Automation
    surface: Surface
    record: Record
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What was done, in words, and the fields whose values the words tell. A step may end the run (`ends`)."""

    words: str
    fields: tuple[str, ...] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Waits(Said):
    """The run goes on later."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepKind:
    """`check(surface, settings)` raises ValueError with a sentence for what cannot be done; `run(doing, settings)` does
    it, and raises ValueError with a sentence when it is refused."""

    name: str
    icon: str
    check: Callable[[Surface, Settings], None]
    run: Callable[[Doing, Settings], Said]


def need(surface: Surface, verb: str) -> None:
    """Raises ValueError in words unless the member may do this to these records today."""
    if not surface.may(verb):
        what = surface.entry.resource.plural_words
        raise ValueError(_("The member that the automation runs as may not do this with: %(what)s.", what=what))


def text_in(settings: Settings, name: str, longest: int = 2_000) -> str:
    """A text of the settings; empty when there is none. Raises ValueError for what is no text or too long."""
    found = settings.get(name) or ""
    if not isinstance(found, str):
        raise ValueError(_("“%(name)s” must be a text.", name=name))
    if len(found) > longest:
        raise ValueError(_("Please use at most %(count)s characters.", count=longest))
    return found
