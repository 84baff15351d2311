"""A result as a file, by the writers of exports: every group with its figures, whole and unrounded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import ARRAY, Select, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from app.data import Field
from app.reports.measures import AnyFigure
from app.reports.result import ALL, Cell, Result, Value
from app.screens.kinds import reader
from app.transfer.formula import escaped
from app.transfer.selecting import Selected
from app.transfer.targets import Target
from app.transfer.writing import write

FORMATS = ("csv", "xlsx")
_TEXT, _NUMBER = Field("text"), Field("decimal")
Line = list[str | None]


def write_result(session: Session, result: Result, kind: str, out: IO[bytes]) -> int:
    """Write the file (`csv` or `xlsx`); returns how many lines it has. Amounts have a column for each currency."""
    columns = _figure_columns(result)
    targets = [Target(f"c{at}", label, field) for at, (label, field) in enumerate(_heads(result, columns))]
    lines = [_line(labels, cell, columns) for labels, cell in _cells(result)]
    if kind == "csv":
        lines = [[None if one is None else escaped(one) for one in line[: len(result.dimensions)]]
                 + line[len(result.dimensions) :] for line in lines]  # fmt: skip
    return write(session, Selected(_statement(lines, len(targets)), tuple(targets)), kind, out, lambda _done: None)


def _statement(lines: Sequence[Line], width: int) -> Select[Any]:
    """The lines as a statement, since that is what writers take: an array for each column, in the lines' order."""
    arrays = [cast(literal([line[at] for line in lines], ARRAY(Text)), ARRAY(Text)) for at in range(width)]
    names = [f"c{at}" for at in range(width)]
    table = func.unnest(*arrays).table_valued(*names, with_ordinality="place", name="line").render_derived()
    return select(*(table.c[name] for name in names)).order_by(table.c.place)


FigureColumn = tuple[int, AnyFigure, str]
"""The figure's place among the values, itself, and the currency of this column."""


def _figure_columns(result: Result) -> list[FigureColumn]:
    found: list[FigureColumn] = []
    for at, figure in enumerate(result.figures):
        used = {one.currency for cell in result.cells.values() if isinstance(v := cell.values[at], tuple) for one in v}
        codes = sorted(used, key=lambda code: (code != reader().currency, code)) if figure.is_money else [""]
        found += [(at, figure, code) for code in codes]
    return found


def _heads(result: Result, columns: Sequence[FigureColumn]) -> list[tuple[str, Field]]:
    heads = [(one.label, _TEXT) for one in result.dimensions]
    return heads + [(f"{one.label} ({code})" if code else one.label, _NUMBER) for _at, one, code in columns]


def _cells(result: Result) -> list[tuple[list[str | None], Cell]]:
    """Labels and cells in order, the grand total last."""
    found: list[tuple[list[str | None], Cell]] = []
    for at, row in enumerate(result.rows):
        if len(result.dimensions) == 1:
            found.append(([row.label], result.cell(at)))
        for place, column in enumerate(result.columns):
            if (at, place) in result.cells:
                found.append(([row.label, column.label], result.cell(at, place)))
    empty: list[str | None] = [None] * max(0, len(result.dimensions) - 1)
    total: list[str | None] = [str(_("Total")), *empty] if result.dimensions else []
    return [*found, (total, result.cell(ALL, ALL))]


def _line(labels: Line, cell: Cell, columns: Sequence[FigureColumn]) -> Line:
    return [*labels, *(_text(cell.values[at], code) for at, _figure, code in columns)]


def _text(value: Value, code: str) -> str | None:
    if isinstance(value, tuple):
        return next((f"{one.value:f}" for one in value if one.currency == code), None)
    if isinstance(value, datetime):
        return value.astimezone(reader().zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else f"{value:f}" if not isinstance(value, int) else str(value)
