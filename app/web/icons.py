"""Icons: our own small set of line drawings in one file, referred to by name."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from app.web.assets import STATIC, asset

_FALLBACK = "dot"
_ALSO = {
    "user": "person",
    "users": "people",
    "building": "company",
    "tags": "tag",
    "email": "mail",
    "history": "restore",
    "report": "chart",
}
"""Other names people look for."""


@cache
def icon_names() -> frozenset[str]:
    """The drawings that exist."""
    return frozenset(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


@cache
def icon(name: str) -> Markup:
    """A decorative icon, hidden from screen readers: words always stand beside it. Unknown names become a dot."""
    wanted = _ALSO.get(name, name)
    known = wanted if wanted in icon_names() else _FALLBACK
    drawing = f"{asset('icons.svg')}#{known}"
    return Markup('<svg class="icon icon-{}" aria-hidden="true"><use href="{}"/></svg>').format(known, drawing)
