"""A plugin that cannot be loaded is left out, so that the server starts and the others work. Why is kept in words."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.data.base import metadata
from app.data.record import PENDING, TenantTable
from app.host.discovery import CORE_PLUGINS, Found

log = logging.getLogger(__name__)


class Faulty(Exception):
    """A plugin failed while it was loaded: whose fault, and what it was (the cause)."""

    def __init__(self, found: Found, cause: BaseException) -> None:
        super().__init__(f"{found.name}: {cause}")
        self.found = found
        self.cause = cause

    @property
    def may_be_left_out(self) -> bool:
        """The core's own plugins are the house itself."""
        return CORE_PLUGINS.get(self.found.name) != self.found.module

    @property
    def reason(self) -> str:
        """One line for the operator."""
        words = " ".join(str(self.cause).split()) or "no message"
        kind = type(self.cause).__name__
        return words[:500] if kind in ("ClaimError", "LookupError") else f"{kind}: {words}"[:500]


@contextmanager
def blamed_on(found: Found) -> Iterator[None]:
    """What is raised in the block is the plugin's fault, even an attempt to end the process."""
    try:
        yield
    except Faulty:
        raise
    except (Exception, SystemExit) as error:
        raise Faulty(found, error) from error


def leave_out(fault: Faulty) -> None:
    """Forget what the plugin has brought in so far: modules, mapped classes, tables."""
    log.error("The plugin “%s” is left out: %s", fault.found.name, fault.reason, exc_info=fault.cause)
    package = fault.found.module.rpartition(".")[0] or fault.found.module
    for manager in list(TenantTable.registry._managers):
        model = manager.class_
        if _is_within(model.__module__, package):
            table = model.__dict__.get("__table__")  # disposing of the class takes it away
            TenantTable.registry._dispose_manager_and_mapper(manager)
            TenantTable.registry._managers.pop(manager, None)
            if table is not None:
                metadata.remove(table)
    PENDING[:] = [one for one in PENDING if not _is_within(one[0].__module__, package)]
    for name in [name for name in sys.modules if _is_within(name, package) and name != "plugins"]:
        del sys.modules[name]


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
