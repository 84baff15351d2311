"""Reading our pages as a browser does: their forms with what would be sent, and the addresses they link to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree
from pypdf import PdfReader
from werkzeug.datastructures import MultiDict

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Control:
    """One control of a form. `kind` is the type of an input, or textarea, select, submit."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    disabled: bool = False

    def sent(self) -> Pairs:
        """What a browser sends for it when nothing is touched."""
        if self.disabled or not self.name or self.kind in ("submit", "button", "reset", "file"):
            return []
        return [(self.name, _as_sent(self.kind, value)) for value in self.values]


def _as_sent(kind: str, value: str) -> str:
    """Line ends as HTTP has them; what one-line controls do to their value when it is set."""
    if kind == "textarea":
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    if kind in ("text", "tel", "search", "password"):
        return value.replace("\r", "").replace("\n", "")
    if kind in ("email", "url"):
        return value.replace("\r", "").replace("\n", "").strip()
    return value


@dataclass(slots=True)
class Form:
    """A form of a page."""

    action: str
    method: str
    attributes: dict[str, str]
    controls: list[Control] = field(default_factory=list)

    def data(self, **changes: str | None) -> MultiDict[str, str]:
        """What is sent, unchanged or with other values; None leaves a control out."""
        pairs = [pair for control in self.controls for pair in control.sent()]
        kept = [(name, value) for name, value in pairs if name not in changes]
        return MultiDict(kept + [(name, value) for name, value in changes.items() if value is not None])

    def names(self) -> set[str]:
        return {control.name for control in self.controls if control.name and not control.disabled}

    def value(self, name: str) -> str | None:
        """What the control of this name shows; the last one where several share it."""
        found = [value for control in self.controls if control.name == name for value in control.values]
        return found[-1] if found else None


class Page:
    """A parsed page: `forms`, `links`, and its `text`. Nothing inside <template> or <noscript> counts.

    `start`, `data`, `end` and `close` are what the parser calls: libxml2's, which takes a quarter of the time that
    the one that comes with Python takes, and like a browser shows what must not be in a page as �.
    """

    def __init__(self, html: str) -> None:
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self._texts: list[str] = []
        self._pieces: list[str] = []
        self._hidden = 0
        self._form: Form | None = None
        self._control: Control | None = None
        if html:
            parser = etree.HTMLParser(target=self, huge_tree=True)
            parser.feed(html)
            parser.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    def form(self, action_ends: str = "", method: str = "post") -> Form:
        """The last form whose action ends so. Sign-out and language forms come first on every page."""
        found = [one for one in self.forms if one.method == method and one.action.split("?")[0].endswith(action_ends)]
        assert found, f"no {method} form for {action_ends!r} among {[one.action for one in self.forms]}"
        return found[-1]

    def guarded(self) -> Form:
        """The form of an add or edit page."""
        found = [one for one in self.forms if "data-guard" in one.attributes]
        assert found, f"this page has no form: {self.text[:1000]}"
        return found[0]

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        self._end_text()
        if tag in ("template", "noscript"):
            self._hidden += 1
        if self._hidden:
            return
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get("data-fetch"):
            self.fetched.append(given["data-fetch"])
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower(), dict(given))
            self.forms.append(self._form)
        elif tag in ("input", "textarea", "select", "button"):
            self._start_control(tag, given)
        elif tag == "option" and self._control is not None:
            self._start_option(given)

    def _start_control(self, tag: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else "submit" if tag == "button" else tag
        made = Control(given.get("name", ""), kind, disabled="disabled" in given)
        if tag == "input" and (kind not in ("checkbox", "radio") or "checked" in given):
            made.values = [given.get("value", "on" if kind in ("checkbox", "radio") else "")]
        if tag == "button":
            made.values = [given.get("value", "")]
        if self._form is not None:
            self._form.controls.append(made)
        if tag in ("textarea", "select"):
            self._control = made
            made.values = [""] if tag == "textarea" else []

    def _start_option(self, given: Mapping[str, str]) -> None:
        assert self._control is not None
        value = given.get("value", "")
        self._control.options.append(value)
        if "selected" in given:
            self._control.values = [value]

    def end(self, tag: str) -> None:
        self._end_text()
        if tag in ("template", "noscript"):
            self._hidden -= 1
        elif self._hidden:
            return
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._control is not None:
            self._control.values = [self._control.values[0].removeprefix("\n")]
            self._control = None
        elif tag == "select" and self._control is not None:
            if not self._control.values and self._control.options:
                self._control.values = self._control.options[:1]
            self._control = None

    def data(self, piece: str) -> None:
        self._pieces.append(piece)

    def close(self) -> None:
        self._end_text()

    def _end_text(self) -> None:
        """A text comes in pieces wherever something in it is escaped."""
        if not self._pieces:
            return
        text = "".join(self._pieces)
        self._pieces.clear()
        if self._hidden:
            return
        if self._control is not None and self._control.kind == "textarea":
            self._control.values[0] += text
        self._texts.append(text)


def page_of(response: Any) -> Page:
    """The page of a response."""
    return Page(response.get_data(as_text=True))


def text_of(response: Any) -> str:
    """What a response says: of a PDF the words on its pages."""
    if response.mimetype != "application/pdf":
        return str(response.get_data(as_text=True))
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.get_data())).pages)
