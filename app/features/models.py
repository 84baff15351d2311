"""What was decided about features: by a tenant's admins, by the operator, and person by person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Record, belongs_to, flag, utcnow, uuid7
from app.data import text as text_field
from app.tenancy.models import Membership


class TenantFeature(Record):
    """A feature that the tenant's admins switched on or off; without a row it is as its plugin declares."""

    __config__ = True
    __publishes__ = False
    __label__ = "feature_key"
    __table_args__ = (Index("uq_tenant_feature_key", "tenant_id", "feature_key", unique=True),)

    feature_key: Mapped[str] = text_field(max_length=100, label=_l("Feature"), readonly=True)
    enabled: Mapped[bool] = flag(label=_l("On"))


class UserCapability(Record):
    """A feature that one member has, or has not, whatever holds for the others."""

    __config__ = True
    __publishes__ = False
    __label__ = "feature_key"
    __table_args__ = (
        Index("uq_user_capability_member", "tenant_id", "membership_id", "feature_key", unique=True),
    )  # fmt: skip

    membership = belongs_to(Membership, required=True, on_delete="cascade", label=_l("Member"))
    feature_key: Mapped[str] = text_field(
        max_length=100, label=_l("Feature"), help=_l("One that is given member by member, such as console.audit_log")
    )
    enabled: Mapped[bool] = flag(label=_l("May use it"), default=True)


class FeatureFlag(Base):
    """The operator's word on a feature: for one tenant, or for all (no tenant) or a share of them. Global.

    The word about a tenant goes before the word about all; one that has expired counts no more.
    """

    __table_args__ = (
        Index("uq_feature_flag_place", "feature_key", "tenant_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    feature_key: Mapped[str] = mapped_column(String(100))
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("tenant.id", ondelete="CASCADE"), index=True)
    is_enabled: Mapped[bool] = mapped_column(Boolean)
    percent: Mapped[int] = mapped_column(Integer, default=100, server_default=text("100"))
    """The share of tenants it is on for, where it is for all: always the same ones, and more as it grows."""
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    set_by: Mapped[str] = mapped_column(Text, default="", server_default="")
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
