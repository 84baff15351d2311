"""A plugin that cannot be loaded is left out, so that the server starts and the others work. Why is kept in words."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

from app.data.base import metadata
from app.data.record import PENDING, TenantTable
from app.host.discovery import CORE_PLUGINS, Found

log = logging.getLogger(__name__)
_told: set[tuple[Found, str]] = set()
"""What this process has told: commands put the registry together more than once."""


class Faulty(Exception):
    """A plugin failed while it was loaded: whose fault, and what it was (the cause)."""

    def __init__(self, found: Found, cause: BaseException) -> None:
        super().__init__(f"{found.name}: {cause}")
        self.found = found
        self.cause = cause

    @property
    def may_be_left_out(self) -> bool:
        return may_be_left_out(self.found)

    @property
    def is_said(self) -> bool:
        """What is wrong is a sentence of the host's own, which needs no error beside it."""
        return type(self.cause).__name__ in ("ClaimError", "LookupError")

    @property
    def reason(self) -> str:
        """One line for the operator: what is wrong and, where the plugin's own code raised it, where that is."""
        words = " ".join(str(self.cause).split()) or "no message"
        if self.is_said:
            return words[:500]
        place = _place(self.cause, _package(self.found))
        return f"{type(self.cause).__name__}: {words}{f' ({place})' if place else ''}"[:500]


def may_be_left_out(found: Found) -> bool:
    """The core's own plugins are the house itself."""
    return CORE_PLUGINS.get(found.name) != found.module


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
    """Say why the plugin cannot be, once, and forget it."""
    if (fault.found, fault.reason) not in _told:
        error = None if fault.is_said else fault.cause
        log.error("The plugin “%s” is left out: %s", fault.found.name, fault.reason, exc_info=error)
        _told.add((fault.found, fault.reason))
    forget(fault.found)


def forget(found: Found) -> None:
    """Forget what a plugin has brought in so far: modules, mapped classes, tables."""
    package = _package(found)
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


def _package(found: Found) -> str:
    return found.module.rpartition(".")[0] or found.module


def _place(error: BaseException, package: str) -> str:
    """File and line of the plugin's code that an error came through last; empty when it came through none."""
    frames = [
        f"{Path(frame.f_code.co_filename).name} line {line}"
        for frame, line in walk_tb(error.__traceback__)
        if _is_within(frame.f_globals.get("__name__", ""), package)
    ]
    return frames[-1] if frames else ""


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
