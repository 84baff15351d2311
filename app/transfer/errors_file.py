"""The file of an import's failed lines: as they were, with their line and the reasons, fit to be corrected and sent in
again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.transfer.formula import escaped
from app.transfer.models import Import, ImportLine
from app.transfer.plan import Plan


def write_errors(session: Session, key: UUID, out: IO[bytes], *, only_failed: bool = False) -> None:
    """Write the lines with problems (and, unless `only_failed`, those with remarks) as CSV."""
    record = session.get(Import, key)
    if record is None:
        raise LookupError(str(key))
    headings = Plan.of(record.plan).headings
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([*map(escaped, headings), _("Line of the file"), _("Reason")])
    for line, cells, problems in _lines(session, key, only_failed):
        row = cells if isinstance(cells, list) else []
        writer.writerow([*map(escaped, row), line, escaped(words_of(problems))])
    text.detach()


def _lines(session: Session, key: UUID, only_failed: bool) -> Iterator[tuple[int, Any, Any]]:
    columns = ImportLine.line, ImportLine.cells, ImportLine.problems
    noted = select(*columns).where(ImportLine.import_id == key, ImportLine.problems.is_not(None))
    if only_failed:
        noted = noted.where(ImportLine.failed)
    statement = noted.order_by(ImportLine.line).execution_options(yield_per=1_000)
    for row in session.execute(statement):
        yield row.line, row.cells, row.problems


def words_of(problems: Sequence[Sequence[str]]) -> str:
    """All reasons of a line: `Price: “x” is not a number.`"""
    return " ".join(f"{heading}: {words}" if heading else words for heading, words in problems)
