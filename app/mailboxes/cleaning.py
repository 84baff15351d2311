"""HTML of strangers: what may stay of it, and the words in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

LONGEST = 500_000
"""Characters of HTML that are looked at; what is longer is cut."""
_TAGS = frozenset(
    "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del div dl dt em figure figcaption"
    " font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s small span strike strong sub sup table tbody td"
    " tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "img": {"src", "alt"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "font": {"face", "size"},
    "ol": {"start"},
}
_STYLES = frozenset(
    "background-color border border-bottom border-collapse border-left border-radius border-right border-spacing"
    " border-top color direction display font-family font-size font-style font-weight height letter-spacing line-height"
    " list-style-type margin margin-bottom margin-left margin-right margin-top max-width min-width padding"
    " padding-bottom padding-left padding-right padding-top text-align text-decoration vertical-align white-space"
    " width".split()
)
_BREAKS = frozenset("br p div tr li h1 h2 h3 h4 h5 h6 blockquote table ul ol hr".split())
_SILENT = frozenset({"script", "style", "title", "head", "template"})


def cleaned(html: str) -> str:
    """The HTML without anything that runs, asks or leads away by itself; pictures keep their addresses, which only a
    page that allows it fetches."""
    return nh3.clean(
        html[:LONGEST],
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def words_of(html: str) -> str:
    """The text in HTML, with the line ends that its blocks make."""
    reader = _Words()
    reader.feed(html[:LONGEST])
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self.parts.append("\n")
        self._quoted += tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)

    def handle_data(self, data: str) -> None:
        if self._silent or not data.strip():
            return
        mark = "> " if self._quoted and (not self.parts or self.parts[-1].endswith("\n")) else ""
        self.parts.append(mark + data.replace("\n", " "))
