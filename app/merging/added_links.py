"""Links that stand in custom fields: what they lead to may be merged as well, and then they follow.

No index helps to find them, so the records of a kind are read when such a link may lead to what is being merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.data import Record
from app.host import registry
from app.host.custom_fields import PREFIX, custom_fields
from app.search.index import write_tokens
from app.search.making import is_searchable, tokens_of

CHUNK = 500


@dataclass(frozen=True, slots=True)
class AddedLink:
    """One custom field that holds ids of the records."""

    model: type[Record]
    key: str

    def meets(self, ids: Iterable[UUID]) -> ColumnElement[bool]:
        """The rows that link to one of these."""
        stored: Any = self.model.custom_fields[self.key]
        return stored.astext.in_([str(one) for one in ids])  # type: ignore[no-any-return]


def added_links_to(session: Session, kind: str) -> list[AddedLink]:
    """In the order in which rows are locked; those of plugins that are off here among them."""
    return sorted(_links(session, kind), key=lambda one: (one.model.__table__.fullname, one.key))  # type: ignore[attr-defined]


def _links(session: Session, kind: str) -> Iterator[AddedLink]:
    for entry in registry().entries.values():
        if entry.resource.custom_fields:
            fields = {**{one.name: one for one in entry.added}, **custom_fields(session, entry.key)}
            yield from (
                AddedLink(entry.model, n.removeprefix(PREFIX)) for n, one in fields.items() if one.links == kind
            )


def reindex(session: Session, model: type[Any], ids: Sequence[UUID]) -> None:
    """Tokens of records whose links were written past the session."""
    entry = registry().by_model.get(model)
    if entry is None or not is_searchable(entry):
        return
    for start in range(0, len(ids), CHUNK):
        session.expire_all()
        rows = session.scalars(select(model).where(model.id.in_(ids[start : start + CHUNK])))
        write_tokens(session, {(entry.key, row.id): tokens_of(session, entry, row) for row in rows}, set())
