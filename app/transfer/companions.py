"""Related records that the lines of an import describe: found or made before the line's own record is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.data import Record
from app.host import FieldError
from app.screens.reading import Surface
from app.transfer.changes import Change, change_of
from app.transfer.drafts import Draft, LineReader


class Companions:
    """The described relations of one import. Made once; `settle` is called with each chunk."""

    def __init__(self, surface: Surface, reader: LineReader) -> None:
        self.declared = {one.relation: one for one in surface.entry.resource.companions}
        self.reader = reader
        self._made: dict[int, list[Record]] = {}

    def settle(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Give each draft the ids of the records that it describes. A relation that is named too is left as named."""
        self._made.clear()
        for draft in drafts:
            for relation, values in draft.companions.items():
                if relation not in draft.values and not draft.problems:
                    self._find(session, draft, relation, values)

    def _find(self, session: Session, draft: Draft, relation: str, values: dict[str, object]) -> None:
        try:
            with session.begin_nested():
                record, is_new = self.declared[relation].find(values)
        except FieldError as error:
            draft.refuse(error.message, self.reader.headings.get(f"{relation}.{error.field}", ""))
        except ValueError as error:
            draft.refuse(str(error))
        else:
            draft.values[relation] = record.id
            if is_new:
                self._made.setdefault(draft.line, []).append(record)

    def changes(self, session: Session, drafts: Sequence[Draft]) -> list[Change]:
        """What was made, to be undone with the import. What only lines that failed described is taken away again."""
        wanted = {one for draft in drafts if not draft.problems for one in draft.values.values() if draft.companions}
        found: list[Change] = []
        for record in (one for made in self._made.values() for one in made):
            if record.id in wanted:
                found.append(change_of(record))
            else:
                session.delete(record)
        session.flush()
        return found
