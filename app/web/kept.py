"""Pieces of a page that do not change from one request to the next are printed once and kept.

The menu, the words for scripts and the like are a third of what printing a list costs, and the same every time.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache, lru_cache
from secrets import token_hex

from babel import Locale
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from app.identity.locale import current_locale

_CSRF_FIELD = 'name="csrf_token"'
"""Nobody's text can hold it: its quotes would be escaped."""


def kept(macro: Macro, *parts: Hashable, **fillings: str) -> Markup:
    """What a macro prints for these parts: `{{ kept(ui.side, frame.around, frame.section, csrf=csrf_token()) }}`.

    The macro may look at nothing but its parts, the reader's language and what is the same for the whole process, such
    as icons: what it prints is shown to everybody for whom these are equal. Parts are plain text, never Markup, which
    would be taken for the same text unescaped. `fillings` differ from one request to the next: the macro is given a
    mark for each, and the text, escaped, takes its place. Raises ValueError for a macro with the field of a CSRF token
    in it, which belongs to one browser alone, unless that is a filling.
    """
    html = _printed(macro, current_locale(), parts, tuple(fillings))
    for name, text in fillings.items():
        html = html.replace(_mark(name), escape(text))
    return Markup(html)  # noqa: S704  (a macro escapes what it prints, and what was put into it is escaped)


@lru_cache(maxsize=5_000)
def _printed(macro: Macro, locale: Locale | None, parts: tuple[Hashable, ...], fillings: tuple[str, ...]) -> str:
    html = str(macro(*parts, **{name: _mark(name) for name in fillings}))
    if _CSRF_FIELD in html and "csrf" not in fillings:
        raise ValueError(f"The macro {macro.name} prints a CSRF token, so it cannot be kept.")
    return html


@cache
def _mark(name: str) -> str:
    """Where a filling belongs. No text of a person holds it: it is made up anew by every process."""
    return token_hex(16)
