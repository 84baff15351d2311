"""The controls of a form as HTML: printed once for everybody they look alike to, then only filled in.

From one request to the next a control differs in little but what it holds. So it is printed with a mark where the
value belongs, by the same macros as any other control, and kept; a request puts its value, escaped, in its place.
What looks different by its value (a list, a tick) is kept once for each value it can have. A refused or a found text
is printed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from secrets import token_hex
from typing import Any

from flask import current_app, get_template_attribute
from markupsafe import Markup, escape

from app.data import Field
from app.data.bounded import Bounded
from app.data.codes import Codes
from app.identity.locale import current_locale
from app.screens.kinds import reader
from app.screens.page import FieldView
from app.screens.views.controls import COMMON_CURRENCIES, Known, control_of, may_create, money_parts
from app.screens.views.screen import Screen

_VALUE, _LABEL = token_hex(16), token_hex(16)
"""No text of a person holds these: they are made up anew by every process."""
Filling = tuple[str, str, str]
"""The text to print a control with, and what to put in place of the marks in it: the value and its label."""


class Printer:
    """Prints the controls of one form, for the reader of this request."""

    def __init__(self, screen: Screen, known: Known) -> None:
        self.screen = screen
        self.known = known
        self._kept: Bounded[Any, str] = current_app.extensions.setdefault("tenantry_controls", Bounded(10_000))
        self._reader = reader()
        person = screen.surface.person
        decided = person.tenant.config_version if person is not None and person.tenant is not None else 0
        # What choices are offered depends on what is on in the tenant.
        self._surroundings = (str(current_locale()), self._reader.currency, screen.base, decided)
        self._creators: dict[Field, bool] = {}

    def field(self, declared: Field, text: str, error: str = "", *, autofocus: bool = False, width: str = "") -> Markup:
        """The control with its label, help and error."""
        return self._print("field", declared, declared.name, text, error, autofocus=autofocus, width=width)

    def cell(self, declared: Field, name: str, text: str, error: str = "") -> Markup:
        """The control called `name` in the table of a collection."""
        return self._print("cell", declared, name, text, error)

    def kept(self, what: str, fields: Iterable[Field], make: Callable[[], str]) -> Markup:
        """What `make` prints, for HTML in which nothing differs but by these fields and the reader."""
        found = tuple(fields)
        creating = tuple(self._creates(one) for one in found if one.picks)
        return Markup(self._keep((what, found, creating, self._reader, self._surroundings), make))  # noqa: S704

    def given(self, declared: Field, text: str) -> Markup:
        """A value that came with the address and is not for the reader to change."""
        return print_macro("field")(FieldView(declared.name, declared.words, "hidden", text))

    def words(self, declared: Field) -> str:
        """The field's label."""
        return self._keep((declared, self._surroundings), lambda: declared.words)

    def _print(
        self, macro: str, declared: Field, name: str, text: str, error: str, *, autofocus: bool = False, width: str = ""
    ) -> Markup:
        filling = None if error or name in self.known.found else self._filling(declared, name, text)
        if filling is None:
            return self._made(macro, declared, name, text, error, self.known, autofocus, width)
        printed, value, label = filling
        creates = declared.picks and self._creates(declared)
        key = (declared, name, macro, autofocus, width, creates, printed, self._surroundings)
        marked = Known({name: _LABEL})
        html = self._keep(key, lambda: str(self._made(macro, declared, name, printed, "", marked, autofocus, width)))
        if isinstance(declared.choices, Codes) and text:
            html = _choose(html, text)
        filled = html.replace(_VALUE, escape(value)).replace(_LABEL, escape(label))
        return Markup(filled)  # noqa: S704  (a macro's HTML, and what was put into it is escaped)

    def _keep(self, key: Any, make: Callable[[], str]) -> str:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found

    def _filling(self, declared: Field, name: str, text: str) -> Filling | None:
        """None when the control looks like no other with this text."""
        match declared.kind:
            case "choice" if isinstance(declared.choices, Codes):
                return ("", "", "") if not text or (not declared.required and _offers(declared, text)) else None
            case "choice":
                return (text, "", "") if not text or any(one.value == text for one in declared.choices) else None
            case "long_text" if declared.choices:
                return None
            case "image":
                return ("", "", "") if not text else None
            case "flag":
                return (text, "", "") if text in ("true", "false") else None
            case "belongs_to" | "record_id" if declared.picks:
                label = self.known.labels.get(name)
                return ("", "", "") if not text else (_VALUE, text, label) if label is not None else None
            case "money":
                amount, unit = money_parts(text)
                return (f"{_VALUE} {unit}", amount, "") if unit in (self._reader.currency, *COMMON_CURRENCIES) else None
            case _:
                return _VALUE, text, ""

    def _creates(self, declared: Field) -> bool:
        if declared not in self._creators:
            self._creators[declared] = may_create(self.screen.surface.target(declared))
        return self._creators[declared]

    def _made(
        self, macro: str, declared: Field, name: str, text: str, error: str, known: Known, autofocus: bool, width: str
    ) -> Markup:
        prefix = name.removesuffix(declared.name)
        stem = self.screen.href("pick", prefix.partition("-")[0]) if prefix else ""
        view = control_of(
            self.screen, declared, name, text, error,
            known=known, pick_stem=stem, compact=macro == "cell", prefix=prefix, autofocus=autofocus, width=width,
        )  # fmt: skip
        return print_macro(macro)(view)


def _offers(declared: Field, text: str) -> bool:
    return any(one.value == text for one in declared.offered)


def _choose(html: str, text: str) -> str:
    """A long list with one more of its options chosen: not one kept list for each of hundreds."""
    option = f'<option value="{escape(text)}"'
    return html.replace(f"{option}>", f"{option} selected>", 1)


def print_macro(name: str) -> Callable[[Any], Markup]:
    """A macro of `macros.html`; it may not look at the request."""
    macro: Callable[[Any], Markup] = get_template_attribute("macros.html", name)
    return macro
