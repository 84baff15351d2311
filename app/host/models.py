"""What is kept about plugins themselves: which versions this installation knows, and what tenants set."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Record, TenantTable, json, utcnow
from app.data import text as text_field


class InstalledPlugin(Base):
    """A plugin that was installed here once, and the version whose `upgrading` hooks have run. Global."""

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    version: Mapped[str] = mapped_column(String(50))
    installed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=utcnow, server_default=text("now()")
    )
    upgraded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    errors: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """How often one of its pages, calls or hooks broke; jobs and handlers keep their own."""
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped: Mapped[str | None] = mapped_column(Text)
    """Why it works nowhere: the error of its migration."""
    approved: Mapped[list[str] | None] = mapped_column(ARRAY(String(200)))
    """What of its needs the operator has accepted (`app.host.needs`); null when nobody was asked yet."""
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    trying: Mapped[str | None] = mapped_column(String(50))
    """The version that the tenants in `canary` try; the others may only read meanwhile."""
    canary: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    back_to: Mapped[str | None] = mapped_column(String(100))
    """The migration that the schema was at before."""
    may_pin: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))
    """Whether admins of tenants may stay with a version of it by themselves."""


class HookFault(TenantTable):
    """How often a hook of a plugin failed or was too slow in a tenant. With `skipped_at` it is not called there any
    more until the operator lets it."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "plugin_key", "place", name="pk_hook_fault"),)

    plugin_key: Mapped[str] = mapped_column(String(50))
    place: Mapped[str] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    cut_off: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """How many of them were too slow."""
    last_error: Mapped[str] = mapped_column(Text)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
    skipped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MadeRow(TenantTable):
    """A row of the core that a plugin's life-cycle hook made, in the version it left it: a purge takes it along, unless
    somebody has changed it or needs it since."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "table_name", "row_id", name="pk_made_row"),)

    plugin_key: Mapped[str] = mapped_column(String(50))
    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[UUID] = mapped_column(Uuid)
    row_version: Mapped[int] = mapped_column(Integer)


class PluginSetting(Record):
    """One setting of one plugin in one tenant: a JSON value, or a sealed secret (see `app.data.secrets`)."""

    __config__ = True
    __publishes__ = False
    __label__ = "plugin_key name"
    __table_args__ = (Index("uq_plugin_setting_name", "tenant_id", "plugin_key", "name", unique=True),)

    plugin_key: Mapped[str] = text_field(max_length=50, label=_l("Plugin"), readonly=True)
    name: Mapped[str] = text_field(max_length=60, label=_l("Setting"), readonly=True)
    value: Mapped[Any | None] = json(label=_l("Value"), readonly=True)
    sealed: Mapped[str | None] = mapped_column(Text, info={"secret": True})
