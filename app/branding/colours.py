"""Colours that can be read: contrast as WCAG 2.2 measures it, and the nearest colour that has enough of it."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence

AA = 4.5
"""The least contrast of letters and what they stand on (WCAG 2.2, 1.4.3)."""
WHITE = "#ffffff"
LIGHT = (WHITE, "#f5f6f8", "#f0f2f6")
"""What words stand on in light mode: paper, page, a row under the pointer."""
DARK = ("#14161a", "#1d2026", "#282d36")
"""The same in dark mode."""
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_STEPS = 512

RGB = tuple[float, float, float]


def parsed(text: str) -> str:
    """`#rrggbb` from what a person typed (`2F51C9`, `#25c`). Raises ValueError for what is no colour."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    digits = found.group(1).lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """Between 1 (the same) and 21 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def weakest(colour: str, surfaces: Sequence[str]) -> float:
    """The least contrast of a colour on any of these."""
    return min(contrast(colour, one) for one in surfaces)


def nearest(colour: str, surfaces: Sequence[str], least: float = AA) -> str:
    """The colour itself when it can be read on all of these; else the same hue, darker or lighter by as little as is
    enough."""
    if weakest(colour, surfaces) >= least:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    ends = range(1, _STEPS + 1)
    shades = (value for step in ends for value in (lightness - step / _STEPS, lightness + step / _STEPS))
    for shade in shades:
        if 0 <= shade <= 1:
            found = _hex(colorsys.hls_to_rgb(hue, shade, saturation))
            if weakest(found, surfaces) >= least:
                return found
    raise ValueError(f"Nothing can be read on all of {', '.join(surfaces)}.")


def mixed(colour: str, ground: str, share: float) -> str:
    """`share` of the colour over the ground."""
    return _hex(tuple(one * share + other * (1 - share) for one, other in zip(_rgb(colour), _rgb(ground), strict=True)))


def _rgb(colour: str) -> RGB:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
