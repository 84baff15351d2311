"""CSV of Outlook for the desktop and of outlook.com."""

import re

from app.contacts.dialects.cells import Cells
from app.contacts.dialects.draft import Draft, NameParts

_EMAIL = re.compile(r"e-mail(?: \d)? address")
_PHONE = re.compile(r"(.+) (?:phone|fax|pager)(?: \d)?|pager|callback")
_WEB = ("web page", "business web page", "personal web page", "personal home page", "business home page")
_NAMES = frozenset({"first name", "last name", "middle name", "company", "display name", "full name"})
_BETWEEN_CATEGORIES = re.compile(r"[;,]")
_DERIVED = re.compile(r"e-mail(?: \d)? (?:type|display name)|priority|private|sensitivity|internet free busy")


def is_outlook(headings: list[str]) -> bool:
    """Whether normalised headings are of an export of Outlook: a name and a way to reach somebody."""
    known = set(headings)
    reachable = {heading for heading in known if _EMAIL.fullmatch(heading) or _PHONE.fullmatch(heading)}
    return bool(known & _NAMES and reachable)


def read_outlook(cells: Cells, draft: Draft) -> None:
    """One row of the export into the draft."""
    draft.name(_name(cells))
    draft.company(cells.take("company"), cells.take("job title"))
    draft.birthday(cells.take("birthday"))
    if language := cells.take("language"):
        draft.locale(language)
    for note in cells.take_all("notes"):
        draft.note(note)
    for heading in ("categories", "keywords"):
        _read_categories(cells.take_all(heading), draft)
    _read_channels(cells, draft)
    for place in ("Business", "Home", "Other"):
        _read_address(place, cells, draft)
    _drop_what_says_nothing(cells)


def _name(cells: Cells) -> NameParts:
    return NameParts(
        first=cells.take("first name"),
        middle=cells.take("middle name"),
        last=cells.take("last name"),
        prefix=cells.take("title"),
        suffix=cells.take("suffix"),
        full=cells.take("display name", "full name", "name"),
    )


def _read_categories(values: list[str], draft: Draft) -> None:
    for value in values:
        for category in _BETWEEN_CATEGORIES.split(value):
            draft.tag(category)


def _read_channels(cells: Cells, draft: Draft) -> None:
    for heading in cells.headings():
        if _EMAIL.fullmatch(heading):
            for value in cells.take_all(heading):
                draft.email(value)
        elif _PHONE.fullmatch(heading):
            label = "" if heading == "primary phone" else heading
            for value in cells.take_all(heading):
                draft.phone(value, label, is_preferred=heading == "primary phone")
        elif heading in _WEB:
            for value in cells.take_all(heading):
                draft.url(value, "work" if heading.startswith("business") else "")


def _read_address(place: str, cells: Cells, draft: Draft) -> None:
    prefix = place.lower()
    lines = ("street", "street 2", "street 3", "address po box", "po box")
    street = "\n".join(filter(None, (cells.take(f"{prefix} {line}") for line in lines)))
    whole = cells.take(f"{prefix} address")
    city, state = cells.take(f"{prefix} city"), cells.take(f"{prefix} state")
    postal_code = cells.take(f"{prefix} postal code")
    country = cells.take(f"{prefix} country/region", f"{prefix} country")
    if not any((street, city, state, postal_code)):
        street = whole
    draft.address(place, street=street, city=city, state=state, postal_code=postal_code, country=country)


def _drop_what_says_nothing(cells: Cells) -> None:
    for heading in cells.headings():
        if _DERIVED.fullmatch(heading):
            cells.take_all(heading)
