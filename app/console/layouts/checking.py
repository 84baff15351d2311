"""What a layout must be, by whatever way it is saved: well-formed, and with all that a new record cannot do without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from app.console.roles import check_role
from app.console.rules import check_resource_name
from app.data import Field, db
from app.host import FieldErrors, registry
from app.host.layouts import LOOKS, PLACES, VIEWS, WIDTHS, Arranged, arranged_of
from app.identity.locale import listed
from app.screens.laying import layable
from app.screens.reading import Surface

_SECTION = {"declared": str, "titles": Mapping, "look": str, "fields": list}
_FIELD = {"name": str, "place": str, "width": str}
_BLOCK = {"name": str, "shown": bool}
_WHOLE = {"sections": list, "blocks": list, "columns": list, "sort": str, "view": str}


def check_layout(row: Any, is_new: bool) -> None:
    """Before a `Layout` is saved. Raises FieldErrors; a draft may be unfinished, but not malformed."""
    check_role(row, "role")
    check_resource_name(row.resource)
    surface = Surface(registry().entries[row.resource], db.session())
    errors = {}
    for name in ("published", "draft"):
        stored = getattr(row, name)
        if stored is not None and (words := flaw_of(stored)):
            errors[name] = words
    if row.published is not None and "published" not in errors and (words := obstacle(surface, row.published)):
        errors["published"] = words
    if errors:
        raise FieldErrors(errors)


def flaw_of(stored: Any) -> str:
    """What is malformed about a layout, in words; empty when nothing is."""
    return next(_flaws(stored), "")


def obstacle(surface: Surface, stored: Any) -> str:
    """Why a layout cannot be published, in words; empty when it can."""
    arranged = arranged_of(stored)
    names = [one.words for one in missing(surface, arranged)]
    if names:
        return str(_("The form must hold what is always required: %(fields)s.", fields=listed(names)))
    sort = arranged.sort.removeprefix("-")
    if sort and sort in surface.entry.fields and not surface.entry.fields[sort].sortable:
        return str(_("Lists cannot be sorted by “%(field)s”.", field=surface.entry.fields[sort].words))
    return ""


def missing(surface: Surface, arranged: Arranged) -> Iterator[Field]:
    """The fields that every new record must be given, and that the layout leaves out of the form."""
    known = arranged.known
    for name, one in layable(surface).items():
        is_needed = one.required and one.default is None and one.kind not in ("flag", "tags") and not one.readonly
        if is_needed and name in known and known[name].place in ("page", "none"):
            yield one


def _flaws(stored: Any) -> Iterator[str]:
    yield from _shape(stored, _WHOLE)
    if not isinstance(stored, Mapping):
        return
    seen: set[str] = set()
    for section in _rows(stored, "sections"):
        yield from _shape(section, _SECTION)
        yield from _known(section, "look", LOOKS)
        titles = section.get("titles") or {}
        if isinstance(titles, Mapping) and any(not isinstance(one, str) or len(one) > 100 for one in titles.values()):
            yield str(_("A title has at most %(count)s characters.", count=100))
        for one in _rows(section, "fields"):
            yield from _field(one, seen)
    for block in _rows(stored, "blocks"):
        yield from _shape(block, _BLOCK)
    if any(not isinstance(one, str) for one in stored.get("columns") or ()):
        yield str(_("This must be a list of names."))
    yield from _known(stored, "view", ("", *VIEWS))


def _field(one: Any, seen: set[str]) -> Iterator[str]:
    yield from _shape(one, _FIELD)
    if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
        yield str(_("Each field needs its name."))
        return
    yield from _known(one, "place", PLACES)
    yield from _known(one, "width", WIDTHS)
    if one["name"] in seen:
        yield str(_("“%(name)s” stands in it twice.", name=one["name"][:80]))
    seen.add(one["name"])


def _shape(given: Any, known: Mapping[str, type]) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield str(_("This must be an object."))
        return
    for name, value in given.items():
        if name not in known:
            yield str(_("There is no “%(name)s”.", name=str(name)[:80]))
        elif not isinstance(value, known[name]):
            yield str(_("“%(name)s” is not of the right kind.", name=name))


def _known(given: Any, name: str, values: tuple[str, ...]) -> Iterator[str]:
    if isinstance(given, Mapping) and given.get(name, values[0]) not in values:
        yield str(_("“%(name)s” can be: %(values)s.", name=name, values=", ".join(one or '""' for one in values)))


def _rows(given: Any, name: str) -> list[Any]:
    found = given.get(name) if isinstance(given, Mapping) else None
    return found if isinstance(found, list) else []
