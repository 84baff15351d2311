"""Pages in the menu, and what timelines tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.data import Record


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the plugin's own, in the menu of those who hold `permission` (`events.event.read`).

    `path` is its address inside the tenant and begins with the plugin's name; the view is registered by its package.
    `menu` names another plugin in whose part of the menu it stands, where the reader has that one. `setup` puts it
    where things are set up once and seldom changed: apart, closed.
    """

    path: str
    title: Any
    permission: str
    icon: str = "table"
    order: int = 100
    menu: str = ""
    setup: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """A kind of thing that the timelines of records show, newest first: calls, appointments, stage changes.

    `name` is `<plugin>.<what>`. `rows(record)` says what there is about a record: a select of the columns `at` (a
    moment), `id`, `by` (the uid of the account that did it, or null) and `facts` (a JSON object), or None for records
    it knows nothing of. The core narrows it to a page, asks all timelines in one statement, and shows nobody rows out
    of their reach: those of `model`, from which the select must read. Rows that hang on any record (`target_id`) are
    narrowed to those on this one.
    `words(facts)` says it in the reader's language, `body(facts)` gives a longer text to show below. An entry leads to
    the page of its row, or where `href(facts)` says (an address inside the tenant). `events` are names of events that
    it tells better than the timeline's own line for each would. `write` is a text field of `model` that a box above the
    timeline fills in; `add(record)` is the address of a page of one's own for a new one, empty where there is none or
    the reader may not. `actions` are actions that add such a row to a record (`crm.lead.log_call crm.lead.book`): on
    its page they stand above the timeline instead of among the other buttons, and instead of the form of a new row.
    """

    name: str
    title: Any
    model: type[Record]
    rows: Callable[[Any], Any]
    words: Callable[[Mapping[str, Any]], Any]
    icon: str = "clock"
    body: Callable[[Mapping[str, Any]], Any] | None = None
    href: Callable[[Mapping[str, Any]], str] | None = None
    events: tuple[str, ...] = ()
    write: str = ""
    add: Callable[[Any], str] | None = None
    actions: str = ""

    def actions_on(self, kind: str) -> list[str]:
        """The names of its actions that are those of records of this kind."""
        named = (action.rpartition(".") for action in self.actions.split())
        return [name for key, _dot, name in named if key == kind]
