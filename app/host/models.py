"""What is kept about plugins themselves: which versions this installation knows, and what tenants set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, DateTime, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Record, json, utcnow
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
