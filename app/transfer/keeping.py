"""Files of imports and exports in the store: as rows of the tenant, so that they count, and go with their rows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.data import current_tenant_id
from app.files.lifecycle import remember_bytes
from app.files.models import FileObject
from app.files.naming import clean_name
from app.files.quota import take
from app.files.stores import store
from app.transfer.reading import Unreadable

LIMIT = 4 * 1024**3
"""Bytes of one file. What a browser may send is limited before it comes here."""


def keep(session: Session, stream: IO[bytes], name: str, mime: str) -> FileObject:
    """Store a file of the tenant in force. Flushes; if the transaction fails, the bytes go. Raises Refused (quota)."""
    stored = store().save(current_tenant_id(), stream, LIMIT)
    remember_bytes(session, stored.key)
    take(session, stored.size)
    file = FileObject(
        storage_key=stored.key, sha256=stored.sha256, name=clean_name(name), mime=mime, size=stored.size
    )  # fmt: skip
    session.add(file)
    session.flush()
    return file


@contextmanager
def open_kept(session: Session, file_id: UUID | None) -> Iterator[IO[bytes]]:
    """The bytes of a kept file, to be read in any order. Raises Unreadable when they are gone."""
    file = session.get(FileObject, file_id) if file_id is not None else None
    if file is None:
        raise Unreadable(_("The file is not there any more."))
    try:
        stream: Any = store().open(file.storage_key)
    except FileNotFoundError as error:
        raise Unreadable(_("The file is not there any more.")) from error
    with stream:
        if stream.seekable():
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            yield copy
