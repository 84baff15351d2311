"""Which events an endpoint wants: names, `plugin.*` or `*`, one a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from flask_babel import gettext as _

from app.host import FieldError, registry


def patterns(events: str) -> list[str]:
    """The lines of an endpoint's choice."""
    return list(dict.fromkeys(line.strip() for line in events.splitlines() if line.strip()))


def chosen(events: str, names: Iterable[str]) -> set[str]:
    """The names that a choice means."""
    wanted = patterns(events)
    return {name for name in names if any(fnmatchcase(name, one) for one in wanted)}


def check_choice(events: str) -> str:
    """The choice in order, or FieldError that names what no installed plugin declares."""
    names: Collection[str] = registry().happenings.types
    unknown = [one for one in patterns(events) if not chosen(one, names)]
    if unknown:
        raise FieldError("events", _("There is no event “%(name)s”.", name=unknown[0]))
    if not patterns(events):
        raise FieldError("events", _("Please choose at least one event, or * for all."))
    return "\n".join(patterns(events))
