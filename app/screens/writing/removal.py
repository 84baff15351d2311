"""Taking records away: what it would affect, the trash, coming back, and for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, literal, select
from sqlalchemy.exc import IntegrityError

from app.data import Record, utcnow
from app.data.scope import current_scope
from app.host.quotas import check_return
from app.screens.reading.surface import Surface
from app.screens.writing.saving import NotAllowed, entry_title

_CAP = 1_000


@dataclass(frozen=True, slots=True)
class Effect:
    """What deleting would do to other records: `keeps` (they lose the link), `goes` (they go too), `blocks` (it is
    refused)."""

    title: str
    count: int
    capped: bool
    kind: str

    @property
    def words(self) -> str:
        number = f"{self.count}+" if self.capped else str(self.count)
        if self.kind == "blocks":
            return _("Stand in the way, because they refer to it: %(what)s (%(count)s).", count=number, what=self.title)
        if self.kind == "goes":
            return _("Deleted with it: %(what)s (%(count)s).", count=number, what=self.title)
        return _("Lose their link to it: %(what)s (%(count)s).", count=number, what=self.title)


def effects_of_delete(surface: Surface, record: Record) -> list[Effect]:
    """Every kind of record that refers to this one, counted in one statement (each up to a thousand)."""
    links = list(_links_to(surface.model))
    if not links:
        return []
    counts = []
    for model, column, _rule in links:
        rows = select(literal(1).label("one")).select_from(model).where(getattr(model, column) == record.id)
        if model.__soft_delete__:
            rows = rows.where(model.is_live())
        counts.append(select(func.count()).select_from(rows.limit(_CAP + 1).subquery()).scalar_subquery())
    found = surface.session.execute(select(*counts)).one()
    kinds = {"cascade": "goes", "restrict": "blocks", "set null": "keeps"}
    return [
        Effect(entry_title(model), min(count, _CAP), count > _CAP, kinds[rule])
        for (model, _column, rule), count in zip(links, found, strict=True)
        if count
    ]


def _links_to(model: type[Record]) -> list[tuple[type[Record], str, str]]:
    """(model, column, rule) of every relation that points to a model, over all plugins."""
    records: list[Any] = [mapper.class_ for mapper in Record.registry.mappers if issubclass(mapper.class_, Record)]
    return [
        (other, field.column, field.on_delete)
        for other in records
        for field in other.__fields__.values()
        if field.kind == "belongs_to" and field.target and field.target() is model
    ]


def trash(surface: Surface, record: Record) -> None:
    """Put a record into the trash; where the resource has none, delete it for good. Raises NotAllowed with the sentence
    of the rule that keeps it."""
    if not surface.model.__soft_delete__:
        purge(surface, record)
        return
    _ask(surface, record)
    record.deleted_at = utcnow()  # type: ignore[attr-defined]
    record.deleted_by = current_scope().actor_id  # type: ignore[attr-defined]
    surface.session.flush()


def _ask(surface: Surface, record: Record) -> None:
    check = surface.entry.resource.before_delete
    try:
        if check is not None:
            check(record)
    except ValueError as refused:
        raise NotAllowed(str(refused)) from None


def restore(surface: Surface, record: Record) -> None:
    """Bring a record back from the trash. Raises NotAllowed when another one has taken its unique value meanwhile, or
    the plan has no room for it."""
    try:
        check_return(record)
    except ValueError as refused:
        raise NotAllowed(str(refused)) from None
    record.deleted_at = record.deleted_by = None  # type: ignore[attr-defined]
    try:
        surface.session.flush()
    except IntegrityError:
        raise NotAllowed(
            _("Another record has taken its place: a value that must be unique is in use again.")
        ) from None


def purge(surface: Surface, record: Record) -> None:
    """Delete a record for good. Raises NotAllowed, naming what stands in the way."""
    _ask(surface, record)
    name = str(record)
    surface.session.delete(record)
    try:
        surface.session.flush()
    except IntegrityError as error:
        table = getattr(getattr(error.orig, "diag", None), "table_name", "")
        mappers = Record.registry.mappers
        other = next((m.class_ for m in mappers if getattr(m.local_table, "name", None) == table), None)
        what = entry_title(other) if other is not None else _("Other records")
        raise NotAllowed(_("“%(name)s” cannot be deleted: %(what)s refer to it.", name=name, what=what)) from None
