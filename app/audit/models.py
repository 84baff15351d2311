"""One entry for each record a transaction changed, and the head of the tenant's chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, TenantTable, choice, integer, record_id
from app.data import text as text_field
from app.data.choices import named_later
from app.data.scope import Via

ERASABLE = ("actor_name", "ip", "target_label", "body", "salt")
"""Columns of personal data. The chain holds a salted digest of them, so they can be emptied without breaking it."""

VIA_WORDS = {
    "screen": _l("Screens"),
    "rest": _l("REST"),
    "cli": _l("Command line"),
    "job": _l("Job"),
    "import": _l("Import"),
    "system": _l("System"),
}
VIAS = tuple(Choice(one, VIA_WORDS.get(one)) for one in get_args(Via))


class AuditEntry(Record):
    """What one transaction did to one record, or somebody was refused.

    `created_at` and `created_by` say when and by whom. `body` is canonical JSON (see `entries`), kept as text because
    its digest needs every byte as it was.
    """

    __append_only__ = True
    __audited__ = False  # an entry about an entry would never end
    __label__ = "action target_label"
    __table_args__: Any = (
        Index("uq_audit_entry_seq", "tenant_id", "seq", unique=True),
        Index("ix_audit_entry_target", "tenant_id", "target_id", "id"),
        Index("ix_audit_entry_action", "tenant_id", "action", "id"),
        Index("ix_audit_entry_created_by", "tenant_id", "created_by", "id"),
        {"info": {"erasable": ", ".join(ERASABLE)}},
    )

    seq: Mapped[int] = integer(label=_l("Number"), readonly=True)
    actor_name: Mapped[str | None] = text_field(label=_l("Who"), readonly=True)
    action: Mapped[str] = named_later("audit.action", label=_l("What"), readonly=True, max_length=150)
    target_type: Mapped[str] = named_later("audit.kind", label=_l("Kind of record"), readonly=True, max_length=100)
    target_id: Mapped[UUID | None] = record_id(label=_l("Id of the record"), readonly=True)
    target_label: Mapped[str | None] = text_field(label=_l("Record"), readonly=True)
    via: Mapped[str] = choice(*VIAS, label=_l("By way of"), readonly=True, open=True, max_length=20)
    ip: Mapped[str | None] = text_field(max_length=64, label=_l("Network address"), readonly=True)
    request_id: Mapped[str | None] = text_field(max_length=100, label=_l("Request"), readonly=True)
    membership_id: Mapped[UUID | None] = mapped_column(Uuid)
    token_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The API token that acted for the person."""
    job_id: Mapped[UUID | None] = mapped_column(Uuid)
    body: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 over the salt and the erasable columns."""
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 over the hash before it and everything of this entry that is not erasable."""


class AuditHead(TenantTable):
    """The end of a tenant's chain, locked by whoever adds to it, and where it starts since the last pruning."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", name="pk_audit_head"),)

    seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    pruned_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """The last entry that retention removed; 0 when none was."""
    pruned_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    pruned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
