"""Pictures by their keys, and the stored drawings of each. The audit log tells of the records that show them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import TenantTable, current_scope, utcnow
from app.data.fields import IMAGE_LIMIT


class Picture(TenantTable):
    """A picture of a tenant. Columns of records refer to it by foreign keys, so none that is shown can go."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "key", name="pk_picture"),)

    key: Mapped[str] = mapped_column(String(IMAGE_LIMIT))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
    created_by: Mapped[UUID | None] = mapped_column(Uuid, default=lambda: current_scope().actor_id)
    goes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it goes unless a record names it by then; None for one that a record named when it was last looked at."""


class PictureFile(TenantTable):
    """The stored bytes of a picture in one size."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "key", "size", name="pk_picture_file"),
        ForeignKeyConstraint(
            ["tenant_id", "key"], ["picture.tenant_id", "picture.key"], name="fk_picture_file_key", ondelete="CASCADE"
        ),
        Index("ix_picture_file_key", "tenant_id", "key"),
    )

    key: Mapped[str] = mapped_column(String(IMAGE_LIMIT))
    size: Mapped[str] = mapped_column(String(20))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer)
    storage_key: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
    missing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the sweep first found that the store no longer has the bytes."""
