"""The tables that a statement names, and those it writes, as far as its text tells.

    named("UPDATE garage.vehicle SET owner_id = NULL")  ->  {("garage", "vehicle", True)}

Comments, texts and the blanks around dots are no hiding place. Names that stand where tables stand count as far as the
metadata knows them: the rest are aliases, columns, functions, common table expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.data.base import metadata

Touch = tuple[str, str, bool]
"""Schema (empty for the core's), table, and whether it is written."""
IN_FORCE: Touch = ("", "app.tenant_id", True)
"""Stands for what holds for the whole transaction: the tenant, the role, statements that are put together later."""
_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<coded>[uU]&")
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>[^\W\d][\w$]*)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_ENDS = frozenset(
    "where group order having limit offset union except intersect returning set window fetch for values select".split()
)
"""After these no more tables are listed."""
_PREFIXES = frozenset({"only", "lateral"})
_NO_UPDATE = frozenset({"for", "key", "do", "then"})
"""Before an UPDATE that is none of a table: FOR NO KEY UPDATE, DO UPDATE SET, THEN UPDATE SET."""
_WHOLE = frozenset({"reset", "discard", "do", "prepare", "execute"})
_SET = frozenset({"role", "authorization", "app", "search_path", "row_security"})
_LATER = re.compile(r"set_config|(query|table|cursor|schema|database)_to_xml\w*|dblink\w*")


@dataclass(slots=True)
class _Level:
    """One pair of parentheses: is the next name a table, is it written, does a comma lead to another one?"""

    wants: bool = False
    writes: bool = False
    lists: bool = False


def named(statement: str) -> Iterator[Touch]:
    """What the statement touches; some of it perhaps twice."""
    tokens = list(_tokens(statement))
    levels, place = [_Level()], 0
    while place < len(tokens):
        level, (kind, word) = levels[-1], tokens[place]
        if kind == "sign":
            _sign(levels, word)
        elif _is_in_force(tokens, place):
            yield IN_FORCE
        elif kind == "word" and _is_keyword(level, tokens, place):
            pass
        else:
            place, parts = _whole_name(tokens, place)
            if any(map(_LATER.fullmatch, parts)):
                yield IN_FORCE
            yield from _known(parts, level)
            level.wants = False
        place += 1


def _tokens(statement: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(statement):
        kind = str(found.lastgroup if found.lastgroup != "tag" else "text")
        if kind == "quoted":
            yield kind, found[0][1:-1].lower()
        elif kind != "skip":
            yield ("sign", "''") if kind == "text" else (kind, found[0].lower())


def _sign(levels: list[_Level], sign: str) -> None:
    level = levels[-1]
    if sign == "(":
        levels.append(_Level(level.wants, level.writes))
        level.wants = False
    elif sign == ")" and len(levels) > 1:
        levels.pop()
    elif sign == "," and level.lists:
        level.wants, level.writes = True, False
    elif sign == ";":
        levels[:] = [_Level()]


def _is_in_force(tokens: Sequence[tuple[str, str]], place: int) -> bool:
    kind, word = tokens[place]
    if kind == "coded":
        return True
    is_first = place == 0 or tokens[place - 1] == ("sign", ";")
    if not is_first or kind != "word":
        return False
    more = [next_ for _kind, next_ in tokens[place + 1 : place + 3] if next_ not in ("local", "session")]
    return word in _WHOLE or (word == "set" and bool(more) and more[0] in _SET)


def _is_keyword(level: _Level, tokens: Sequence[tuple[str, str]], place: int) -> bool:
    word, before = tokens[place][1], tokens[place - 1][1] if place else ""
    if word in _PREFIXES and level.wants:
        return True
    if word in ("from", "using"):
        level.wants, level.writes, level.lists = True, before == "delete", True
    elif word in ("join", "table", "copy"):
        level.wants, level.writes = True, False
    elif word in ("into", "truncate") or (word == "update" and before not in _NO_UPDATE):
        level.wants, level.writes, level.lists = True, True, False
    elif word in _ENDS:
        level.wants = level.lists = False
    else:
        return word == "delete"
    return True


def _whole_name(tokens: Sequence[tuple[str, str]], place: int) -> tuple[int, list[str]]:
    """A name with all that is joined to it by dots, and where it ends."""
    parts = [tokens[place][1]]
    while tokens[place + 1 : place + 2] == [("sign", ".")] and place + 2 < len(tokens):
        place += 2
        parts.append(tokens[place][1])
    return place, parts


def _known(parts: Sequence[str], level: _Level) -> Iterator[Touch]:
    """Names with a schema wherever they stand, in columns too; others where tables stand."""
    writes = level.wants and level.writes
    for schema, table in pairwise(parts):
        if schema == "public" and table in metadata.tables:
            yield "", table, writes
        elif f"{schema}.{table}" in metadata.tables:
            yield schema, table, writes
    if level.wants and len(parts) == 1 and parts[0] in metadata.tables:
        yield "", parts[0], writes
