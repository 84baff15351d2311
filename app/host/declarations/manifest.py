"""What a plugin is: its manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from app.host.needs import NO_NEEDS, Needs

_OTHER = re.compile(r"([a-z][a-z0-9_]*)\s*(.*)")
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
"""How names of plugins, resources, actions and the like are spelt."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """The manifest. Its name is the folder, the schema, and the prefix of everything the plugin owns.

    `requires` names plugins that must be present, `optional` such as it works with where they are: they are loaded
    before it, and either may say which versions (`"crm>=1.2,<2"`); beside another one the plugin is left out. `core`
    marks the core's own plugins, which are on for every tenant; `default_on` switches a plugin on for each new tenant.
    A `bridge` joins the plugins it requires: it is on by itself in exactly the tenants that have all of them on, and
    read-only where one of them is, unless admins there switched it off; where one of them is not installed it waits.
    `needs` is what it does beyond its own records, which the operator accepts before it works; `core_range` are the
    versions of Tenantry it is made for (`>=1.0,<2`).
    """

    name: str
    title: Any
    version: str = "1.0"
    summary: Any = ""
    requires: tuple[str, ...] = ()
    icon: str = "box"
    order: int = 100
    default_on: bool = False
    core: bool = False
    bridge: bool = False
    needs: Needs = NO_NEEDS
    core_range: str = ""
    optional: tuple[str, ...] = ()
    ranges: Mapping[str, str] = field(init=False, default_factory=dict, compare=False)
    """The versions of other plugins that it works with, where it says so, by name."""

    def __post_init__(self) -> None:
        ranges: dict[str, str] = {}
        for names in ("requires", "optional"):
            if isinstance(given := getattr(self, names), str):
                raise TypeError(f"{self.name}: write {names}=({given!r},), with the comma.")
            found = [_OTHER.fullmatch(one) for one in getattr(self, names)]
            ranges |= {one[1]: one[2] for one in found if one and one[2]}
            asked = getattr(self, names)
            plain = tuple(one[1] if one else word for one, word in zip(found, asked, strict=True))
            object.__setattr__(self, names, plain)
        object.__setattr__(self, "ranges", MappingProxyType(ranges))
