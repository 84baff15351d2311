"""Storing files and attaching them to records. Bytes first, rows after: no row ever points to nothing."""

from __future__ import annotations

from typing import IO
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import current_tenant_id
from app.files.kinds import allowed_endings, mime_of
from app.files.lifecycle import forget_bytes, remember_bytes
from app.files.models import Attachment, FileObject
from app.files.naming import clean_name
from app.files.quota import MEGABYTE, Refused, give_back, take
from app.files.storage import TooLarge
from app.files.stores import store

__all__ = ["Refused", "attach", "store_file"]


def attach(session: Session, target_type: str, target_id: UUID, stream: IO[bytes], name: str) -> Attachment:
    """Store a file and hang it on a record, which the caller has checked. Raises Refused or StoreDown; nothing is
    committed.

    The same bytes under the same name on the same record are there once, however often they are sent. The stream must
    be seekable.
    """
    shown = clean_name(name)
    if not stream.read(1):
        raise Refused(_("The file is empty."))
    mime = mime_of(shown, stream)
    if mime is None:
        raise Refused(
            _("This kind of file is not taken, or it is not what its name says. Possible: %(list)s.",
              list=allowed_endings())
        )  # fmt: skip
    file = store_file(session, stream, shown, mime)
    twin = _twin(session, target_type, target_id, file)
    if twin is not None:
        give_back(session, file.size)
        forget_bytes(session, file.storage_key)
        return twin
    attachment = Attachment(
        target_type=target_type, target_id=target_id, file_id=file.id, name=shown, mime=mime, size=file.size
    )
    session.add(file)
    session.flush()
    session.add(attachment)
    session.flush()
    return attachment


def store_file(session: Session, stream: IO[bytes], name: str, mime: str) -> FileObject:
    """Store bytes that have been checked, and make their row, which the caller adds to the session.

    If the transaction fails, the bytes go. Raises Refused (too large, quota) or StoreDown.
    """
    megabytes: int = current_app.config["TENANTRY"].max_upload_mb
    try:
        stored = store().save(current_tenant_id(), stream, megabytes * MEGABYTE)
    except TooLarge:
        raise Refused(_("The file is larger than %(limit)s MB.", limit=megabytes)) from None
    remember_bytes(session, stored.key)
    take(session, stored.size)
    return FileObject(storage_key=stored.key, sha256=stored.sha256, name=name, mime=mime, size=stored.size)


def _twin(session: Session, target_type: str, target_id: UUID, file: FileObject) -> Attachment | None:
    """The same file on the same record. Nobody else of the tenant is adding one: the quota's row is held."""
    wanted = (
        select(Attachment)
        .join(FileObject, FileObject.id == Attachment.file_id)
        .where(
            Attachment.target_type == target_type,
            Attachment.target_id == target_id,
            Attachment.name == file.name,
            Attachment.is_live(),
            FileObject.sha256 == file.sha256,
        )
    )
    return session.scalars(wanted.limit(1)).first()
