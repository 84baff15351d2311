"""The syntax of vCard 2.1, 3.0 and 4.0 (RFC 2425/2426, 6350): text -> cards of properties.

Ours because phones and old mail programs write cards no strict parser takes: 2.1 parameters without names,
quoted-printable cut anywhere, missing END lines.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.transfer.reading.encodings import decode, rejoin

_NEWLINE = re.compile(r"\r\n|\n|\r")
_HEAD = re.compile(
    r'(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)(?P<params>(?:;(?:[^":;]|"[^"]*")*)*):(?P<value>.*)', re.DOTALL
)
_PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CHARSET = re.compile(
    r"utf-?(8|16)|us-ascii|iso-8859-\d+|(windows-|cp)\d+|koi8-[ru]|gb\w+|big5|euc-\w+|shift_jis", re.IGNORECASE
)
_LONGEST_LINE = 200_000
_MOST_UNREADABLE = 20
_MEDIA = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a card; the value is decoded but still escaped."""

    group: str
    name: str
    types: frozenset[str]
    params: dict[str, str]
    value: str
    version: str

    def text(self) -> str:
        """The whole value as one text."""
        return _unescaped(self.value, self.version)

    def fields(self) -> list[str]:
        """The value as the fields between semicolons; lists inside a field are joined by a comma."""
        return [", ".join(filter(None, map(str.strip, self._unescaped_items(part)))) for part in _cut(self.value, ";")]

    def items(self) -> list[str]:
        """The value as the items between commas."""
        return self._unescaped_items(self.value)

    def _unescaped_items(self, text: str) -> list[str]:
        return [_unescaped(item, self.version) for item in _cut(text, ",")]


@dataclass(slots=True)
class Card:
    """One card; `line` is the line of its BEGIN. `problem` is "open" without END, "stray" for lines outside.

    `unreadable` are lines that are no properties.
    """

    line: int
    properties: list[Property] = field(default_factory=list)
    problem: str = ""
    unreadable: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def all(self, *names: str) -> list[Property]:
        """The properties of these names with a value, the preferred first as far as the card says so."""
        found = [one for one in self.properties if one.name in names and one.value.strip()]
        return sorted(found, key=_preference)

    def text(self, name: str) -> str:
        """The text of the first property of that name, else ""."""
        return next((one.text() for one in self.all(name)), "")

    def label(self, prop: Property) -> str:
        """The label an address book of Apple or Google gave a property (item1.X-ABLabel)."""
        return self.labels.get(prop.group, "")


def is_preferred(prop: Property) -> bool:
    """Whether the card marks a property as the preferred one of its kind."""
    return "pref" in prop.types or prop.params.get("pref") == "1"


def cards(text: str) -> Iterator[Card]:
    """The cards of a file in their order; never raises. A card inside a card (an agent) is left out."""
    block: list[str] | None = None
    begin = depth = 0
    stray = 0
    for number, line in enumerate(_NEWLINE.split(text), start=1):
        word = line.strip().upper().replace(" ", "") if len(line) < 40 else ""
        if word == "BEGIN:VCARD":
            if block is not None and _is_agent(block):
                depth += 1
                continue
            if block is not None:
                yield _card(begin, block, "open")
            block, begin, depth = [], number, 0
        elif word == "END:VCARD" and block is not None:
            if depth:
                depth -= 1
                continue
            yield _card(begin, block, "")
            block, stray = None, 0
        elif block is None and line.strip() and not stray:
            stray = number
            yield Card(number, problem="stray")
        elif block is not None and not depth:
            block.append(line)
    if block is not None:
        yield _card(begin, block, "open")


def _is_agent(block: list[str]) -> bool:
    return bool(block) and block[-1].strip().upper().startswith("AGENT") and block[-1].strip().endswith(":")


def _card(begin: int, block: list[str], problem: str) -> Card:
    version = next((line.partition(":")[2].strip() for line in block if line.upper().startswith("VERSION:")), "3.0")
    card = Card(begin, problem=problem)
    for line in _unfolded(block, version):
        prop = _property(line, version)
        if prop is None:
            if line.strip() and len(card.unreadable) < _MOST_UNREADABLE:
                card.unreadable.append(line[:_LONGEST_LINE])
            continue
        card.properties.append(prop)
        if prop.name == "X-ABLABEL":
            card.labels.setdefault(prop.group, prop.text())
    return card


def _unfolded(block: list[str], version: str) -> Iterator[str]:
    """Logical lines: folded by a leading blank, or by "=" at the end of quoted-printable."""
    parts: list[str] = []
    for line in block:
        if parts and _is_soft_break(parts):
            parts.append(line)
        elif parts and line[:1] in (" ", "\t"):
            parts.append(f" {line.strip()}" if version == "2.1" else line[1:])
        else:
            if parts:
                yield _joined(parts)
            parts = [line]
    if parts:
        yield _joined(parts)


def _is_soft_break(parts: list[str]) -> bool:
    return parts[-1].endswith("=") and "QUOTED-PRINTABLE" in parts[0].partition(":")[0].upper()


def _joined(parts: list[str]) -> str:
    if len(parts) > 1 and "QUOTED-PRINTABLE" in parts[0].partition(":")[0].upper():
        return "\n".join(parts)
    return rejoin("".join(parts))


def _property(line: str, version: str) -> Property | None:
    head = _HEAD.match(line)
    if head is None or (len(line) > _LONGEST_LINE and head.group("name").upper() not in _MEDIA):
        return None
    types, params = _parameters(head.group("params"))
    group, name = head.group("group") or "", head.group("name").upper()
    return Property(group, name, types, params, _value(head.group("value"), params), version)


def _parameters(text: str) -> tuple[frozenset[str], dict[str, str]]:
    """The types, named (TYPE=home) or bare as in 2.1 (;HOME), and the other parameters."""
    types: set[str] = set()
    params: dict[str, str] = {}
    for parameter in _PARAMETER.findall(text):
        name, equals, value = parameter.partition("=")
        name, value = name.strip().lower(), value.strip().replace('"', "")
        if not equals:
            types.add(name)
        elif name == "type":
            types.update(item.strip().lower() for item in value.split(","))
        else:
            params[name] = value
    if "quoted-printable" in types:
        params["encoding"] = "quoted-printable"
    if types & {"base64", "b"}:
        params["encoding"] = "b"
    return frozenset(types - {""}), params


def _value(text: str, params: dict[str, str]) -> str:
    if params.get("encoding", "").lower() != "quoted-printable":
        return text
    data = quopri.decodestring(text.encode("utf-8", "surrogateescape"))
    charset = params.get("charset", "utf-8")
    try:
        return data.decode(charset if _CHARSET.fullmatch(charset) else "utf-8").replace("\0", "")
    except (LookupError, UnicodeError, ValueError):
        return decode(data)


def _cut(text: str, separator: str) -> list[str]:
    """The parts between separators that are not escaped by a backslash."""
    if "\\" not in text:
        return text.split(separator)
    return re.findall(rf"(?:^|{separator})((?:[^\\{separator}]|\\.|\\$)*+)", text, re.DOTALL)


def _unescaped(text: str, version: str) -> str:
    return _ESCAPE.sub(lambda found: _meaning(found.group(1), version), text)


def _meaning(char: str, version: str) -> str:
    if char in "nN":
        return f"\\{char}" if version == "2.1" else "\n"
    return char if char in "\\;,:" else f"\\{char}"


def _preference(prop: Property) -> int:
    if "pref" in prop.types:
        return 1
    pref = prop.params.get("pref", "")
    return int(pref) if pref.isascii() and pref.isdigit() and len(pref) < 4 else 101
