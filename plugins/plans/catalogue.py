"""The operator's plans: a TOML file, kept wherever the rest of the installation's configuration is kept.

[basic]
name = "Basic"
plugins = ["crm"]
limits = { "crm.leads" = 500, "contacts.contacts" = 1000 }

[pro]
name = "Pro"
plugins = ["*"]
trial_days = 14
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
ALL = "*"
LARGEST = 2**53


class BadCatalogue(ValueError):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan of the catalogue. `plugins` may hold `*`; `limits` are by metric; a trial of 0 days is none."""

    key: str
    name: str
    plugins: tuple[str, ...]
    limits: Mapping[str, int]
    trial_days: int = 0

    def has(self, plugin: str) -> bool:
        return ALL in self.plugins or plugin in self.plugins


def read(path: Path) -> dict[str, Offer]:
    """Every plan of a file, by key. Raises BadCatalogue, OSError."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCatalogue(f"{path}: {error}") from None
    return {key: _offer(key, given) for key, given in found.items()}


def _offer(key: str, given: Any) -> Offer:
    if not KEY.fullmatch(key) or not isinstance(given, dict):
        raise BadCatalogue(f"“{key}” is no plan: write [{key}] with a key of small letters, digits, - and _.")
    if unknown := set(given) - {"name", "plugins", "limits", "trial_days"}:
        raise BadCatalogue(f"{key}: “{min(unknown)}” is not known here: name, plugins, limits, trial_days.")
    name, plugins, limits = given.get("name"), given.get("plugins"), given.get("limits", {})
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 120:
        raise BadCatalogue(f"{key}: it needs a name of at most 120 characters.")
    if not isinstance(plugins, list) or not all(isinstance(one, str) for one in plugins):
        raise BadCatalogue(f'{key}: plugins is a list of names, such as ["crm"], or ["*"] for all.')
    if not isinstance(limits, dict) or not all(map(_is_count, limits.values())):
        raise BadCatalogue(f'{key}: limits are whole numbers by metric, such as {{ "crm.leads" = 500 }}.')
    days = given.get("trial_days", 0)
    if not _is_count(days) or days > 3660:
        raise BadCatalogue(f"{key}: trial_days is a number of days.")
    return Offer(key, name.strip(), tuple(plugins), dict(limits), days)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
