"""Files: one row per stored object, and attachments that hang them on records."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, DateTime, Index, PrimaryKeyConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Record, TenantTable, belongs_to, integer, record_id
from app.data import text as text_field


class FileObject(Record):
    """A stored file. `storage_key` is random: a name tells nothing and cannot be guessed."""

    __soft_delete__ = True
    __label__ = "name"
    __table_args__ = (Index("uq_file_object_storage_key", "tenant_id", "storage_key", unique=True),)

    storage_key: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = text_field(label=_l("Name"), readonly=True, sortable=True)
    mime: Mapped[str] = text_field(max_length=127, label=_l("Type"), readonly=True)
    size: Mapped[int] = integer(label=_l("Size in bytes"), readonly=True, sortable=True)
    sha256: Mapped[str] = mapped_column(String(64))
    scan_state: Mapped[str] = mapped_column(String(20), default="unscanned", server_default="unscanned")
    missing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the sweep first found that the store no longer has the bytes."""


class Attachment(Record):
    """A file on a record. Who may read the record may read the file."""

    __soft_delete__ = True
    __label__ = "name"
    __table_args__: Any = (Index("ix_attachment_target", "tenant_id", "target_type", "target_id", "id"),)

    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), immutable=True)
    target_id: Mapped[UUID] = record_id(label=_l("Record"), immutable=True)
    file = belongs_to(FileObject, required=True, readonly=True, label=_l("File"))
    if TYPE_CHECKING:
        file_id: Mapped[UUID]
    name: Mapped[str] = text_field(label=_l("Name"), readonly=True, sortable=True)
    mime: Mapped[str] = text_field(max_length=127, label=_l("Type"), readonly=True)
    size: Mapped[int] = integer(label=_l("Size in bytes"), readonly=True, sortable=True)


class FileUsage(TenantTable):
    """What a tenant's files take up. One row a tenant: whoever stores a file holds it until the end of the transaction,
    so that two at once cannot pass the quota together."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", name="pk_file_usage"),)

    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    files: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
