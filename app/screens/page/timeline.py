"""What happened around a record, in one line of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.screens.page.parts import ActionButton, Link


@dataclass(frozen=True, slots=True)
class TimelineEntryView:
    """One entry: what, in words; a longer text below; who and when. `body` is a text, or markup printed already."""

    kind: str
    icon: str
    words: str
    when: datetime
    who: str = ""
    href: str = ""
    body: Any = ""


@dataclass(frozen=True, slots=True)
class WriteBox:
    """A box that makes a new entry of one kind at once: the text goes to the field `name` of the form at `href`."""

    href: str
    name: str
    label: str
    submit_label: str
    max_length: int | None
    hidden: tuple[tuple[str, str], ...]
    help: str = ""
    mentions_href: str = ""
    """Where colleagues are found while a name is typed after an @."""


@dataclass(frozen=True, slots=True)
class TimelineFragment:
    """A page of a record's timeline."""

    label: str
    entries: tuple[TimelineEntryView, ...]
    empty: str
    back_href: str
    kinds: tuple[Link, ...] = ()
    failed: tuple[str, ...] = ()
    """Sentences about what could not be shown."""
    box: WriteBox | None = None
    adding: tuple[ActionButton, ...] = ()
    older_href: str = ""
