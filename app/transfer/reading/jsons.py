"""JSON: a list of objects, or one object a line. Read object by object."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import IO, Any

from flask_babel import gettext as _

from app.transfer.reading.lines import MOST_COLUMNS, Line, Unreadable

_PIECE = 256 * 1024
_LONGEST = 2_000_000
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_decoder = json.JSONDecoder(parse_float=str, parse_constant=str)


def is_json(head: str) -> bool:
    """Whether a text begins as a list or an object does."""
    start = head.removeprefix("\ufeff").lstrip()[:2].replace(" ", "")
    return start.startswith("{") or (start.startswith("[") and not start[1:].strip("{\r\n\t]"))


def headings(file: IO[bytes], encoding: str, nested: Collection[str]) -> tuple[str, ...]:
    """Every name that occurs, in the order they are met: the file is read once. `nested` are names of inline rows."""
    found: dict[str, None] = {}
    for _number, cells, _problem in _flat(file, encoding, nested):
        for name in cells:
            found.setdefault(name)
        if len(found) > MOST_COLUMNS:
            break
    if not found:
        raise Unreadable(_("The file is empty."))
    return tuple(found)


def lines(file: IO[bytes], encoding: str, names: Sequence[str], nested: Collection[str]) -> Iterator[Line]:
    """The objects as lines of texts, numbered by their place."""
    for number, cells, problem in _flat(file, encoding, nested):
        yield Line(number, [cells.get(name, "") for name in names], problem)


def _flat(file: IO[bytes], encoding: str, nested: Collection[str]) -> Iterator[tuple[int, dict[str, str], str]]:
    for number, value in enumerate(_objects(file, encoding), 1):
        if isinstance(value, dict):
            yield number, dict(_cells(value, nested)), ""
        else:
            yield number, {}, str(_("This is no object of names and values."))


def _objects(file: IO[bytes], encoding: str) -> Iterator[Any]:
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding, errors="replace")
    try:
        yield from _values(reader)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(_("The file is not valid JSON.")) from error
    finally:
        if not file.closed:  # the caller may have gone before us
            reader.detach()


def _values(reader: io.TextIOWrapper) -> Iterator[Any]:
    """The values of a list, or of lines that follow each other."""
    text, at, is_over = reader.read(_PIECE).removeprefix("\ufeff").lstrip(), 0, False
    is_list = text.startswith("[")
    at = int(is_list)
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if is_list and text.startswith("]", at):
            return
        if at == len(text) and is_over:
            if is_list:  # it was cut off
                raise Unreadable(_("The file is not valid JSON."))
            return
        try:
            value, end = _decoder.raw_decode(text, at)
            is_whole = end < len(text) or is_over  # a number or a word may go on in the next piece
        except json.JSONDecodeError:
            if is_over or len(text) - at > _LONGEST:
                raise
            is_whole = False
        if is_whole:
            yield value
            at = end
        else:
            piece = reader.read(_PIECE)
            text, at, is_over = text[at:] + piece, 0, not piece


def _cells(value: dict[str, Any], nested: Collection[str]) -> Iterator[tuple[str, str]]:
    """An object as the REST API writes one: custom fields and inline rows get a column for each of their values."""
    for name, one in value.items():
        if name == "custom_fields" and isinstance(one, dict):
            yield from ((f"custom.{key}", _text(inner)) for key, inner in one.items())
        elif name in nested and isinstance(one, list):
            for place, item in enumerate((item for item in one if isinstance(item, dict)), 1):
                yield from ((f"{name}.{place}.{key}", _text(inner)) for key, inner in item.items())
        else:
            yield name, _text(one)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
