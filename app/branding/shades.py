"""The style sheet of a brand's colours. It depends on them alone, and they stand in its address, so every copy of it is
right for ever and no tenant has to be looked up for it."""

from __future__ import annotations

from functools import lru_cache

from app.branding.colours import DARK, LIGHT, WHITE, mixed, nearest

PREFIX = "/branding/accent"
_WASH, _WASH_DARK = 0.1, 0.22
"""How much of the colour is in the wash behind what is chosen, in light and in dark mode."""


def style_path(accent: str, accent_dark: str) -> str:
    """The address of the style sheet for these colours, empty without one. The dark one may be left to be found."""
    if not accent:
        return ""
    return f"{PREFIX}/{accent[1:]}{'-' + accent_dark[1:] if accent_dark else ''}.css"


def dark_of(accent: str) -> str:
    """The shade of a colour that can be read in dark mode, on the colour's own wash too."""
    return nearest(accent, (*DARK, mixed(accent, DARK[1], _WASH_DARK)))


@lru_cache(maxsize=500)
def style_sheet(accent: str, accent_dark: str) -> str:
    """The style sheet for these colours. Whatever they are, words can be read: on washes, and on the surfaces of dark
    mode, they are darker or lighter by what it takes."""
    wash, wash_dark = mixed(accent, WHITE, _WASH), mixed(accent, DARK[1], _WASH_DARK)
    fill, ink = nearest(accent, (WHITE,)), nearest(accent, (*LIGHT, wash))
    ink_dark = nearest(accent_dark, (*DARK, wash_dark)) if accent_dark else dark_of(accent)
    pairs = {"accent": (ink, ink_dark), "accent-fill": (fill, fill), "accent-wash": (wash, wash_dark)}
    lines = [f"  --{name}: light-dark({light}, {dark});\n" for name, (light, dark) in pairs.items()]
    return f":root {{\n{''.join(lines)}}}\n"
