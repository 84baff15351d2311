"""Google Contacts CSV, as before 2024 (Given Name, E-mail 1 - Type) and after (First Name, E-mail 1 - Label)."""

import re
from collections.abc import Callable

from flask_babel import gettext as _

from app.contacts.dialects.cells import Cells
from app.contacts.dialects.draft import Draft, NameParts

_NUMBERED = re.compile(
    r"(e-mail|phone|website|address|organization|im|relation|event|custom field|external id) (\d+) - (.+)"
)
_BETWEEN_VALUES = re.compile(r"\s*:::\s*")
_SYSTEM_LABELS = frozenset({"mycontacts", "my contacts", "other contacts", "imported"})
_WITHOUT_MEANING = ("photo", "priority", "sensitivity", "directory server")

_Parts = dict[str, str]


def is_google(headings: list[str]) -> bool:
    """Whether normalised headings are of an export of Google Contacts."""
    known = set(headings)
    if any(_NUMBERED.fullmatch(heading) for heading in known):
        return True
    return bool(
        known & {"given name", "first name", "name"} and known & {"group membership", "labels", "organization name"}
    )


def read_google(cells: Cells, draft: Draft) -> None:
    """One row of the export into the draft."""
    draft.name(_name(cells))
    draft.company(cells.take("organization name"), cells.take("organization title"))
    draft.aside(_("Department"), cells.take("organization department"))
    draft.birthday(cells.take("birthday"))
    if language := cells.take("language"):
        draft.locale(language)
    for note in cells.take_all("notes"):
        draft.note(note)
    for heading in ("labels", "group membership"):
        _read_labels(cells.take_all(heading), draft)
    for heading in _WITHOUT_MEANING:
        cells.take_all(heading)
    _read_numbered(cells, draft)


def _name(cells: Cells) -> NameParts:
    return NameParts(
        first=cells.take("first name", "given name"),
        middle=cells.take("middle name", "additional name"),
        last=cells.take("last name", "family name"),
        prefix=cells.take("name prefix"),
        suffix=cells.take("name suffix"),
        full=cells.take("name") or cells.take("file as"),
    )


def _read_labels(values: list[str], draft: Draft) -> None:
    for value in values:
        for label in _BETWEEN_VALUES.split(value):
            name = label.strip().removeprefix("*").strip()
            if name.casefold() not in _SYSTEM_LABELS:
                draft.tag(name)


def _read_numbered(cells: Cells, draft: Draft) -> None:
    """Groups such as "Phone 2 - Label", "Phone 2 - Value", in the order of the file."""
    groups: dict[tuple[str, str], list[_Parts]] = {}
    for heading in cells.headings():
        if found := _NUMBERED.fullmatch(heading):
            kind, number, part = found.groups()
            for place, value in enumerate(cells.take_all(heading)):
                repeated = groups.setdefault((kind, number), [])
                while len(repeated) <= place:
                    repeated.append({})
                repeated[place]["label" if part == "type" else part] = value
    for (kind, _number), repeated in groups.items():
        for parts in repeated:
            _READERS[kind](kind, parts, draft)


def _label(parts: _Parts) -> tuple[str, bool]:
    """The label and whether a star marks it as the preferred one ("* Work")."""
    label = _BETWEEN_VALUES.split(parts.pop("label", ""))[0].strip()
    return label.removeprefix("*").strip(), label.startswith("*")


def _read_channel(kind: str, parts: _Parts, draft: Draft) -> None:
    label, is_preferred = _label(parts)
    add = {"e-mail": draft.email, "phone": draft.phone, "website": draft.url}[kind]
    for value in filter(None, _BETWEEN_VALUES.split(parts.pop("value", ""))):
        add(value, label, is_preferred=is_preferred)
        is_preferred = False
    _read_rest(kind, parts, draft)


def _read_address(kind: str, parts: _Parts, draft: Draft) -> None:
    labels = [label.strip("* ") for label in _BETWEEN_VALUES.split(parts.pop("label", ""))]
    formatted = parts.pop("formatted", "")
    names = ("street", "extended address", "po box", "city", "region", "postal code", "country")
    columns = {name: _BETWEEN_VALUES.split(parts.pop(name, "")) for name in names}
    for place in range(max(map(len, columns.values()))):
        at = {name: column[place] if place < len(column) else "" for name, column in columns.items()}
        street = "\n".join(filter(None, (at["street"], at["extended address"], at["po box"])))
        if not any(at.values()):
            street = formatted
        draft.address(
            labels[min(place, len(labels) - 1)],
            street=street,
            city=at["city"],
            state=at["region"],
            postal_code=at["postal code"],
            country=at["country"],
        )
    _read_rest(kind, parts, draft)


def _read_organization(kind: str, parts: _Parts, draft: Draft) -> None:
    parts.pop("label", "")
    draft.company(parts.pop("name", ""), parts.pop("title", ""))
    draft.aside(_("Department"), parts.pop("department", ""))
    _read_rest(kind, parts, draft)


def _read_messenger(kind: str, parts: _Parts, draft: Draft) -> None:
    label, is_preferred = _label(parts)
    service = parts.pop("service", "") or label or "IM"
    value = parts.pop("value", "")
    if "whatsapp" in service.casefold():
        draft.phone(value, "WhatsApp", is_preferred=is_preferred)
    else:
        draft.aside(service, value)
    _read_rest(kind, parts, draft)


def _read_other(kind: str, parts: _Parts, draft: Draft) -> None:
    label, _is_preferred = _label(parts)
    draft.aside(label or kind.capitalize(), parts.pop("value", ""))
    _read_rest(kind, parts, draft)


def _read_rest(kind: str, parts: _Parts, draft: Draft) -> None:
    for part, value in parts.items():
        draft.aside(f"{kind.capitalize()} - {part}", value)


_READERS: dict[str, Callable[[str, _Parts, Draft], None]] = {
    "e-mail": _read_channel,
    "phone": _read_channel,
    "website": _read_channel,
    "address": _read_address,
    "organization": _read_organization,
    "im": _read_messenger,
    "relation": _read_other,
    "event": _read_other,
    "custom field": _read_other,
    "external id": _read_other,
}
