"""Tenants and their members. The tenant directory is global; membership is tenant data like any other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Choice, Record, belongs_to, choice, flag, has_many, long_text, moment, utcnow, uuid7
from app.data import email as email_field
from app.data import text as text_field
from app.data.choices import InstalledChoices, named_later

STATES = ("trialing", "active", "past_due", "suspended", "offboarding", "deleted")
OWN_SETTINGS = "name, email, phone, website, logo_url, locale, timezone, currency, country, config_version"
"""Columns of its own directory row that a tenant may change."""
ROLES = ("owner", "admin", "manager", "agent", "viewer")
PLUGIN_ROLE = r"^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$"
"""How roles of plugins are called."""
ROLE_CHOICES = (
    Choice("owner", _l("Owner")),
    Choice("admin", _l("Admin")),
    Choice("manager", _l("Manager")),
    Choice("agent", _l("Agent")),
    Choice("viewer", _l("Viewer")),
)
ROLES_HERE, ROLES_OF_TEAMS = "tenancy.roles", "tenancy.roles_of_teams"
"""The choices of roles, those that plugins bring among them, which the application names (`app.data.choices`)."""
EVERY_ROLE = InstalledChoices(ROLES_HERE)
PLUGIN_STATES = (
    Choice("off", _l("Off")),
    Choice("on", _l("On")),
    Choice("read_only", _l("Read only")),
    Choice("archived", _l("Archived")),
)


def role_check(column: str, roles: Iterable[str] = ROLES) -> CheckConstraint:
    """One of these roles, or what a role of a plugin is called."""
    known = ", ".join(f"'{one}'" for one in roles)
    return CheckConstraint(f"{column} IN ({known}) OR {column} ~ '{PLUGIN_ROLE}'", name=f"{column}_choice")


class Tenant(Base):
    """One customer of the platform. Every tenant row of every table carries this id."""

    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name="slug_form"),
        CheckConstraint("status IN ({})".format(", ".join(f"'{one}'" for one in STATES)), name="status_choice"),
        {"info": {"app_policy": "id", "app_update": OWN_SETTINGS}},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(Text, default="active", server_default=text("'active'"))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    website: Mapped[str | None] = mapped_column(String(2000))
    logo_url: Mapped[str | None] = mapped_column(String(2000))
    locale: Mapped[str] = mapped_column(String(20), default="en", server_default=text("'en'"))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC", server_default=text("'UTC'"))
    currency: Mapped[str] = mapped_column(String(3), default="USD", server_default=text("'USD'"))
    country: Mapped[str] = mapped_column(String(2), default="US", server_default=text("'US'"))
    parent_tenant_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("tenant.id"), index=True)
    config_version: Mapped[int] = mapped_column(BigInteger, default=1, server_default=text("1"))
    """Raised by every change of plugins, custom fields, access rules: processes cache what they read under it."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TenantDomain(Base):
    """A host name that leads to one tenant once its owner has proved it. Global: it is asked before a tenant is
    known."""

    __table_args__ = (
        Index("uq_tenant_domain_verified", "domain", unique=True, postgresql_where=text("verified_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenant.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(253))
    verify_token: Mapped[str] = mapped_column(String(64))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    is_primary: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Membership(Record):
    """A person's place in one tenant. `name` and `email` are copies: colleagues are shown without reading accounts."""

    __label__ = "name"
    __table_args__ = (
        Index("uq_membership_account_id", "tenant_id", "account_id", unique=True),
        Index("ix_membership_account_uid", "tenant_id", "account_uid"),
        Index("ix_membership_account", "account_id"),
    )

    account_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"))
    account_uid: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = text_field(label=_l("Name"), sortable=True, readonly=True)
    email: Mapped[str] = email_field(label=_l("E-mail"), sortable=True, readonly=True)
    is_active: Mapped[bool] = flag(label=_l("Active"), default=True, readonly=True)
    is_owner: Mapped[bool] = flag(label=_l("Owner"), readonly=True)
    joined_at: Mapped[datetime | None] = moment(label=_l("Joined"), readonly=True)
    left_at: Mapped[datetime | None] = moment(label=_l("Left"), readonly=True)
    invited_by: Mapped[UUID | None] = mapped_column(Uuid)
    reports_to = belongs_to(
        lambda: Membership, label=_lp("a member", "Reports to"),
        help=_l("Whoever others report to, directly or through others, reaches what belongs to them."),
    )  # fmt: skip


class MembershipRole(Record):
    """A role held in one tenant, for ever or until `expires_at`."""

    __label__ = "role"
    __table_args__ = (
        Index("uq_membership_role_role", "tenant_id", "membership_id", "role", unique=True),
        role_check("role"),
    )

    membership = belongs_to(Membership, required=True, on_delete="cascade", label=_l("Member"))
    role: Mapped[str] = named_later(ROLES_HERE, label=_l("Role"))
    assigned_by: Mapped[UUID | None] = mapped_column(Uuid)
    expires_at: Mapped[datetime | None] = moment(label=_l("Until"))


class TenantPlugin(Record):
    """Whether a plugin is on for the tenant, by whose doing, and in which version.

    `by_hand` and `along_with` are of bridges: what admins decided about one, which stays so whatever becomes of its
    sides, and the plugin whose switch moved it last. `plugin_version` is the one that the tenant last worked with; it
    is `held` where a pin keeps, or kept, it from the version that is installed, and the step to that one is still to
    be made.
    """

    __config__ = True
    __table_args__ = (Index("uq_tenant_plugin_plugin_key", "tenant_id", "plugin_key", unique=True),)

    plugin_key: Mapped[str] = text_field(max_length=50, label=_l("Plugin"))
    state: Mapped[str] = choice(*PLUGIN_STATES, label=_l("Status"), default="on")
    enabled_by: Mapped[UUID | None] = mapped_column(Uuid)
    enabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    by_hand: Mapped[str | None] = choice(*PLUGIN_STATES[::2], label=_l("Kept so by hand"), readonly=True)
    along_with: Mapped[str | None] = text_field(max_length=50, label=_l("Switched along with"), readonly=True)
    plugin_version: Mapped[str | None] = text_field(max_length=50, label=_l("Version worked with"), readonly=True)
    held: Mapped[bool] = flag(label=_l("Waits for its version"), readonly=True)
    pin: Mapped[str | None] = text_field(max_length=100, label=_l("Stays with version"), readonly=True)
    pin_until: Mapped[datetime | None] = moment(label=_l("Stays until"), readonly=True)
    pin_reason: Mapped[str | None] = text_field(max_length=255, label=_l("Why it stays"), readonly=True)
    pin_by_operator: Mapped[bool] = flag(label=_l("Decided by the operator"), readonly=True)


class Team(Record):
    """People of a tenant who work together. Whoever has the row scope “team” reaches what belongs to its members.

    A team may give its members a role too. An archived team gives neither; its rows and its history stay.
    """

    __label__ = "name"
    __config__ = True
    __table_args__ = (role_check("gives_role", ROLES[1:]),)

    name: Mapped[str] = text_field(max_length=100, label=_l("Name"), sortable=True)
    description: Mapped[str | None] = long_text(max_length=2_000, label=_l("Description"))
    privacy: Mapped[str] = choice(
        ("public", _l("Public")), ("private", _l("Private")), ("secret", _l("Secret")), default="public",
        label=_l("Privacy"),
        help=_l("Public: everybody sees its members. Private: only members see them. Secret: only members know of it."),
    )  # fmt: skip
    gives_role: Mapped[str | None] = named_later(
        ROLES_OF_TEAMS, label=_l("Role of its members"),
        help=_l("Everybody in the team has this role besides their own, for as long as they are in it."),
    )  # fmt: skip
    archived_at: Mapped[datetime | None] = moment(label=_l("Archived"), readonly=True)
    members = has_many(lambda: TeamMember, reverse="team", label=_l("Members"))


class TeamMember(Record):
    """A place in a team. It ends by `left_at` and is never deleted, so that a team's history can be read."""

    __label__ = "role"
    __config__ = True
    __table_args__ = (
        Index(
            "uq_team_member_place",
            "tenant_id",
            "team_id",
            "membership_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    team = belongs_to(Team, required=True, on_delete="cascade", immutable=True, label=_l("Team"))
    membership = belongs_to(Membership, required=True, on_delete="cascade", immutable=True, label=_l("Member"))
    role: Mapped[str] = choice(
        ("member", _l("Member")), ("lead", _l("Team lead")), default="member", label=_l("Role in the team"),
        help=_l("A lead reaches what belongs to the members, even where others reach only their own."),
    )  # fmt: skip
    left_at: Mapped[datetime | None] = moment(label=_l("Left"), readonly=True)
