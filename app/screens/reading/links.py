"""What `record_link` fields lead to: records of plugins that may be off or gone, so each may be a tombstone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Field
from app.data.record import label_fields
from app.host import registry
from app.host.extending import entry_here
from app.identity.principal import Principal, principal
from app.screens.reading.surface import Ref, Surface, label_of

if TYPE_CHECKING:
    from app.screens.reading.listing import Line

Link = tuple[str, UUID]
"""A kind of record (`crm.lead`), and an id."""


class Tombstone(str):
    """The words in the place of a record that cannot be shown: its plugin is off, or it is not there for the reader."""

    __slots__ = ()


def words_of_links(session: Session, person: Principal | None, wanted: Iterable[Link]) -> dict[Link, str]:
    """What linked records are called: one statement a kind, within the person's reach."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, record_id in wanted:
        by_kind.setdefault(kind, set()).add(record_id)
    found: dict[Link, str] = {}
    for kind, ids in by_kind.items():
        entry = entry_here(kind)
        target = Surface(entry, session, person) if entry is not None else None
        names = names_of(target, ids) if target is not None and target.may("read") else {}
        gone = Tombstone(_("No longer there")) if entry is not None else _off(kind)
        found |= {(kind, one): names.get(one, gone) for one in ids}
    return found


def names_of(target: Surface, ids: Collection[UUID]) -> dict[UUID, str]:
    """What these records are called, of those within reach; rows inside of records and deleted ones are not."""
    model: Any = target.model
    parts = [getattr(model, name) for name in label_fields(model)]
    rows = target.session.execute(select(model.id, *parts).where(model.id.in_(ids), *target.conditions()))
    return {row[0]: label_of(model, row[0], row[1:]) for row in rows}


def _off(kind: str) -> Tombstone:
    """Not installed any more, or switched off here."""
    name = kind.partition(".")[0]
    plugin = registry().plugin(name)
    title = str(plugin.title) if plugin is not None else name
    return Tombstone(_("Not shown: %(what)s is not switched on", what=title))


def words_by_key(session: Session, wanted: Mapping[str, tuple[Field, UUID]]) -> dict[str, str]:
    """The words of links for who asks, by keys of the caller's own."""
    words = words_of_links(session, principal(), [(field.links, record_id) for field, record_id in wanted.values()])
    return {key: words[field.links, record_id] for key, (field, record_id) in wanted.items()}


def with_link_words(surface: Surface, columns: Sequence[Field], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines of a list with words in the place of the bare ids of links."""
    kinds = {at: field.links for at, field in enumerate(columns) if field.links}
    if not kinds:
        return tuple(lines)
    wanted = [(kind, line.values[at]) for line in lines for at, kind in kinds.items() if line.values[at] is not None]
    words = words_of_links(surface.session, surface.person, wanted)
    return tuple(replace(line, values=tuple(_worded(line, kinds, words))) for line in lines)


def _worded(line: Line, kinds: Mapping[int, str], words: Mapping[Link, str]) -> Iterable[Any]:
    for at, value in enumerate(line.values):
        said = words.get((kinds.get(at, ""), value)) if at in kinds else None
        yield value if said is None else said if isinstance(said, Tombstone) else Ref(value, said)
