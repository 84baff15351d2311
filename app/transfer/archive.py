"""Everything of one tenant as a ZIP: a file of JSON lines for each kind of record, the attached files, a manifest with
counts and checksums. One snapshot of the database, streamed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select, text
from sqlalchemy.orm import Session

from app.data import current_tenant_id, utcnow
from app.data.base import metadata
from app.data.ddl import is_tenant_table
from app.data.session import EXPLICIT
from app.files.models import Attachment, FileObject
from app.files.pictures.models import PictureFile
from app.files.pictures.naming import holds_pictures
from app.files.pictures.sizes import LARGE
from app.files.stores import store
from app.host import registry
from app.tenancy.models import Tenant
from app.transfer.patience import take_time

FORMAT = "tenantry-archive"
PICTURES = "pictures"
"""The folder with what pictures of records look like; each file is called by its key."""
VERSION = 1
LEFT_OUT = frozenset(
    """search_token search_rebuild import_line import_change job job_schedule idempotency_key file_usage
    outbox event_delivery""".split()
)
"""Tables of work under way, and what is made anew from the records."""
_SECRET = ("secret", "secrets", "password", "token_hash", "key_hash", "private_key", "sealed")
_IN_UTC = text("SELECT set_config('TimeZone', 'UTC', true)")
"""Moments are written, and summed up, alike whatever the server's time zone."""
_ROWS_AT_ONCE = 2_000
_PIECE = 256 * 1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of a table that go into an archive: all of the tenant's, or those that meet the condition; whole, or only
    what `shape` makes of the columns named. `folder` keeps several choices of one table apart."""

    table: Table
    condition: ColumnElement[bool] | None = None
    folder: str = "records"
    columns: tuple[str, ...] = ()
    shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.table.fullname}.jsonl"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive, as the manifest names it. `mark` sums up the rows as the database has them, see
    `mark_of`; `counted` is how many it says there are, asked for in the same snapshot."""

    file: str
    table: str
    rows: int
    bytes: int
    sha256: str
    kind: str = ""
    columns: tuple[str, ...] = ()
    counted: int = 0
    mark: str = ""


def tables() -> list[Table]:
    """The tables with a tenant's records, those that others refer to first."""
    return [one for one in metadata.sorted_tables if is_tenant_table(one) and one.name not in LEFT_OUT]


def write_archive(session: Session, tenant: Tenant, out: IO[bytes], progress: Progress) -> dict[str, Any]:
    """Write the archive of the tenant in force to a seekable file; returns its manifest.

    Begins a transaction of its own; nothing may be pending in the session.
    """
    return write_bundle(session, tenant, out, [Chosen(table) for table in tables()], progress=progress)


def write_bundle(
    session: Session,
    tenant: Tenant,
    out: IO[bytes],
    chosen: Sequence[Chosen],
    *,
    files: ColumnElement[bool] | None = None,
    facts: Mapping[str, Any] | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Write rows of these tables, and the bytes of files: those that are attached, or that meet the condition. `facts`
    are added to the manifest. Raises RuntimeError when the database counts otherwise."""
    names = ("slug", "name", "locale", "timezone", "currency", "country")
    whose = {"id": str(tenant.id)} | {name: getattr(tenant, name) for name in names}
    session.rollback()
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    take_time(session)
    kinds = {entry.model.__table__: entry.key for entry in registry().by_model.values()}  # type: ignore[attr-defined]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        parts = []
        for place, one in enumerate(chosen):
            parts.append(_write_table(session, archive, one, kinds.get(one.table, "")))
            progress(place + 1, len(chosen) + 1)
        kept = [_write_file(archive, one) for one in (*_stored(session, files), *_shown(session, chosen))]
        manifest = {
            "format": FORMAT, "version": VERSION, "made_at": utcnow().isoformat(), "tenant": whose, **(facts or {}),
            "records": [_named(part) for part in parts], "files": [one for one in kept if one is not None],
            "missing_files": kept.count(None),
        }  # fmt: skip
        archive.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
    session.rollback()
    progress(len(chosen) + 1, len(chosen) + 1)
    return manifest


def _named(part: Part) -> dict[str, Any]:
    names = ("kind", "table", "file", "rows", "bytes", "sha256", "columns", "counted", "mark")
    return {name: getattr(part, name) for name in names}


def _write_table(session: Session, archive: zipfile.ZipFile, chosen: Chosen, kind: str) -> Part:
    columns = written_columns(chosen)
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(chosen.file, "w", force_zip64=True) as member:
        for line in _lines(session, chosen, columns):
            data = f"{line}\n".encode()
            member.write(data)
            digest.update(data)
            size += len(data)
            count += 1
    counted, mark = mark_of(session, chosen.table, chosen.condition, columns)
    if counted != count:
        raise RuntimeError(f"{chosen.table.fullname} has {counted} rows and {count} were written.")
    return Part(chosen.file, chosen.table.fullname, count, size, digest.hexdigest(), kind, columns, counted, mark)


def written_columns(chosen: Chosen) -> tuple[str, ...]:
    """The columns that are written: neither generated ones nor secrets."""
    found = (one.name for one in chosen.table.columns if one.computed is None and not one.name.endswith(_SECRET))
    return chosen.columns or tuple(found)


def mark_of(
    session: Session, table: Table, condition: ColumnElement[bool] | None, columns: Sequence[str]
) -> tuple[int, str]:
    """(how many rows, a sum over what is in them). The sum does not depend on their order, and that of two sets of rows
    is the sum of both, so what was added can be told from what was there."""
    rows = _rows(table, condition, columns).subquery("t")
    hashed = func.hashtextextended(literal_column("row_to_json(t)::text"), 0)
    statement: Any = select(func.count(), func.coalesce(func.sum(hashed), 0)).select_from(rows)
    session.execute(_IN_UTC)
    count, total = session.execute(statement, execution_options={EXPLICIT: True}).one()
    return count, str(total)


def _rows(table: Table, condition: ColumnElement[bool] | None, columns: Sequence[str]) -> Select[Any]:
    mine = select(*(table.c[name] for name in columns)).where(table.c.tenant_id == current_tenant_id())
    return mine if condition is None else mine.where(condition)


def _lines(session: Session, chosen: Chosen, columns: Sequence[str]) -> Iterator[str]:
    """Every row as JSON."""
    mine = _rows(chosen.table, chosen.condition, columns).order_by(*chosen.table.primary_key.columns)
    statement: Any = select(literal_column("row_to_json(t)::text")).select_from(mine.subquery("t"))
    options = {EXPLICIT: True, "yield_per": _ROWS_AT_ONCE}
    session.execute(_IN_UTC)
    for row in session.execute(statement, execution_options=options):
        yield row[0] if chosen.shape is None else json.dumps(chosen.shape(json.loads(row[0])), ensure_ascii=False)


def _stored(session: Session, condition: ColumnElement[bool] | None) -> Iterator[Stored]:
    columns = FileObject.id, FileObject.storage_key, FileObject.name
    wanted = FileObject.id.in_(select(Attachment.file_id)) if condition is None else condition
    for row in session.execute(select(*columns).where(wanted).order_by(FileObject.id)).all():
        yield Stored(f"files/{row.id}", row.storage_key, row.name)


def _shown(session: Session, chosen: Sequence[Chosen]) -> Iterator[Stored]:
    """The largest size of every picture that the chosen rows show; the others are made from it."""
    used: set[str] = set()
    for one in chosen:
        for column in [column for column in one.table.columns if holds_pictures(column)]:
            keys = select(column).where(one.table.c.tenant_id == current_tenant_id(), column.is_not(None))
            keys = keys if one.condition is None else keys.where(one.condition)
            used.update(session.scalars(keys, execution_options={EXPLICIT: True}))
    kept = select(PictureFile.key, PictureFile.storage_key).where(PictureFile.size == LARGE)
    for key, storage_key in session.execute(kept.order_by(PictureFile.key)).all():
        if key in used:
            yield Stored(f"{PICTURES}/{key}.webp", storage_key, f"{key}.webp")


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes for the archive: their place in it, their key in the store, what people call them."""

    place: str
    storage_key: str
    name: str


def _write_file(archive: zipfile.ZipFile, row: Stored) -> dict[str, Any] | None:
    """The bytes of an attached file; None when the store has lost them."""
    name = row.place
    try:
        stream = store().open(row.storage_key)
    except FileNotFoundError:
        return None
    digest, size = hashlib.sha256(), 0
    with stream, archive.open(name, "w", force_zip64=True) as member:
        while piece := stream.read(_PIECE):
            member.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"file": name, "name": row.name, "bytes": size, "sha256": digest.hexdigest()}
