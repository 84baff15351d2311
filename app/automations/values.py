"""The values that a step gives to fields: written down, taken from the record, or so long after now.

{"field": "stage", "how": "value", "value": "01960000-..."}      as REST writes it; texts may hold {title}
{"field": "assignee", "how": "from", "value": "assigned_to"}     what another field of the record holds
{"field": "due_on", "how": "after", "value": 3}                  days from now
{"field": "note", "how": "clear"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from app.data import Field, Record, utcnow
from app.data.record import words_of
from app.screens.kinds import kind_of, reader
from app.screens.reading import Surface
from app.screens.reading.surface import value_of

HOWS = ("value", "from", "after", "clear")
TEXTS = ("text", "long_text")
LONGEST_DAYS = 3_650
_NAME = re.compile(r"\{([a-z][a-z0-9_.]*)\}")
Line = Mapping[str, Any]


def lines_of(settings: Any, name: str = "values") -> list[Line]:
    """The lines that settings hold. Raises ValueError for what is not well-formed."""
    lines = settings.get(name) or [] if isinstance(settings, Mapping) else None
    if not isinstance(lines, list) or not all(isinstance(one, Mapping) and isinstance(one.get("field"), str)
                                              and one.get("how", "value") in HOWS for one in lines):  # fmt: skip
        raise ValueError(_("Values are a list of “field”, “how” and “value”."))
    return lines


def check_filled(names: Iterable[str], targets: Mapping[str, Field], lines: Sequence[Line]) -> None:
    """Whether these fields get a value. Raises ValueError in words."""
    given = {one["field"] for one in lines}
    for name in names:
        if name not in given:
            raise ValueError(_("Please fill in “%(field)s”.", field=targets[name].words))


def check_lines(lines: Sequence[Line], targets: Mapping[str, Field], source: Mapping[str, Field]) -> None:
    """Before they are saved. `targets` can be filled in, `source` are the record's own. Raises ValueError in words."""
    for one in lines:
        target, how, value = _target(targets, one), one.get("how", "value"), one.get("value")
        if how == "from":
            _check_from(target, _source(source, value))
        elif how == "after":
            if target.kind not in ("day", "moment") or type(value) is not int or abs(value) > LONGEST_DAYS:
                raise ValueError(_("“%(field)s” cannot be so many days from now.", field=target.words))
        elif how == "clear":
            if target.required:
                raise ValueError(_("Please fill in “%(field)s”.", field=target.words))
        elif target.kind in TEXTS and isinstance(value, str):
            check_text(value, source)
        else:
            _loaded(target, value)


def check_text(text: str, source: Mapping[str, Field]) -> None:
    """Every name between braces is a field of the record. Raises ValueError with a sentence."""
    for name in _NAME.findall(text):
        _source(source, name)


def values_of(lines: Sequence[Line], targets: Mapping[str, Field], surface: Surface, record: Record) -> dict[str, Any]:
    """The values by field, for a record in hand. Raises ValueError with a sentence for what is gone or does not fit."""
    return {one["field"]: _value(one, _target(targets, one), surface, record) for one in lines}


def _value(one: Line, target: Field, surface: Surface, record: Record) -> Any:
    how, value = one.get("how", "value"), one.get("value")
    if how == "clear":
        return [] if target.kind == "tags" else None
    if how == "after":
        then = utcnow() + timedelta(days=int(value or 0))
        return then if target.kind == "moment" else then.astimezone(reader().zone).date()
    if how == "from":
        source = _source(surface.fields, value)
        _check_from(target, source)
        return _fitting(target, source, surface, record)
    if target.kind in TEXTS and isinstance(value, str):
        return kind_of(target).load(target, filled(value, surface, record))
    return _loaded(target, value)


def _fitting(target: Field, source: Field, surface: Surface, record: Record) -> Any:
    found = value_of(record, source)
    if target.kind in TEXTS and source.kind not in TEXTS:
        return said(surface, record, source) or None
    if target.kind == "day" and isinstance(found, datetime):
        return found.astimezone(reader().zone).date()
    return found


def _check_from(target: Field, source: Field) -> None:
    """What one field holds must fit into the other: of the same kind, of the same records; a text takes all words."""
    same = source.kind == target.kind or (target.kind == "day" and source.kind == "moment")
    if target.picks and source.picks:
        same = target.links == source.links and (
            not target.target or (source.target is not None and target.target() is source.target())
        )
    if not same and not (target.kind in TEXTS and source.kind not in ("json", "has_many", "image")):
        raise ValueError(_("“%(field)s” cannot hold what is in “%(other)s”.", field=target.words, other=source.words))


def _loaded(target: Field, value: Any) -> Any:
    if value is None or value == "":
        raise ValueError(_("Please give a value for “%(field)s”.", field=target.words))
    return kind_of(target).load(target, value)


def filled(text: str, surface: Surface, record: Record) -> str:
    """A text with the record's values in the place of the names between braces."""
    return _NAME.sub(lambda found: said(surface, record, _source(surface.fields, found[1])), text)


def said(surface: Surface, record: Record, field: Field) -> str:
    """What a field of the record holds, in words; empty where that is nothing, or nothing this person reaches."""
    value = value_of(record, field)
    return "" if value is None else words(surface, field, value)


def words(surface: Surface, field: Field, value: Any) -> str:
    """A value as people read it."""
    if value is None or value == []:
        return str(_("nothing"))
    if field.picks:
        other = surface.target(field)
        row = other.get(value) if other is not None else surface.session.get(field.target(), value)  # type: ignore[misc]
        return "" if row is None else str(row)
    if field.kind == "choice":
        return words_of(field, value)
    if field.kind == "flag":
        return str(_("Yes") if value else _("No"))
    if field.kind == "moment":
        return f"{value.astimezone(reader().zone):%Y-%m-%d %H:%M}"
    return str(kind_of(field).show(field, value))


def becomes(field: str, value: str) -> str:
    """A field and what it is set to: the arrow points the way the reader reads."""
    return str(_("%(field)s → %(value)s", field=field, value=value))


def _target(targets: Mapping[str, Field], one: Line) -> Field:
    found = targets.get(one["field"])
    if found is None:
        raise ValueError(_("There is no field “%(name)s” that can be filled in.", name=one["field"][:80]))
    return found


def _source(source: Mapping[str, Field], name: Any) -> Field:
    found = source.get(name) if isinstance(name, str) else None
    if found is None or found.kind == "has_many" or found.secret:
        raise ValueError(_("There is no field “%(name)s” here.", name=str(name)[:80]))
    return found


def samples(source: Mapping[str, Field]) -> Iterator[str]:
    """The names that texts may hold between braces."""
    return (name for name, one in source.items() if one.kind not in ("has_many", "json", "image") and not one.secret)
