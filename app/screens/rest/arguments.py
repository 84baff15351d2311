"""What a REST call may ask for in its address: the list's own arguments, `fields`, `expand`, `trash`, `count`..."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.data import Field
from app.screens.reading import BadArguments, ListRequest, Surface, parse_list
from app.screens.rest.dumping import is_custom, readable

DEFAULT_SIZE = 50
MAX_EXPANDED = 8
"""Relations that one call may expand."""
_SHAPE = frozenset({"fields", "expand"})
_LIST = _SHAPE | {"trash", "count"}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a record is to be shown: which columns, which relations in full."""

    columns: tuple[Field, ...]
    expand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListCall:
    """A list, fully asked for. `count` is none, capped or exact."""

    request: ListRequest
    shape: Shape
    count: str


def read_shape(surface: Surface, args: MultiDict[str, str], *allowed: str) -> Shape:
    """`fields` and `expand`; any argument that is neither nor `allowed` is refused. Raises BadArguments."""
    refuse_unknown(args, _SHAPE | set(allowed))
    return _shape(surface, args)


def refuse_unknown(args: MultiDict[str, str], allowed: Iterable[str]) -> None:
    """Raises BadArguments for an argument that has no meaning here."""
    unknown = set(args) - set(allowed)
    if unknown:
        raise BadArguments({name[:100]: _("There is no argument of this name.") for name in sorted(unknown)})


def is_confirmed(args: MultiDict[str, str]) -> bool:
    """Has the caller seen the warnings and wants to save all the same?"""
    return _flag(args, "confirm")


def read_list_call(surface: Surface, args: MultiDict[str, str]) -> ListCall:
    """All arguments of a list. Raises BadArguments that names each that cannot be used."""
    if "columns" in args:
        raise BadArguments({"columns": _("Use “fields” to choose columns.")})
    errors: dict[str, str] = {}
    shape, count, trash = Shape(()), "none", False
    try:
        shape = _shape(surface, args)
    except BadArguments as error:
        errors |= error.errors
    try:
        count, trash = _count(args), _trash(surface, args)
    except BadArguments as error:
        errors |= error.errors
    try:
        request = parse_list(surface, args, ignore=_LIST)
    except BadArguments as error:
        raise BadArguments(errors | error.errors) from None
    if errors:
        raise BadArguments(errors)
    size = request.size if "size" in args else DEFAULT_SIZE
    names = tuple(field.name for field in shape.columns)
    request = replace(request, columns=names, size=size, trash=trash, wants_count=count == "exact")
    return ListCall(request, shape, count)


def _shape(surface: Surface, args: MultiDict[str, str]) -> Shape:
    expand = _expand(surface, args)
    columns = _fields(surface, args)
    return Shape(_with_links(surface, columns, expand), expand)


def _names(args: MultiDict[str, str], argument: str) -> list[str]:
    given = (name.strip() for text in args.getlist(argument) for name in text.split(","))
    return list(dict.fromkeys(name for name in given if name))


def _fields(surface: Surface, args: MultiDict[str, str]) -> tuple[Field, ...]:
    known = {field.name: field for field in readable(surface)}
    wanted = _names(args, "fields")
    if not wanted:
        return tuple(known.values())
    chosen: dict[str, Field] = {}
    for name in wanted:
        if name == "custom_fields":
            chosen |= {one: field for one, field in known.items() if is_custom(field)}
        elif name in known:
            chosen[name] = known[name]
        elif name not in ("id", "version"):
            raise BadArguments({"fields": _("There is no field “%(name)s”.", name=name[:80])})
    return tuple(sorted(chosen.values(), key=is_custom))


def _expand(surface: Surface, args: MultiDict[str, str]) -> tuple[str, ...]:
    possible = {f.name: f for f in surface.fields.values() if f.kind in ("belongs_to", "has_many")}
    names = _names(args, "expand")
    for name in names:
        if name not in possible:
            words = _("“%(name)s” cannot be expanded; possible: %(names)s.", name=name[:80], names=", ".join(possible))
            raise BadArguments({"expand": words})
        other = surface.target(possible[name])
        if other is not None and not other.may("read"):
            raise BadArguments({"expand": _("You may not read “%(name)s”.", name=name)})
    if len(names) > MAX_EXPANDED:
        raise BadArguments({"expand": _("At most %(count)s relations.", count=MAX_EXPANDED)})
    return tuple(names)


def _with_links(surface: Surface, columns: tuple[Field, ...], expand: tuple[str, ...]) -> tuple[Field, ...]:
    """A relation that is expanded must be read, whether or not it was among the fields asked for."""
    have = {field.name for field in columns}
    links = [surface.fields[name] for name in expand if name not in have and surface.fields[name].kind == "belongs_to"]
    return (*links, *columns)


def _count(args: MultiDict[str, str]) -> str:
    text = args.get("count", "none")
    if text not in _COUNTS:
        raise BadArguments({"count": _("Possible: none, capped, exact.")})
    return _COUNTS[text]


_COUNTS = {"": "none", "0": "none", "none": "none", "capped": "capped", "1": "exact", "true": "exact", "exact": "exact"}


def _trash(surface: Surface, args: MultiDict[str, str]) -> bool:
    wanted = _flag(args, "trash")
    if wanted and not surface.model.__soft_delete__:
        raise BadArguments({"trash": _("These records have no trash.")})
    if wanted and not surface.may("delete"):
        raise BadArguments({"trash": _("Only those who may delete see the trash.")})
    return wanted


def _flag(args: MultiDict[str, str], name: str) -> bool:
    text = args.get(name, "0")
    if text not in ("0", "1", "true", "false", ""):
        raise BadArguments({name: _("Possible: 0, 1.")})
    return text in ("1", "true")
