"""What a list is asked for, read from the address: `?status.is=open&created_at.after=2026-01-01&q=ali&sort=-name`.

An argument `<field>.<operator>` filters (`assigned_to.is=me` by whoever reads); `q` searches; `sort` orders (`-` for
descending); `cursor` and `size` page; `columns` chooses. The same grammar serves screens and REST.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any, Protocol
from uuid import UUID

from babel.numbers import list_currencies
from flask_babel import gettext as _

from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading.branches import AT_OR_BELOW, operators_of
from app.screens.reading.periods import PERIODS
from app.screens.reading.surface import Surface
from app.tenancy.models import Membership

MAX_SIZE = 200
DEFAULT_SIZE = 25
MAX_FILTERS = 20
MAX_VALUES = 100
MAX_TEXT = 500
ME = "me"
"""Whoever reads, as the value of a relation to members: `assigned_to.is=me`."""
_LISTS = ("one_of", "none_of")
EACH = (".has", f".{AT_OR_BELOW}")
"""Operators of which every value in the address is a condition of its own."""


class Arguments(Protocol):
    """A multi-dict, such as `request.args`."""

    def keys(self) -> Any: ...
    def getlist(self, key: str) -> list[str]: ...


class BadArguments(ValueError):
    """Arguments that cannot be understood: their names, and why."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. `operands` are the parsed values: one, two (between) or several (one_of, none_of)."""

    field: Field
    operator: str
    texts: tuple[str, ...]
    operands: tuple[Any, ...] = dataclass_field(compare=False)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A list, fully asked for."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str = "-created_at"
    cursor: str | None = None
    size: int = DEFAULT_SIZE
    columns: tuple[str, ...] = ()
    trash: bool = False
    archived: bool = False
    ids: tuple[UUID, ...] = ()
    """Of all that match these alone; all when empty. No address says it: rows that somebody ticked."""
    wants_count: bool = False


def parse_list(surface: Surface, args: Arguments, *, ignore: frozenset[str] = frozenset()) -> ListRequest:
    """Read the arguments. Raises BadArguments that names every argument it cannot use; `ignore` are the caller's
    own."""
    errors: dict[str, str] = {}
    known: dict[str, Any] = {}
    filters: list[Filter] = []
    for name in list(args.keys()):
        values = args.getlist(name)
        try:
            if name in ignore:
                continue
            if name in _READERS:
                known.update(_READERS[name](surface, values[-1]))
            elif any(text.strip() for text in values):
                # A record may hold several tags, and stand below several others: each that is asked for is a condition.
                each = [[one] for one in values if one.strip()] if name.endswith(EACH) else [values]
                filters += [parse_filter(surface, name, one) for one in each]
        except ValueError as error:
            errors[name] = str(error)
    if len(filters) > MAX_FILTERS:
        errors["filters"] = _("At most %(count)s filters.", count=MAX_FILTERS)
    if errors:
        raise BadArguments(errors)
    known.setdefault("sort", default_sort(surface))
    return ListRequest(filters=tuple(filters), **known)


def default_sort(surface: Surface) -> str:
    """The resource's order, unless its field is hidden from this person."""
    declared = surface.entry.resource.sort
    return declared if declared.removeprefix("-") in surface.sortable() else "-created_at"


def parse_filter(surface: Surface, name: str, values: list[str]) -> Filter:
    """`status.one_of` with `["open", "won"]`. Raises ValueError with a sentence."""
    field_name, _dot, operator = name.rpartition(".")
    known = surface.filterable()
    found = known.get(field_name)
    if found is None and name in known:  # the operator is missing
        raise _not_by(known[name], [f"{name}.{one}" for one in operators_of(surface, known[name])])
    if found is None:
        raise ValueError(_("There is no filter of this name."))
    meant = [_in_place_of_me(surface, found, text) for text in values]
    one = filter_of(found, operator, meant, operators_of(surface, found))
    return replace(one, texts=_texts(operator, values)) if ME in values else one


def leads_to_members(field: Field) -> bool:
    """Whether a relation names people of the tenant, of whom the reader is one."""
    return field.kind == "belongs_to" and field.target is not None and field.target() is Membership


def _in_place_of_me(surface: Surface, field: Field, text: str) -> str:
    """The reader's own membership where the address says `me`: what is saved or passed on so is each reader's own."""
    person = surface.person
    if text == ME and person is not None and person.membership_id is not None and leads_to_members(field):
        return str(person.membership_id)
    return text


def _not_by(found: Field, operators: Sequence[str]) -> ValueError:
    return ValueError(
        _("“%(field)s” can be filtered by: %(operators)s.", field=found.words, operators=", ".join(operators))
    )


def filter_of(found: Field, operator: str, values: list[str], known: Sequence[str] = ()) -> Filter:
    """A condition on a field, by one of the `known` operators (those of its kind). Raises ValueError in words."""
    known = known or kind_of(found).operators
    if operator not in known:
        raise _not_by(found, known)
    texts = _texts(operator, values)
    return Filter(found, operator, texts, tuple(_operand(found, operator, text) for text in texts))


def _texts(operator: str, values: list[str]) -> tuple[str, ...]:
    if operator in (*_LISTS, "between") and len(values) == 1:
        values = values[0].split(",")
    texts = tuple(text.strip() for text in values if text.strip())
    if any(len(text) > MAX_TEXT or "\x00" in text for text in texts):
        raise ValueError(_("This value is too long or holds a character that cannot be searched."))
    if operator == "between" and len(texts) != 2:
        raise ValueError(_("“between” needs two values, from and to."))
    if operator in _LISTS and len(texts) > MAX_VALUES:
        raise ValueError(_("At most %(count)s values.", count=MAX_VALUES))
    return texts if operator in (*_LISTS, "between") else texts[-1:]


def _operand(found: Field, operator: str, text: str) -> Any:
    if operator == "empty":
        return kind_of(Field("flag")).parse(found, text)
    if operator in ("contains", "starts"):
        return text
    if operator == "within":
        return _one_of_these(text, PERIODS)
    if operator == "currency":
        return _one_of_these(text.upper(), list_currencies())
    return kind_of(found).operand(found, text)


def _one_of_these(text: str, known: Collection[str]) -> str:
    if text not in known:
        raise ValueError(_("There is no “%(name)s”.", name=text[:80]))
    return text


def _sort(surface: Surface, text: str) -> dict[str, Any]:
    if text.removeprefix("-") not in surface.sortable():
        raise ValueError(_("Sorting is possible by: %(names)s.", names=", ".join(surface.sortable())))
    return {"sort": text}


def _size(surface: Surface, text: str) -> dict[str, Any]:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_SIZE:
        raise ValueError(_("A page has 1 to %(count)s rows.", count=MAX_SIZE))
    return {"size": int(text)}


def _search(surface: Surface, text: str) -> dict[str, Any]:
    return {"search": text.replace("\x00", " ")[:200].strip()}


def _cursor(surface: Surface, text: str) -> dict[str, Any]:
    return {"cursor": text or None}


def _columns(surface: Surface, text: str) -> dict[str, Any]:
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    unknown = [name for name in names if name not in surface.fields or surface.fields[name].kind == "has_many"]
    if unknown:
        raise ValueError(_("There is no column “%(name)s”.", name=unknown[0][:80]))
    return {"columns": names}


def _archived(surface: Surface, text: str) -> dict[str, Any]:
    if not surface.model.__archive__:
        raise ValueError(_("These records have no archive."))
    return {"archived": text not in ("", "0", "false")}


def _count(surface: Surface, text: str) -> dict[str, Any]:
    return {"wants_count": text not in ("", "0", "false")}


_READERS = {
    "q": _search,
    "sort": _sort,
    "size": _size,
    "cursor": _cursor,
    "columns": _columns,
    "count": _count,
    "archived": _archived,
}
LIST_ARGUMENTS = frozenset(_READERS)
"""Names of the arguments every list understands, besides its filters."""
