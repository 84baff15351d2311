"""What a plugin adds to the records of another one, which knows nothing of it.

    @hookimpl
    def extensions():
        return [
            Extension(
                "crm.lead",
                fields=(text(name="plate", label=_l("Plate")),),
                columns="plate",
                related=(Related(Repair, "lead"),),
                actions=(Action("book", _l("Book a repair"), book),),
                before_save=check_plate,
            )
        ]

All of it is there only where both plugins are on; where the other one is not installed, nothing is added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.data import Field
from app.host.declarations import Action, Doubt, Related
from app.host.panels import Panel

BETWEEN = "__"
"""Between the plugin and what it adds elsewhere: `garage__plate`. No plugin, action or custom field has it in its own
name."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What is added to the resource `resource` (`crm.lead`) of another plugin.

    `fields` have names of their own (`text(name="plate")`); they behave as a tenant's own fields do: on forms and
    lists, in filters, search, imports, exports and reports, and in REST among `custom_fields`. There, and in
    `record.custom_fields`, the field is `garage__plate`, its value as JSON (`{"amount": "12.50", "currency": "USD"}`,
    the id of a `record_link` as text). Kinds that need a column (`app.host.added_fields`) are refused. `columns` names
    those of them that the list shows. `related` are lists on the record's page, `panels` facts beside them. An
    action `book` becomes `garage__book`, with its button, REST call and permission. `before_save(row, is_new)`,
    `before_delete(row)` and `warn(row)` are asked after those of the resource itself, in its terms. A `before_save`
    or `before_delete` that breaks, takes too long or is called no more lets nothing through: it is refused, in
    words that name the plugin, until it works again or is switched off. A `warn` that breaks is left out.
    """

    resource: str
    fields: tuple[Field, ...] = ()
    columns: str = ""
    related: tuple[Related, ...] = ()
    panels: tuple[Panel, ...] = ()
    actions: tuple[Action, ...] = ()
    before_save: Callable[[Any, bool], None] | None = None
    before_delete: Callable[[Any], None] | None = None
    warn: Callable[[Any], Sequence[Doubt]] | None = None


@dataclass(frozen=True, slots=True)
class PlacedPanel:
    """A panel in its place."""

    plugin: str
    panel: Panel

    @property
    def key(self) -> str:
        return f"{self.plugin}{BETWEEN}{self.panel.name}"


def guest_of(name: str) -> str:
    """The plugin that added the action or field of this name to another's records; empty for their own."""
    plugin, between, _rest = name.removeprefix("custom.").partition(BETWEEN)
    return plugin if between else ""
