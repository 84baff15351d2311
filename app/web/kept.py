"""Pieces of a page that do not change from one request to the next are printed once and kept.

The menu, the words for scripts and the like are a third of what printing a list costs, and the same every time.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from babel import Locale
from flask_babel import get_locale
from jinja2.runtime import Macro
from markupsafe import Markup

_CSRF_FIELD = 'name="csrf_token"'
"""Nobody's text can hold it: its quotes would be escaped."""


def kept(macro: Macro, *parts: Hashable) -> Markup:
    """What a macro prints for these parts: `{{ kept(ui.side_menu, frame.menu, frame.section) }}`.

    The macro may look at nothing but its parts, the reader's language and what is the same for the whole process, such
    as icons: what it prints is shown to everybody for whom these are equal. Parts are plain text, never Markup, which
    would be taken for the same text unescaped. Raises ValueError for a macro with the field of a CSRF token in it,
    which belongs to one browser alone.
    """
    return _printed(macro, get_locale(), parts)


@lru_cache(maxsize=1_000)
def _printed(macro: Macro, locale: Locale | None, parts: tuple[Hashable, ...]) -> Markup:
    html = Markup(macro(*parts))  # noqa: S704  (a macro escapes what it prints)
    if _CSRF_FIELD in html:
        raise ValueError(f"The macro {macro.name} prints a CSRF token, so it cannot be kept.")
    return html
