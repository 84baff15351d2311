"""Raw text of a file -> text that can be stored and shown."""

import re
from urllib.parse import urlsplit

from app.contacts.dialects.people import LONGEST_TEXT

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_SHOWN = 80


def clean(text: str) -> str:
    """Text without control characters and half characters, line ends as "\\n"."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(text: str, *, keep_lines: bool = False) -> str:
    """Cleaned text with single spaces, on one line unless the lines matter."""
    if text.isascii() and text.isprintable():  # most are, and have no other lines
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in clean(text).split("\n"))
    return ("\n" if keep_lines else " ").join(filter(None, lines))


def shown(text: str) -> str:
    """The beginning of a text, short enough to be quoted in a sentence."""
    short = one_line(text[: _LONGEST_SHOWN * 4])
    return short if len(short) <= _LONGEST_SHOWN else f"{short[:_LONGEST_SHOWN]}…"


def web_address(text: str) -> str | None:
    """The http or https address a text is, with the scheme it may have left out; None when it is none."""
    if not text or len(text) > LONGEST_TEXT or " " in text:
        return None
    address = text if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) else f"https://{text}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_web = parts.scheme.lower() in {"http", "https"} and re.fullmatch(r"[\w.-]+\.[^\W\d_][\w-]+", host)
    return address if is_web else None
