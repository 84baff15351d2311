"""Files of records for plugins that say so (`needs=Needs(files=True)`): hung on a record, listed, read.

They are the same files that members see on the record's page: checked by their bytes, counted in the tenant's quota.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import Record, db
from app.files import services
from app.files.models import Attachment, FileObject
from app.files.stores import store
from app.host import registry
from app.host.at_work import need_files, need_records


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file on a record; `size` is in bytes."""

    id: UUID
    name: str
    mime: str
    size: int


def attach_file(record: Record, stream: IO[bytes], name: str) -> KeptFile:
    """Store what the stream holds, which must be seekable, and hang it on a record. Flushes; the edge commits, and
    without that nothing stays. The same bytes under the same name on one record are there once.

    Raises ValueError with a sentence for what is empty, too large, over the quota or of a kind that is not taken,
    StoreDown (a RuntimeError) when the store cannot write, NotDeclared without `files` among the plugin's needs.
    """
    return _kept(services.attach(db.session(), _kind(record), record.id, stream, name))


def files_of(record: Record) -> list[KeptFile]:
    """The files on a record, oldest first. Raises NotDeclared."""
    found = db.session.scalars(select(Attachment).where(*_on(record)).order_by(Attachment.id))
    return [_kept(one) for one in found]


def open_file(record: Record, file_id: UUID) -> IO[bytes]:
    """The bytes of one of them, to be read and closed. Raises LookupError when the record has no such file, StoreDown,
    NotDeclared."""
    wanted = select(FileObject.storage_key).join(Attachment, Attachment.file_id == FileObject.id)
    key = db.session.scalar(wanted.where(*_on(record), Attachment.id == file_id))
    if key is None:
        raise LookupError(_("There is no such file on this record."))
    return store().open(key)


def _on(record: Record) -> tuple[Any, ...]:
    """Attachments that hang on a record."""
    return Attachment.target_type == _kind(record), Attachment.target_id == record.id, Attachment.is_live()


def _kind(record: Record) -> str:
    """The kind of a record on which the plugin at work may keep files."""
    entry = registry().by_model.get(type(record))
    if entry is None:
        raise TypeError(f"{type(record).__name__} has no resource, so nothing hangs on it.")
    need_files()
    need_records(entry.key)
    return entry.key


def _kept(one: Attachment) -> KeptFile:
    return KeptFile(one.id, one.name, one.mime, one.size)
