"""What `record_link` fields lead to: records of plugins that may be off or gone, so each may be a tombstone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app.data import Field
from app.host import registry
from app.host.extending import entry_here
from app.identity.principal import Principal, principal
from app.screens.reading.labels import label_texts
from app.screens.reading.surface import Ref, Surface, label_of

if TYPE_CHECKING:
    from app.screens.reading.listing import Line

Link = tuple[str, UUID]
"""A kind of record (`crm.lead`), and an id."""


class Tombstone(str):
    """The words in the place of a record that cannot be shown: its plugin is off, or it is not there for the reader."""

    __slots__ = ()


def words_of_links(session: Session, person: Principal | None, wanted: Iterable[Link]) -> dict[Link, str]:
    """What linked records are called, within the person's reach: one statement for all kinds of them."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, record_id in wanted:
        by_kind.setdefault(kind, set()).add(record_id)
    here = {kind: Surface(entry, session, person) for kind in by_kind if (entry := entry_here(kind)) is not None}
    names = _names(session, [(target, by_kind[kind]) for kind, target in here.items() if target.may("read")])
    gone = {kind: Tombstone(_("No longer there")) if kind in here else _off(kind) for kind in by_kind}
    return {(kind, one): names.get((kind, one), gone[kind]) for kind, ids in by_kind.items() for one in ids}


def names_of(target: Surface, ids: Collection[UUID]) -> dict[UUID, str]:
    """What these records are called, of those within reach; rows inside of records and deleted ones are not."""
    return {record_id: words for (_kind, record_id), words in _names(target.session, [(target, ids)]).items()}


def _names(session: Session, wanted: Sequence[tuple[Surface, Collection[UUID]]]) -> dict[Link, str]:
    parts = []
    for target, ids in wanted:
        model: Any = target.model
        columns = literal(target.entry.key).label("kind"), model.id.label("id"), label_texts(target).label("texts")
        parts.append(select(*columns).where(model.id.in_(ids), *target.conditions()))
    models = {target.entry.key: target.model for target, _ids in wanted}
    rows = session.execute(union_all(*parts) if len(parts) > 1 else parts[0]) if parts else ()
    return {(row.kind, row.id): label_of(models[row.kind], row.id, row.texts) for row in rows}


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
