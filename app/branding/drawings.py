"""SVG of strangers, written anew from what is known to be harmless: shapes, colours, gradients, and nothing else.

A drawing that needs more than that to look right (letters, pictures, style sheets, scripts) is refused with a sentence;
what editors leave for themselves is dropped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from flask_babel import gettext as _

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
MOST_PARTS, DEEPEST, LARGEST = 4_000, 24, 256 * 1024
SHAPES = frozenset(
    "g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop clipPath".split()
)
DROPPED = frozenset("title desc metadata".split())
NUMBERS = frozenset("x y x1 y1 x2 y2 cx cy r rx ry fx fy width height offset stroke-width stroke-miterlimit opacity"
                    " fill-opacity stroke-opacity stop-opacity stroke-dashoffset".split())  # fmt: skip
WORDS = frozenset("fill-rule clip-rule stroke-linecap stroke-linejoin gradientUnits spreadMethod clipPathUnits".split())
PAINTS = frozenset("fill stroke stop-color color".split())
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?(px|%)?")
_WORD = re.compile(r"[a-zA-Z-]{1,30}")
_PAINT = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30}|rgba?\([\d\s.,%]{1,60}\)|url\(#[\w.-]{1,80}\)")
_PATH = re.compile(r"[MmZzLlHhVvCcSsQqTtAa\d\s.,+\-eE]*")
_POINTS = re.compile(r"[\d\s.,+\-eE]*")
_TRANSFORM = re.compile(r"(?:(?:matrix|translate|scale|rotate|skewX|skewY)\s?\([\d\s.,+\-eE]*\)[\s,]*)*")
_NAME = re.compile(r"[\w.-]{1,80}")
_LOCAL = re.compile(r"url\(#[\w.-]{1,80}\)")


class Hostile(ValueError):
    """The drawing is refused; the message says why."""


def redrawn(content: bytes) -> tuple[bytes, int, int]:
    """(drawing, width, height): the SVG written anew. Raises Hostile with a sentence."""
    if len(content) > LARGEST:
        raise Hostile(_("A drawing may have %(limit)s KB.", limit=LARGEST // 1024))
    try:
        source = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Hostile(
            _("The drawing cannot be read, or declares things of its own. Please save it as plain SVG.")
        ) from None
    if _local(source) != "svg":
        raise Hostile(_("The file is no drawing."))
    box = _box(source)
    root = Element("svg", {"xmlns": SVG, "viewBox": " ".join(f"{part:g}" for part in box)})
    root.set("width", f"{box[2]:g}")
    root.set("height", f"{box[3]:g}")
    _attributes(source, root, without=("x", "y", "width", "height"))
    _Copier().children(source, root, 1)
    if len(root) == 0:
        raise Hostile(_("The drawing is empty."))
    scale = max(1.0, 64 / min(box[2], box[3]))
    return tostring(root), max(1, round(box[2] * scale)), max(1, round(box[3] * scale))


def flattened(drawn: bytes) -> bytes:
    """One of our drawings for paper, where there are no gradients: each is printed as the colour in its middle."""
    root = fromstring(drawn, forbid_dtd=True)
    gradients = {one.get("id", ""): one for one in root.iter() if _local(one).endswith("Gradient")}
    for shape in root.iter():
        for name in ("fill", "stroke"):
            paint = shape.get(name, "")
            if paint.startswith("url(#"):
                shape.set(name, _middle(gradients, paint[5:-1]))
        shape.tag = _local(shape)  # without the prefix that ElementTree would write, and readers of SVG do not look for
    root.set("xmlns", SVG)
    content: bytes = tostring(root)
    return content


def _middle(gradients: Mapping[str, Element], name: str) -> str:
    """The colour in the middle of a gradient, or of the one it goes on from; none when there is no such gradient."""
    for _step in range(8):
        gradient = gradients.get(name)
        if gradient is None:
            break
        stops = list(gradient)
        if stops:
            return stops[len(stops) // 2].get("stop-color", "black")
        name = gradient.get("href", "").removeprefix("#")
    return "none"


class _Copier:
    def __init__(self) -> None:
        self.parts = 0

    def children(self, source: Element, target: Element, depth: int) -> None:
        if depth > DEEPEST:
            raise Hostile(_("The drawing is too complicated. Please save the logo as PNG."))
        for child in source:
            name = _local(child)
            if not name or name in DROPPED:
                continue  # of an editor, or for readers
            if name not in SHAPES:
                raise Hostile(
                    _("The drawing holds “%(part)s”. Shapes alone can be used: turn letters into outlines, or save the"
                      " logo as PNG.", part=name[:40])
                )  # fmt: skip
            self.parts += 1
            if self.parts > MOST_PARTS:
                raise Hostile(_("The drawing is too complicated. Please save the logo as PNG."))
            copy = SubElement(target, name)
            _attributes(child, copy)
            self.children(child, copy, depth + 1)


def _local(element: Element) -> str:
    """The name of an SVG element; empty for elements of other languages and for comments."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    space, _brace, name = tag[1:].partition("}") if tag.startswith("{") else (SVG, "", tag)
    return name if space == SVG else ""


def _box(source: Element) -> tuple[float, float, float, float]:
    given = source.get("viewBox", "")
    try:
        parts = [float(part) for part in re.split(r"[\s,]+", given.strip())] if given.strip() else [0.0, 0.0]
        if len(parts) == 2:
            parts += [float(re.sub(r"(px|pt|mm)$", "", source.get(name, "").strip())) for name in ("width", "height")]
        x, y, width, height = parts
    except ValueError:
        raise Hostile(_("The drawing does not say how large it is.")) from None
    if not all(math.isfinite(part) and abs(part) < 1e6 for part in parts) or min(width, height) <= 0:
        raise Hostile(_("The drawing does not say how large it is."))
    return x, y, width, height


def _attributes(source: Element, target: Element, without: tuple[str, ...] = ()) -> None:
    """What is known to be harmless; the declarations of a `style` as attributes of their own."""
    given = dict(source.attrib)
    for declaration in given.pop("style", "").split(";"):
        name, _colon, value = declaration.partition(":")
        given[name.strip()] = value.strip()
    if (link := given.pop(XLINK, given.pop("href", ""))) and _NAME.fullmatch(link.removeprefix("#")):
        target.set("href", "#" + link.removeprefix("#"))  # a gradient that goes on from another one
    for name, value in given.items():
        if name not in without and _is_harmless(name, value.strip()):
            target.set(name, value.strip())


def _is_harmless(name: str, value: str) -> bool:
    if name in NUMBERS:
        return bool(_NUMBER.fullmatch(value))
    if name in WORDS:
        return bool(_WORD.fullmatch(value))
    if name in PAINTS:
        return bool(_PAINT.fullmatch(value))
    match name:
        case "d":
            return bool(_PATH.fullmatch(value))
        case "points" | "stroke-dasharray":
            return bool(_POINTS.fullmatch(value))
        case "transform" | "gradientTransform":
            return bool(_TRANSFORM.fullmatch(value))
        case "id":
            return bool(_NAME.fullmatch(value))
        case "clip-path":
            return bool(_LOCAL.fullmatch(value))
    return False
