"""Verbs on records, and how a rule refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.data import Field


@dataclass(frozen=True, slots=True)
class Action:
    """A verb on records: a button on the detail page, a bulk action on the list, a REST call and a permission.

    `run(rows, **parameters)` changes the rows and may return a sentence for the person; it does not commit. It raises
    `ValueError` with a sentence when it refuses. `parameters` are asked for in a form (or given as JSON), checked
    as any field is.
    """

    name: str
    title: Any
    run: Callable[..., Any]
    roles: tuple[str, ...] = ("owner", "admin", "manager", "agent")
    on: Literal["row", "bulk", "both"] = "both"
    confirm: Any = None
    parameters: Mapping[str, Field] = field(default_factory=dict)
    danger: bool = False
    applies: Callable[[Any], bool] | None = None
    """Whether the button is offered on a given row; `run` must refuse by itself as well."""
    icon: str = "bolt"
    beside: str = ""
    """The action that it is the other half of, declared right before it, such as “Lost” of “Won”: a page offers both in
    its head or both in the menu."""
    tells_secret: bool = False
    """Its sentence holds a secret that is shown once: the answer is not kept for a second request of the same key."""


class FieldError(ValueError):
    """A refusal that belongs to one field: `raise FieldError("email", _("..."))`."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
        self.message = message
        self.errors = {field_name: message}
        """All that is refused, by field."""


class FieldErrors(FieldError):
    """Refusals of several fields at once, so that a form asks for all: `raise FieldErrors({name: sentence})`.

    Raises ValueError when there are none.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        if not errors:
            raise ValueError("There is nothing to refuse.")
        super().__init__(*next(iter(errors.items())))
        self.errors = dict(errors)
