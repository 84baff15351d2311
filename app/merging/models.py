"""Merges with all that they changed, pairs that may be the same, and what counts for that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, PrimaryKeyConstraint, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, TenantTable, choice, integer, moment, record_id
from app.data import text as text_field

MERGE_STATES = (Choice("done", _l("Done"), "green"), Choice("undone", _l("Undone"), "grey"))


class Merge(Record):
    """That some records became one: when and by whom say its stamps, what it changed its `MergeChange`s."""

    __label__ = "survivor_label"
    __publishes__ = False
    __table_args__: Any = (Index("ix_merge_survivor", "tenant_id", "survivor_id", "id"),)

    resource: Mapped[str] = text_field(max_length=100, label=_l("Records"), readonly=True, sortable=True)
    survivor_id: Mapped[UUID] = record_id(label=_l("Id of the record that stayed"), readonly=True)
    survivor_label: Mapped[str] = text_field(label=_l("Stayed"), readonly=True)
    merged_labels: Mapped[str] = text_field(max_length=2_000, label=_l("Merged into it"), readonly=True)
    merged_ids: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    state: Mapped[str] = choice(*MERGE_STATES, default="done", label=_l("Status"), readonly=True)
    undone_at: Mapped[datetime | None] = moment(label=_l("Undone"), readonly=True)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    """How many rows were moved, by table, and what had to give way: `{"moved": {...}, "clashes": [...]}`."""


class MergeChange(TenantTable):
    """One row that a merge wrote: its columns before and after. `settled` says what an undo did with it."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "merge_id", "kind", "record_id", name="pk_merge_change"),
        ForeignKeyConstraint(
            ["tenant_id", "merge_id"], ["merge.tenant_id", "merge.id"], name="fk_merge_change_merge", ondelete="CASCADE"
        ),
    )

    merge_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(100))
    """The table."""
    record_id: Mapped[UUID] = mapped_column(Uuid)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    settled: Mapped[str | None] = mapped_column(String(20))


class DuplicatePair(TenantTable):
    """Two records that may be the same, with the reasons. `dismissed_at`: somebody has said that they are not."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id", name="pk_duplicate_pair"),
        Index("uq_duplicate_pair_records", "tenant_id", "kind", "first_id", "second_id", unique=True),
        Index(
            "ix_duplicate_pair_score", "tenant_id", "kind", "score", "id",
            postgresql_where=text("dismissed_at IS NULL"),
        ),
        CheckConstraint("first_id < second_id", name="in_order"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(Uuid, server_default=text("gen_random_uuid()"))
    kind: Mapped[str] = mapped_column(String(100))
    first_id: Mapped[UUID] = mapped_column(Uuid)
    second_id: Mapped[UUID] = mapped_column(Uuid)
    score: Mapped[int] = mapped_column()
    reasons: Mapped[list[list[Any]]] = mapped_column(JSONB)
    """`[[path of the clue, points], ...]`, the strongest first."""
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    dismissed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dismissed_by: Mapped[UUID | None] = mapped_column(Uuid)


class DuplicateRule(Record):
    """What a field counts in one tenant when two records have the same in it; 0 makes it count nothing."""

    __label__ = "resource path"
    __config__ = True
    __table_args__: Any = (
        Index("uq_duplicate_rule_path", "tenant_id", "resource", "path", unique=True),
        CheckConstraint("points BETWEEN 0 AND 100", name="points_range"),
    )

    resource: Mapped[str] = text_field(max_length=100, label=_l("Records"), immutable=True, sortable=True)
    path: Mapped[str] = text_field(
        max_length=120, label=_l("Field"), immutable=True, sortable=True,
        help=_l("Its name as in REST, such as full_name, channels.value_normalised or custom.vat_number."),
    )  # fmt: skip
    points: Mapped[int] = integer(
        label=_l("Points"), minimum=0, maximum=100,
        help=_l("What it counts, from 0 (nothing) to 100. From 60 on, two records are listed as possible duplicates."),
    )  # fmt: skip
