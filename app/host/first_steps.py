"""What a new tenant does first, as the plugins know it: a checklist on the start page of its owners and admins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from app.data import Record


@dataclass(frozen=True, slots=True)
class Step:
    """One line: `Step("first_lead", _l("Add a lead"), "/crm/lead/add", "crm.lead.create", done=Lead)`.

    `path` is where it is done, an address inside the tenant; who lacks the permission has no such step. It is done when
    there is a record of the model `done`, in the trash or not, or when the select that `done()` gives yields a row.
    Steps stand in the order of `order`.
    """

    name: str
    title: Any
    path: str
    permission: str
    done: type[Record] | Callable[[], Select[Any]]
    words: Any = ""
    order: int = 100
