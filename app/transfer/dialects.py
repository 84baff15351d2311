"""The dialects that plugins declare, by name and by resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from app.host import Dialect, registry
from app.host.guarding import Guard

_HEAD = 64 * 1024


def dialects(resource: str = "") -> Iterator[Dialect]:
    """All dialects, or those of one resource."""
    for plugin in registry().plugins:
        for group in registry().call("dialects", plugin.name):
            declared = group if plugin.core else Guard(plugin.name).dialects(group)
            yield from (one for one in declared if not resource or one.resource == resource)


def dialect_of(name: str) -> Dialect | None:
    """The dialect of this name; None for a plain table."""
    return next((one for one in dialects() if one.name == name), None)


def recognised(file: IO[bytes], resource: str) -> Dialect | None:
    """The dialect that a file is in, if it is in one of the resource's."""
    file.seek(0)
    head = file.read(_HEAD)
    return next((one for one in dialects(resource) if one.recognises(head)), None)
