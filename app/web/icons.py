"""Icons: the drawings of the kit that `kit/icons.json` names, in one file, referred to by our own names."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from app.web.assets import asset, content

_SPRITE = "kit/icons.svg"
_FALLBACK = "dot"
_ALSO = {
    "user": "person",
    "users": "people",
    "user-minus": "person-minus",
    "user-plus": "person-plus",
    "user-x": "person-x",
    "forms": "form",
    "x": "cross",
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
    return frozenset(re.findall(r'<symbol id="([a-z-]+)"', content(_SPRITE).decode()))


@cache
def icon(name: str) -> Markup:
    """A decorative icon, hidden from screen readers: words always stand beside it. Unknown names become a dot."""
    wanted = _ALSO.get(name, name)
    known = wanted if wanted in icon_names() else _FALLBACK
    drawing = f"{asset(_SPRITE)}#{known}"
    return Markup('<svg class="icon icon-{}" aria-hidden="true"><use href="{}"/></svg>').format(known, drawing)
