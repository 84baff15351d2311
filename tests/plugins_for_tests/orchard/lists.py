"""Lists of trees as another product writes them: a first line `ORCHARD 1`, then a name a line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import IO, Any

from app.sdk import Dialect, Line, Placed
from tests.plugins_for_tests.orchard.models import Tree

HEAD = b"ORCHARD 1\n"


def dialect() -> Dialect:
    return Dialect("orchard_list", "List of an orchard", "orchard.tree", recognises, read, Placer)


def recognises(head: bytes) -> bool:
    return head.startswith(HEAD)


def read(file: IO[bytes], region: str) -> Iterator[Line]:
    for number, line in enumerate(io.TextIOWrapper(file, "utf-8"), 1):
        if number > 1 and line.strip():
            yield Line(number, [line.strip()])


class Placer:
    """A new tree for every line."""

    def __init__(self, region: str, file_name: str) -> None:
        self.file_name = file_name

    def place(self, session: Any, lines: Sequence[tuple[int, Any]]) -> Placed:
        session.add_all([Tree(name=cells[0]) for _number, cells in lines])
        session.flush()
        return Placed(created=len(lines))
