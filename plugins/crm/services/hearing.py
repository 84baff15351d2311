"""Whether what changed about contacts and companies is something that rules look at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from app.sdk import ContactAddress, session
from plugins.crm.models.conditions import SCORED_FIELDS

_POSSIBLE = frozenset(one.value for one in SCORED_FIELDS)


def concerns(changed: Collection[str], details: Collection[str], *about: str) -> bool:
    """Whether rules that look at these details (`contact.locale`, `company.custom`) look at any changed field of what
    they are about (`contact`). Most fields are none that a rule could look at."""
    names = {"custom" if name == "custom_fields" else name for name in changed}
    return not {f"{one}.{name}" for one in about for name in names}.isdisjoint(_POSSIBLE.intersection(details))


@dataclass(frozen=True)
class Ear:
    """Handlers of what happens to contacts and companies: where rules look at what changed, at their leads again."""

    details: Callable[[], Collection[str]]
    """What the rules look at now."""
    look_again: Callable[..., int]
    """Takes `contacts` and `companies`, ids of those whose leads are meant."""

    def contact_changed(self, happened: Any, told: Any) -> None:
        """The handler: something about a contact changed that a rule looks at."""
        if concerns(happened.changed, self.details(), "contact"):
            self.look_again(contacts=[happened.id])

    def company_changed(self, happened: Any, told: Any) -> None:
        """The handler: something about a company changed that a rule looks at."""
        if concerns(happened.changed, self.details(), "company", "address"):
            self.look_again(companies=[happened.id])

    def address_changed(self, happened: Any, told: Any) -> None:
        """The handler: a contact has a new address, or another one."""
        row: Any = session.get(ContactAddress, happened.id)
        if row is not None and any(name.startswith("address.") for name in self.details()):
            self.look_again(contacts=[row.contact_id])
