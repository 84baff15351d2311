"""Which pictures records name: noted as they are saved, and asked of the database before one goes.

The columns that hold pictures are found by their foreign keys, so those of a plugin that is not installed at the moment
count like all others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, delete, event, inspect, text, update
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id
from app.data.session import TenantSession
from app.files.lifecycle import doom_bytes
from app.files.pictures.models import Picture, PictureFile

_COLUMNS = text(
    "SELECT format('%s', c.conrelid::regclass), quote_ident(a.attname) FROM pg_constraint c"
    " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]"
    " WHERE c.contype = 'f' AND c.confrelid = 'public.picture'::regclass"
    " AND c.conrelid <> 'public.picture_file'::regclass ORDER BY 1, 2"
)

_KEY = f"{Picture.__tablename__}.{Picture.key.key}"


def holds_pictures(column: Column[Any]) -> bool:
    """Whether a table's column holds keys of pictures that records name."""
    refers = any(key.target_fullname == _KEY for key in column.foreign_keys)
    return refers and column.table.fullname != PictureFile.__tablename__


def unnamed(session: Session, keys: Collection[str]) -> list[str]:
    """Those of the keys that no record of the tenant names, be it in the trash."""
    if not keys:
        return []
    parts = [
        f"NOT EXISTS (SELECT FROM {table} AS t WHERE t.tenant_id = :tenant_id AND t.{column} = wanted.key)"
        for table, column in session.execute(_COLUMNS)
    ]
    statement = "SELECT key FROM unnest(CAST(:keys AS varchar[])) AS wanted(key) WHERE " + " AND ".join(
        ["true", *parts]
    )
    return list(session.scalars(text(statement), {"keys": list(keys), "tenant_id": current_tenant_id()}))


def remove(session: Session, keys: Collection[str]) -> int:
    """Remove those of the pictures that no record names, with all their sizes; returns how many. The bytes go after the
    commit."""
    gone = unnamed(session, keys)
    if gone:
        files = session.execute(
            delete(PictureFile)
            .where(PictureFile.key.in_(gone))
            .returning(PictureFile.storage_key, PictureFile.bytes)
            .execution_options(synchronize_session=False)
        ).all()
        session.execute(delete(Picture).where(Picture.key.in_(gone)).execution_options(synchronize_session=False))
        doom_bytes(session, [(key, size) for key, size in files])
    return len(gone)


def pictures_of(row: Record) -> Iterator[str]:
    """The keys of the pictures of a record."""
    for name, field in row.__fields__.items():
        if field.kind == "image" and (key := getattr(row, name)):
            yield key


@event.listens_for(TenantSession, "before_flush")
def _note_named(session: Session, context: Any, instances: Any) -> None:
    """What a record names from now on waits for nobody any more."""
    keys = {key for row in (*session.new, *session.dirty) if isinstance(row, Record) for key in _newly_named(row)}
    if keys:
        waiting = Picture.key.in_(keys), Picture.goes_at.is_not(None)
        session.execute(
            update(Picture).where(*waiting).values(goes_at=None).execution_options(synchronize_session=False)
        )


def _newly_named(row: Record) -> Iterator[str]:
    for name, field in row.__fields__.items():
        if field.kind == "image" and inspect(row).attrs[name].history.added and (key := getattr(row, name)):
            yield key


@event.listens_for(TenantSession, "after_flush")
def _let_go(session: Session, context: Any) -> None:
    """A record that is deleted for good takes its pictures along, as it takes its files."""
    keys = {key for row in session.deleted if isinstance(row, Record) for key in pictures_of(row)}
    if keys:
        remove(session, keys)
