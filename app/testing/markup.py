"""Reading a page for what the house keeps on every page of its own: language and direction, nothing inline, words for
pictures, the house's layout."""

from __future__ import annotations

from html.parser import HTMLParser

_DATA = frozenset({"application/json", "application/ld+json", "text/template"})
"""Types of scripts that no browser runs."""


class Markup(HTMLParser):
    """A parsed page. `faults` are sentences; `is_framed` says whether it stands inside the house's layout."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = self.direction = ""
        self.is_framed = False
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language, self.direction = given.get("lang", ""), given.get("dir", "")
        if tag == "main" and given.get("id") == "content":
            self.is_framed = True
        self.faults += [f"{words}: {self.get_starttag_text()}"[:160] for words in _faults(tag, given)]


def _faults(tag: str, given: dict[str, str]) -> list[str]:
    """What the content policy of the house would not let run, and pictures that say nothing."""
    found = [f"“{name}” is inline" for name in given if name.startswith("on") or name == "style"]
    if tag == "script" and not given.get("src") and given.get("type", "") not in _DATA:
        found.append("an inline script")
    if tag == "style":
        found.append("an inline style")
    if any(given.get(name, "").strip().casefold().startswith("javascript:") for name in ("href", "action", "src")):
        found.append("a script as an address")
    if tag == "img" and "alt" not in given:
        found.append("an image without alt")
    return found
