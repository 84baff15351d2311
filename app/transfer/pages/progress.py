"""What the pages of imports and exports have in common: a file that a job works at, how far it is, what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from app.screens.page import ActionButton, Badge, Link


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands. The page looks again by itself while the job is busy."""

    title: str
    trail: tuple[Link, ...]
    badge: Badge
    is_busy: bool
    here: str
    done: int
    total: int
    progress: str
    error: str
    actions: tuple[ActionButton, ...]
