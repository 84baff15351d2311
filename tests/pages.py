"""Reading a page as a browser does: what its form would send."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """Collects the controls inside `<main>`, as a browser with scripts would send them untouched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: dict[str, str] = {}
        self.skipped = 0
        self.is_inside = False
        self.select = ""
        self.area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "main":
            self.is_inside = True
        if tag in ("template", "noscript"):
            self.skipped += 1
        if self.skipped or not self.is_inside or "disabled" in given:
            return
        name = given.get("name") or ""
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.sent[name] = given.get("value") or ""
        elif tag == "select":
            self.select = name
            self.sent.setdefault(name, "")
        elif tag == "option" and self.select and "selected" in given:
            self.sent[self.select] = given.get("value") or ""
        elif tag == "textarea":
            self.area = name
            self.sent[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self.is_inside = False
        elif tag in ("template", "noscript"):
            self.skipped -= 1
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.area:
            self.sent[self.area] = self.sent[self.area].removeprefix("\n")
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area and not self.skipped:
            self.sent[self.area] += data


def form_of(page: Any) -> dict[str, str]:
    """What a browser would send for the page's form as it stands, without the CSRF token and the buttons."""
    form = _Form()
    form.feed(page.text)
    form.sent.pop("csrf_token", None)
    form.sent.pop("", None)
    return form.sent
