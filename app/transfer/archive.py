"""Everything of one tenant as a ZIP: a file of JSON lines for each kind of record, the attached files, a manifest with
counts and checksums. One snapshot of the database, streamed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import ColumnElement, Table, literal_column, select
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
VERSION = 1
LEFT_OUT = frozenset(
    """search_token search_rebuild import_line import_change job job_schedule idempotency_key file_usage
    outbox event_delivery""".split()
)
"""Tables of work under way, and what is made anew from the records."""
_SECRET = ("secret", "secrets", "password", "token_hash", "key_hash", "private_key", "sealed")
_ROWS_AT_ONCE = 2_000
_PIECE = 256 * 1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive, as the manifest names it."""

    file: str
    table: str
    rows: int
    bytes: int
    sha256: str
    kind: str = ""


def tables() -> list[Table]:
    """The tables with a tenant's records, those that others refer to first."""
    return [one for one in metadata.sorted_tables if is_tenant_table(one) and one.name not in LEFT_OUT]


def write_archive(session: Session, tenant: Tenant, out: IO[bytes], progress: Progress) -> dict[str, Any]:
    """Write the archive of the tenant in force to a seekable file; returns its manifest.

    Begins a transaction of its own; nothing may be pending in the session.
    """
    return write_bundle(session, tenant, out, [(table, None) for table in tables()], progress=progress)


def write_bundle(
    session: Session,
    tenant: Tenant,
    out: IO[bytes],
    chosen: Sequence[tuple[Table, ColumnElement[bool] | None]],
    *,
    attached: ColumnElement[bool] | None = None,
    facts: Mapping[str, Any] | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Write rows of these tables (all of the tenant's, or those that meet the condition), and the files of attachments
    that meet theirs. `facts` are added to the manifest."""
    names = ("slug", "name", "locale", "timezone", "currency", "country")
    whose = {"id": str(tenant.id)} | {name: getattr(tenant, name) for name in names}
    session.rollback()
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    take_time(session)
    kinds = {entry.model.__table__: entry.key for entry in registry().by_model.values()}  # type: ignore[attr-defined]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        parts = []
        for place, (table, condition) in enumerate(chosen):
            parts.append(_write_table(session, archive, table, kinds.get(table, ""), condition))
            progress(place + 1, len(chosen) + 1)
        files = [_write_file(archive, row) for row in _attached(session, attached)]
        files += [_write_file(archive, row) for row in _shown(session, chosen)]
        manifest = {
            "format": FORMAT, "version": VERSION, "made_at": utcnow().isoformat(), "tenant": whose, **(facts or {}),
            "records": [_named(part) for part in parts], "files": [one for one in files if one is not None],
            "missing_files": files.count(None),
        }  # fmt: skip
        archive.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
    session.rollback()
    progress(len(chosen) + 1, len(chosen) + 1)
    return manifest


def _named(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in ("kind", "table", "file", "rows", "bytes", "sha256")}


def _write_table(
    session: Session, archive: zipfile.ZipFile, table: Table, kind: str, condition: ColumnElement[bool] | None
) -> Part:
    name = f"records/{table.fullname}.jsonl"
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(name, "w", force_zip64=True) as member:
        for line in _lines(session, table, condition):
            data = f"{line}\n".encode()
            member.write(data)
            digest.update(data)
            size += len(data)
            count += 1
    return Part(name, table.fullname, count, size, digest.hexdigest(), kind)


def _lines(session: Session, table: Table, condition: ColumnElement[bool] | None) -> Iterator[str]:
    """Every row as JSON, without generated columns and secrets."""
    columns = [one for one in table.columns if one.computed is None and not one.name.endswith(_SECRET)]
    mine = select(*columns).where(table.c.tenant_id == current_tenant_id()).order_by(*table.primary_key.columns)
    rows = (mine if condition is None else mine.where(condition)).subquery("t")
    statement: Any = select(literal_column("row_to_json(t)::text")).select_from(rows)
    options = {EXPLICIT: True, "yield_per": _ROWS_AT_ONCE}
    for row in session.execute(statement, execution_options=options):
        yield row[0]


def _attached(session: Session, condition: ColumnElement[bool] | None) -> Iterator[Stored]:
    columns = FileObject.id, FileObject.storage_key, FileObject.name
    used = select(Attachment.file_id)
    used = used if condition is None else used.where(condition)
    rows = session.execute(select(*columns).where(FileObject.id.in_(used)).order_by(FileObject.id)).all()
    yield from (Stored(f"files/{row.id}", row.storage_key, row.name) for row in rows)


def _shown(session: Session, chosen: Sequence[tuple[Table, ColumnElement[bool] | None]]) -> Iterator[Stored]:
    """The largest size of every picture that the chosen rows show; the others are made from it."""
    used: set[str] = set()
    for table, condition in chosen:
        for column in [one for one in table.columns if holds_pictures(one)]:
            keys = select(column).where(table.c.tenant_id == current_tenant_id(), column.is_not(None))
            keys = keys if condition is None else keys.where(condition)
            used.update(session.scalars(keys, execution_options={EXPLICIT: True}))
    kept = select(PictureFile.key, PictureFile.storage_key).where(PictureFile.size == LARGE)
    for key, storage_key in session.execute(kept.order_by(PictureFile.key)).all():
        if key in used:
            yield Stored(f"pictures/{key}.webp", storage_key, f"{key}.webp")


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
