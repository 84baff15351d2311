"""Pages that ask for something: add, edit, delete, an action, a conflict, a saved view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.screens.page.fields import FieldView, Hint, InlineView, Problem, SectionView
from app.screens.page.parts import Column, Link, Option


@dataclass(frozen=True, slots=True, eq=False)
class FormPage:
    """Add or edit a record. Two are equal only when they are the same object."""

    title: str
    action_href: str
    cancel_href: str
    submit_label: str
    sections: tuple[SectionView, ...]
    inlines: tuple[InlineView, ...] = ()
    problems: tuple[Problem, ...] = ()
    hints: tuple[Hint, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    trail: tuple[Link, ...] = ()
    again_label: str = ""
    """The label of “save and add another”; empty when there is no such button."""
    is_dirty: bool = False
    """What is shown was typed and is not saved."""
    rules: str = ""
    """The form rules that a script acts on while somebody types, as JSON."""
    is_conditional: bool = False
    """Some of its fields are shown under conditions."""
    is_kept: bool = False
    """It is shown to many, so it is printed once."""
    has_files: bool = False
    """Readers without scripts send files along with it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a deletion does to the rows around a record."""

    label: str
    count: str
    outcome: str
    """In words: “Are deleted with it.”."""
    blocks: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class DeletePage:
    """Asks before a record is deleted, and says first what that affects."""

    title: str
    words: str
    action_href: str
    cancel_href: str
    submit_label: str
    effects: tuple[Effect, ...] = ()
    is_blocked: bool = False
    hidden: tuple[tuple[str, str], ...] = ()
    trail: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionPage:
    """The form of an action: what it acts on, its parameters, and a last question."""

    title: str
    words: str
    action_href: str
    cancel_href: str
    submit_label: str
    is_danger: bool = False
    targets: tuple[str, ...] = ()
    more_targets: str = ""
    fields: tuple[FieldView, ...] = ()
    problems: tuple[Problem, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    trail: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkField:
    """A field that many records can be given the same value of; `ways` say what becomes of what they have."""

    control: FieldView
    is_chosen: bool
    way_name: str = ""
    ways: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkPage:
    """The form that changes many records alike."""

    title: str
    action_href: str
    cancel_href: str
    targets: tuple[str, ...]
    more_targets: str
    fields: tuple[BulkField, ...]
    problems: tuple[Problem, ...]
    hidden: tuple[tuple[str, str], ...]
    trail: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ConflictField:
    """A field that both sides changed."""

    name: str
    label: str
    column: Column
    was: Any
    theirs: Any
    yours: Any
    chosen: Literal["yours", "theirs"] = "yours"


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Somebody else saved first: choose field by field. `hidden` carries everything that was typed."""

    title: str
    words: str
    action_href: str
    cancel_href: str
    fields: tuple[ConflictField, ...]
    hidden: tuple[tuple[str, str], ...]
    merged: tuple[str, ...] = ()
    """Labels of fields that only one side changed: kept as they are."""
    trail: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class SaveViewPage:
    """The form that keeps the list as it stands under a name."""

    title: str
    action_href: str
    cancel_href: str
    fields: tuple[FieldView, ...]
    problems: tuple[Problem, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    submit_label: str = ""
    delete_href: str = ""
