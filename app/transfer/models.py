"""Imports with their staged lines and what each changed; saved mappings; exports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, TenantTable, belongs_to, choice, integer, moment
from app.data import text as text_field
from app.data.choices import named_later
from app.files.models import FileObject

KINDS = "transfer.kind"
"""Under which the application names the kinds of records."""
IMPORT_STATES = (
    Choice("draft", _l("Being prepared"), "grey"),
    Choice("waiting", _l("Waiting"), "blue"),
    Choice("checking", _l("Being checked"), "blue"),
    Choice("checked", _l("Checked"), "grey"),
    Choice("running", _l("Running"), "blue"),
    Choice("done", _l("Done"), "green"),
    Choice("cancelled", _l("Cancelled"), "amber"),
    Choice("failed", _l("Stopped by an error"), "red"),
    Choice("undoing", _l("Being undone"), "blue"),
    Choice("undone", _l("Undone"), "grey"),
)
BUSY = frozenset({"waiting", "checking", "running", "undoing"})
EXPORT_STATES = (
    Choice("waiting", _l("Waiting"), "blue"),
    Choice("running", _l("Running"), "blue"),
    Choice("done", _l("Ready"), "green"),
    Choice("failed", _l("Stopped by an error"), "red"),
    Choice("cancelled", _l("Cancelled"), "amber"),
    Choice("expired", _l("Expired"), "grey"),
)


class Import(Record):
    """One file on its way into one kind of record."""

    __label__ = "file_name"

    resource: Mapped[str] = named_later(KINDS, max_length=100, label=_l("Records"), readonly=True)
    file_name: Mapped[str] = text_field(max_length=200, label=_l("File"), readonly=True)
    state: Mapped[str] = choice(*IMPORT_STATES, default="draft", label=_l("Status"), readonly=True)
    total: Mapped[int] = integer(default=0, label=_lp("of a file", "Lines"), readonly=True)
    created: Mapped[int] = integer(default=0, label=_l("New records"), readonly=True)
    changed: Mapped[int] = integer(default=0, label=_l("Changed"), readonly=True)
    unchanged: Mapped[int] = integer(default=0, label=_l("Unchanged"), readonly=True)
    failed: Mapped[int] = integer(default=0, label=_l("Not imported"), readonly=True)
    finished_at: Mapped[datetime | None] = moment(label=_l("Finished"), readonly=True)
    file = belongs_to(FileObject, readonly=True, label=_l("File"))
    if TYPE_CHECKING:
        file_id: Mapped[UUID | None]
    done_line: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last line that is settled: the next chunk begins after it. Changes with the rows of its chunk."""
    is_staged: Mapped[bool] = mapped_column(default=False)
    is_dry: Mapped[bool] = mapped_column(default=False)
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """How to read the file and what to do with its columns: see `plan.Plan`."""
    scopes: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """Of the API token that asked for it: the job may do no more."""
    error: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[UUID | None] = mapped_column(Uuid)


class ImportLine(TenantTable):
    """One line of the file, as it was read, until it is settled; a line that failed stays with the reasons."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "import_id", "line", name="pk_import_line"),
        ForeignKeyConstraint(
            ["tenant_id", "import_id"], ["import.tenant_id", "import.id"], ondelete="CASCADE",
            name="fk_import_line_import",
        ),
        Index(
            "ix_import_line_problem", "tenant_id", "import_id", "line", postgresql_where=text("problems IS NOT NULL")
        ),
    )  # fmt: skip

    import_id: Mapped[UUID] = mapped_column(Uuid)
    line: Mapped[int] = mapped_column(BigInteger)
    cells: Mapped[Any] = mapped_column(JSONB, default=list)
    """A list of texts, or what a dialect made of the line."""
    unread: Mapped[str | None] = mapped_column(Text)
    """Why the line could not be read, whatever is done with it."""
    problems: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    """Pairs of heading and sentence: why it was not imported, or, with `failed` false, what else should be known."""
    failed: Mapped[bool] = mapped_column(default=False)


class ImportChange(TenantTable):
    """A record that an import made (`before` is null) or changed, as it left it: what undo needs to know."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "import_id", "kind", "record_id", name="pk_import_change"),
        ForeignKeyConstraint(
            ["tenant_id", "import_id"], ["import.tenant_id", "import.id"], ondelete="CASCADE",
            name="fk_import_change_import",
        ),
    )  # fmt: skip

    import_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(100))
    """The table: inline rows have no resource of their own."""
    record_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer)
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    kept: Mapped[str | None] = mapped_column(Text)
    """Why an undo left it as it is."""


class ImportMapping(Record):
    """Which column of a kind of file goes where, under a name."""

    __label__ = "name"
    __table_args__ = (Index("uq_import_mapping_name", "tenant_id", "resource", "name", unique=True),)

    resource: Mapped[str] = named_later(KINDS, max_length=100, label=_l("Records"), readonly=True)
    name: Mapped[str] = text_field(max_length=60, label=_l("Name"))
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class Export(Record):
    """A file that was asked for; it can be fetched until it expires."""

    __label__ = "file_name"
    __table_args__ = (Index("ix_export_expires", "tenant_id", "expires_at"),)

    resource: Mapped[str] = named_later(KINDS, max_length=100, label=_l("Records"), readonly=True)
    file_name: Mapped[str] = text_field(max_length=200, label=_l("File"), readonly=True)
    state: Mapped[str] = choice(*EXPORT_STATES, default="waiting", label=_l("Status"), readonly=True)
    total: Mapped[int] = integer(default=0, label=_l("Records"), readonly=True)
    done: Mapped[int] = integer(default=0, label=_l("Written"), readonly=True)
    size: Mapped[int] = integer(default=0, label=_l("Size in bytes"), readonly=True)
    expires_at: Mapped[datetime | None] = moment(label=_l("Available until"), readonly=True)
    file = belongs_to(FileObject, readonly=True, label=_l("File"))
    if TYPE_CHECKING:
        file_id: Mapped[UUID | None]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """The list's question, the columns and the format."""
    scopes: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """Of the API token that asked for it: the job may do no more."""
    error: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[UUID | None] = mapped_column(Uuid)
