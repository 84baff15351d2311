"""Whether what changed about contacts and companies is something that rules look at."""

from __future__ import annotations

from collections.abc import Collection

from plugins.crm.models.conditions import SCORED_FIELDS

_POSSIBLE = frozenset(one.value for one in SCORED_FIELDS)


def concerns(changed: Collection[str], details: Collection[str], *about: str) -> bool:
    """Whether rules that look at these details (`contact.locale`, `company.custom`) look at any changed field of what
    they are about (`contact`). Most fields are none that a rule could look at."""
    names = {"custom" if name == "custom_fields" else name for name in changed}
    return not {f"{one}.{name}" for one in about for name in names}.isdisjoint(_POSSIBLE.intersection(details))
