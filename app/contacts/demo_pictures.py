"""Pictures for demo contacts and companies, drawn by us: people made of circles, logos made of simple shapes."""

from __future__ import annotations

import colorsys
import random
from io import BytesIO

from PIL import Image, ImageDraw

EDGE = 480
_FINE = 2
"""Drawn larger and made smaller again, so that edges are smooth."""
_SKINS = ("#f2d3b8", "#e0b08c", "#c68a62", "#9c6644", "#6f4630")
_HAIRS = ("#2b1d16", "#4a3021", "#7a5230", "#b88a4a", "#8d8d93", "#1b1b22")

Colour = tuple[int, int, int]


def portrait(chance: random.Random) -> BytesIO:
    """Somebody who does not exist, before a coloured wall; sometimes higher than wide, sometimes wider than high."""
    width, height = chance.choice(((EDGE, EDGE), (EDGE, EDGE), (360, EDGE), (EDGE, 340)))
    picture = _wall(chance, width, height)
    draw = ImageDraw.Draw(picture)
    middle, head = width * _FINE // 2, min(width, height) * _FINE // 5
    top = height * _FINE // 2 - head // 3
    skin, hair = chance.choice(_SKINS), chance.choice(_HAIRS)
    _oval(draw, middle, top + head * 3, int(head * 2.1), int(head * 1.7), _tone(chance.random(), 0.5, 0.62))
    draw.rounded_rectangle((middle - head // 3, top, middle + head // 3, top + int(head * 1.6)), head // 3, fill=skin)
    if chance.random() < 0.5:  # long hair falls behind the face
        _oval(draw, middle, top + head // 3, int(head * 1.25), int(head * 1.6), hair)
    _oval(draw, middle, top - head // 6, int(head * 1.12), int(head * 1.12), hair)
    _oval(draw, middle, top + head // 8, int(head * 0.92), int(head * 1.02), skin)
    return _saved(picture, width, height)


def logo(chance: random.Random) -> BytesIO:
    """A mark of a few shapes on nothing, sometimes wide."""
    width = chance.choice((EDGE, EDGE, EDGE * 2))
    picture = Image.new("RGBA", (width * _FINE, EDGE * _FINE))
    draw = ImageDraw.Draw(picture)
    hue, unit = chance.random(), EDGE * _FINE // 6
    for place in range(width // EDGE * 2 + 1):
        colour = _tone((hue + place * 0.07) % 1, 0.55, 0.75)
        left = unit + place * unit * (width // EDGE)
        box = (left, unit + chance.randrange(3) * unit // 2, left + unit * 2, unit * 4)
        shape = chance.choice((draw.ellipse, draw.rectangle))
        shape(box, fill=colour)
    return _saved(picture, width, EDGE)


def _wall(chance: random.Random, width: int, height: int) -> Image.Image:
    hue = chance.random()
    light, dark = _tone(hue, 0.3, 0.95), _tone((hue + 0.08) % 1, 0.45, 0.75)
    size = width * _FINE, height * _FINE
    shade = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, dark), Image.new("RGB", size, light), shade)


def _oval(draw: ImageDraw.ImageDraw, x: int, y: int, wide: int, high: int, fill: str | Colour) -> None:
    draw.ellipse((x - wide, y - high, x + wide, y + high), fill=fill)


def _tone(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _saved(picture: Image.Image, width: int, height: int) -> BytesIO:
    out = BytesIO()
    picture.resize((width, height), Image.Resampling.LANCZOS).save(out, "PNG", compress_level=1)
    out.seek(0)
    return out
