"""What a plugin is: its manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.host.needs import NO_NEEDS, Needs

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
"""How names of plugins, resources, actions and the like are spelt."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """The manifest. Its name is the folder, the schema, and the prefix of everything the plugin owns.

    `requires` names plugins that must be present; `core` marks the core's own plugins, which are on for every tenant;
    `default_on` switches a plugin on for each new tenant. A `bridge` joins the plugins it requires: it is on by itself
    in exactly the tenants that have all of them on, and read-only where one of them is, unless admins there switched
    it off; where one of them is not installed it waits. `needs` is what it does beyond its own records, which the
    operator accepts before it works; `core_range` are the versions of Tenantry it is made for (`>=1.0,<2`).
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
