"""Bytes follow their rows: those of a transaction that fails go at once, those of deleted rows after the commit.

A record takes its files along when it is deleted for good, whatever way it is deleted; the trash keeps them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app, has_app_context
from sqlalchemy import event, or_, select
from sqlalchemy.orm import Session, SessionTransaction

from app.data import Record
from app.data.session import TenantSession
from app.files.models import Attachment, FileObject
from app.files.pictures.models import PictureFile
from app.files.quota import give_back
from app.files.storage import StoreDown
from app.files.stores import store
from app.host import EXTENSION

log = logging.getLogger(__name__)

_FRESH = "tenantry_fresh_files"
_DOOMED = "tenantry_doomed_files"


def remember_bytes(session: Session, key: str) -> None:
    """Stored in this transaction: to be removed unless it is committed."""
    session.connection()  # begins a transaction: or there would be nothing to roll back, and nobody to remove them
    session.info.setdefault(_FRESH, []).append(key)


def forget_bytes(session: Session, key: str) -> None:
    """Remove bytes of this transaction that are not needed after all."""
    session.info.get(_FRESH, []).remove(key)
    _remove([key])


@event.listens_for(TenantSession, "before_flush")
def _take_along(session: Session, context: Any, instances: Any) -> None:
    """What is deleted takes its attachments with it, and an attachment its file."""
    gone = [row for row in session.deleted if isinstance(row, Record) and not isinstance(row, FileObject)]
    if not gone:
        return
    for attachment in _attached_to(session, gone):
        session.delete(attachment)
    wanted = [row.file_id for row in session.deleted if isinstance(row, Attachment)]
    if wanted:
        for file in session.scalars(select(FileObject).where(FileObject.id.in_(wanted))):
            session.delete(file)


def _attached_to(session: Session, gone: Iterable[Record]) -> Iterable[Attachment]:
    registry = current_app.extensions.get(EXTENSION) if has_app_context() else None
    ids: dict[str, list[Any]] = {}
    for row in gone:
        entry = registry.by_model.get(type(row)) if registry is not None else None
        if entry is not None and entry.model is not Attachment:
            ids.setdefault(entry.key, []).append(row.id)
    if not ids:
        return ()
    hung = [(Attachment.target_type == kind) & Attachment.target_id.in_(some) for kind, some in ids.items()]
    return session.scalars(select(Attachment).where(or_(*hung))).all()


@event.listens_for(TenantSession, "after_flush")
def _count_out(session: Session, context: Any) -> None:
    gone = [(row.storage_key, row.size) for row in session.deleted if isinstance(row, FileObject)]
    gone += [(row.storage_key, row.bytes) for row in session.deleted if isinstance(row, PictureFile)]
    doom_bytes(session, gone)


def doom_bytes(session: Session, gone: Sequence[tuple[str, int]]) -> None:
    """The rows of these (key in the store, size in bytes) are deleted: their bytes go after the commit."""
    if gone:
        give_back(session, sum(size for _key, size in gone), len(gone))
        session.info.setdefault(_DOOMED, []).extend(key for key, _size in gone)


@event.listens_for(TenantSession, "after_commit")
def _settle(session: Session) -> None:
    if not session.in_nested_transaction():  # what a savepoint has kept may still be rolled back
        session.info.pop(_FRESH, None)
        _remove(session.info.pop(_DOOMED, ()))


@event.listens_for(TenantSession, "after_soft_rollback")
def _spare(session: Session, transaction: SessionTransaction) -> None:
    """Some of the rows may be back. Bytes that are left over by this are found by the sweep."""
    session.info.pop(_DOOMED, None)


@event.listens_for(TenantSession, "after_transaction_end")
def _discard(session: Session, transaction: SessionTransaction) -> None:
    """Rolled back, or closed without a commit: the rows are gone, so the bytes go too."""
    if transaction.parent is None:
        _remove(session.info.pop(_FRESH, ()))


def _remove(keys: Iterable[str]) -> None:
    """The rows are what counts: a store that does not answer now is tidied up by the sweep."""
    for key in keys:
        try:
            store().delete(key)
        except (StoreDown, FileNotFoundError) as error:
            log.warning("The bytes of %s could not be removed and are left to the sweep: %s", key, error)
