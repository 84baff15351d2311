"""vCard -> people."""

import re
from collections.abc import Iterator

from flask_babel import gettext as _

from app.contacts.dialects.draft import Draft, NameParts
from app.contacts.dialects.people import Row
from app.contacts.dialects.vcard_lines import Card, Property, cards, is_preferred

_BEGIN = re.compile(r"^\s*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE | re.MULTILINE)
_LABEL_TYPES = ("cell", "fax", "pager", "car", "work", "home", "main", "other")
_SOCIAL = ("X-SOCIALPROFILE", "IMPP", "X-WHATSAPP", "X-LINKEDIN", "SOCIALPROFILE")
_SILENT = frozenset(
    "VERSION N FN ORG TITLE ROLE TEL EMAIL ADR LABEL NOTE CATEGORIES URL BDAY LANG KIND PHOTO LOGO SOUND KEY REV UID "
    "PRODID SOURCE PROFILE CLASS SORT-STRING CLIENTPIDMAP XML NAME MAILER TZ GEO AGENT X-ABLABEL X-ABADR X-ABSHOWAS "
    "X-ABUID X-IMAGEHASH X-IMAGETYPE X-ADDRESSBOOKSERVER-KIND X-ACCOUNT".split()
) | frozenset(_SOCIAL)  # fmt: skip


def is_vcard(text: str) -> bool:
    """Whether a text is one of cards: it begins with one, stray lines apart."""
    return bool(_BEGIN.search(text[:4000]))


def read_vcards(text: str, region: str) -> Iterator[Row]:
    """Every card as a row; the line is that of its BEGIN."""
    for card in cards(text):
        draft = Draft(card.line, region)
        if card.problem == "stray":
            yield draft.refused(_("this text stands outside any card."))
            continue
        reason = _reason_to_refuse(card)
        if reason:
            yield draft.refused(reason)
            continue
        if card.problem == "open":
            draft.warn(_("the card has no END:VCARD; please check this person."))
        _read(card, draft)
        yield draft.row()


def _reason_to_refuse(card: Card) -> str | None:
    if not any(prop.value.strip(" ;") for prop in card.properties if prop.name != "VERSION"):
        return str(_("the card is empty."))
    kind = (card.text("KIND") or card.text("X-ADDRESSBOOKSERVER-KIND")).strip().lower()
    if kind in {"group", "location"}:
        return str(_("the card is a group or a place, not a person."))
    return None


def _read(card: Card, draft: Draft) -> None:
    draft.name(_name(card))
    _read_organization(card, draft)
    for tel in card.all("TEL"):
        draft.phone(_number(tel), _label(card, tel), is_preferred=is_preferred(tel))
    for email in card.all("EMAIL"):
        draft.email(email.text(), _label(card, email), is_preferred=is_preferred(email))
    for link in card.all("URL"):
        draft.url(link.text(), _label(card, link), is_preferred=is_preferred(link))
    for profile in card.all(*_SOCIAL):
        _read_profile(card, profile, draft)
    for adr in card.all("ADR"):
        _read_address(card, adr, draft)
    _read_birthday(card, draft)
    _read_texts(card, draft)


def _read_texts(card: Card, draft: Draft) -> None:
    for note in card.all("NOTE"):
        draft.note(note.text())
    for categories in card.all("CATEGORIES"):
        for category in categories.items():
            draft.tag(category)
    for language in card.all("LANG"):
        draft.locale(language.text())
    for line in card.unreadable:
        draft.unreadable(line)
    for prop in card.properties:
        if prop.name not in _SILENT and prop.params.get("encoding", "").lower() not in {"b", "base64"}:
            name = prop.name.removeprefix("X-").replace("-", " ").capitalize()
            draft.aside(card.label(prop) or name, " ".join(filter(None, prop.fields())))


def _name(card: Card) -> NameParts:
    names = card.all("N")
    parts = names[0].fields() if names else []
    last, first, middle, prefix, suffix = (parts + [""] * 5)[:5]
    return NameParts(first, middle, last, prefix, suffix, card.text("FN"))


def _read_organization(card: Card, draft: Draft) -> None:
    titles = [prop.text() for prop in card.all("TITLE")] or [prop.text() for prop in card.all("ROLE")]
    for place, org in enumerate(card.all("ORG")):
        company, *units = org.fields()
        draft.company(company, titles[place] if place < len(titles) else "")
        draft.aside(_("Department"), ", ".join(filter(None, units)))
    for title in titles[len(card.all("ORG")) :]:
        draft.company("", title)


def _number(tel: Property) -> str:
    """A 4.0 number may be a link with its extension as a parameter: tel:+1-418-656-9254;ext=102."""
    number, _semicolon, rest = tel.text().partition(";")
    dial_on = re.search(r"ext=(\d+)", rest, re.IGNORECASE)
    return f"{number} ext. {dial_on.group(1)}" if dial_on else number


def _label(card: Card, prop: Property) -> str:
    own = card.label(prop) or next((name[2:] for name in sorted(prop.types) if name.startswith("x-")), "")
    if own:
        return own
    types = prop.types
    if "cell" in types and "work" not in types:
        return "mobile"
    return " ".join(sorted((name for name in _LABEL_TYPES if name in types), key=("work", "home", "other").count)[::-1])


def _read_profile(card: Card, profile: Property, draft: Draft) -> None:
    service = profile.params.get("x-service-type", "") or " ".join(sorted(profile.types - {"pref"}))
    what = f"{profile.name} {service}".lower()
    value = profile.text()
    if "whatsapp" in what:
        draft.phone(re.sub(r"^[\w-]+:", "", value), "WhatsApp", is_preferred=is_preferred(profile))
    elif re.match(r"https?://", value) or "linkedin" in what:
        draft.url(re.sub(r"^x-apple:", "", value), service or _label(card, profile))
    else:
        draft.aside(service or _label(card, profile) or "IM", value)


def _read_address(card: Card, adr: Property, draft: Draft) -> None:
    box, extended, street, city, state, postal_code, country = (adr.fields() + [""] * 7)[:7]
    lines = "\n".join(filter(None, (street, extended, box)))
    draft.address(_label(card, adr), street=lines, city=city, state=state, postal_code=postal_code, country=country)


def _read_birthday(card: Card, draft: Draft) -> None:
    for prop in card.all("BDAY"):
        text = prop.text()
        if "x-apple-omit-year" in prop.params:
            text = f"--{text[5:]}"
        draft.birthday(text)
