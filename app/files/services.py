"""Attaching files to records. Bytes first, rows after: no row points to nothing, a rolled-back row leaves no bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from app.data import platform_session
from app.data.session import TenantSession
from app.files.models import Attachment, FileObject
from app.files.storage import LocalStore, TooLarge

_FRESH = "tenantry_fresh_files"
NAME_LIMIT = 200


class Refused(ValueError):
    """The file cannot be taken; the message says why."""


def store() -> LocalStore:
    """The store of this installation."""
    return LocalStore(current_app.config["TENANTRY"].files_dir)


def attach(session: Session, target_type: str, target_id: UUID, stream: IO[bytes], name: str) -> Attachment:
    """Store a file and hang it on a record, which the caller has checked. Raises Refused; the edge commits."""
    megabytes: int = current_app.config["TENANTRY"].max_upload_mb
    try:
        stored = store().save(stream, megabytes * 1024 * 1024)
    except TooLarge:
        raise Refused(_("The file is larger than %(limit)s MB.", limit=megabytes)) from None
    session.info.setdefault(_FRESH, []).append(stored.key)
    if stored.size == 0:
        raise Refused(_("The file is empty."))
    shown = clean_name(name)
    facts: dict[str, Any] = {"name": shown, "mime": stored.mime[:127], "size": stored.size}
    file = FileObject(storage_key=stored.key, sha256=stored.sha256, **facts)
    attachment = Attachment(target_type=target_type, target_id=target_id, file_id=file.id, **facts)
    session.add(file)
    session.flush()
    session.add(attachment)
    session.flush()
    return attachment


def clean_name(name: str) -> str:
    """A file name fit to be shown and sent: no folders, no control or direction characters, not endless."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in unicodedata.normalize("NFC", base) if unicodedata.category(char)[0] != "C")
    plain = plain.strip(" .")
    if len(plain) > NAME_LIMIT:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[: NAME_LIMIT - 20]}{dot}{ending[:19]}" if dot else plain[:NAME_LIMIT]
    return plain or _("file")


@event.listens_for(TenantSession, "after_commit")
def _keep(session: Session) -> None:
    if not session.in_nested_transaction():  # what a savepoint has kept may still be rolled back
        session.info.pop(_FRESH, None)


@event.listens_for(TenantSession, "after_transaction_end")
def _discard(session: Session, transaction: SessionTransaction) -> None:
    """Rolled back, or closed without a commit: the rows are gone, so the bytes go too."""
    if transaction.parent is None:
        for key in session.info.pop(_FRESH, ()):
            store().delete(key)


def orphans() -> Iterator[str]:
    """Keys in the store that no row of any tenant names: harmless leftovers of a process that died between the two."""
    with platform_session("a stored file may belong to any tenant") as session:
        known = set(session.scalars(select(FileObject.storage_key)))
    yield from (key for key in store().keys() if key not in known)  # noqa: SIM118
