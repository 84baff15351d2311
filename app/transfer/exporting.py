"""Exports: what is asked for, small ones at once, large ones as a job whose file can be fetched until it expires."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import current_tenant_id, db, utcnow
from app.files.models import FileObject
from app.files.quota import Refused
from app.host import Cancelled, JobRun, registry
from app.identity.principal import principal
from app.jobs import enqueue
from app.screens.paper import lists
from app.screens.paper.letterhead import file_name
from app.screens.reading import ListRequest, Surface
from app.screens.reading.listing import count_rows, select_rows
from app.screens.reading.surface import as_uuid
from app.screens.views.asking import from_query
from app.tenancy.models import Tenant
from app.transfer.archive import write_archive
from app.transfer.keeping import keep
from app.transfer.models import Export
from app.transfer.running import LAST_ATTEMPT, Stopped, acting_for
from app.transfer.selecting import select_for
from app.transfer.writing import FORMATS, FORMS, MIMES, TooMany, write

RUN = "transfer.run_export"
RUN_ARCHIVE = "transfer.run_archive"
ARCHIVE = "transfer.archive"
"""What stands for “everything” where others name a kind of record."""
AT_ONCE = 10_000
"""Records that are written while the person waits; of a PDF fewer (`app.screens.paper.lists`)."""
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows (the query of a list, or those of it that were ticked), which columns, in which format."""

    query: str = ""
    columns: tuple[str, ...] = ()
    kind: str = "csv"
    ids: tuple[str, ...] = ()

    @property
    def at_once(self) -> int:
        """How many records are written while the person waits."""
        return lists.AT_ONCE if self.kind == "pdf" else AT_ONCE

    def as_json(self) -> dict[str, Any]:
        return {"query": self.query, "columns": list(self.columns), "kind": self.kind, "ids": list(self.ids)}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Wanted:
        """From what `as_json` gave."""
        kind = data.get("kind", "csv")
        ids = tuple(str(as_uuid(one) or UUID(int=0)) for one in data.get("ids", ()))
        return cls(str(data.get("query", "")), tuple(data.get("columns", ())), kind if kind in FORMATS else "csv", ids)


def usual_columns(surface: Surface) -> tuple[str, ...]:
    """Everything this person sees of a record, inline rows included, ids left out."""
    hidden = ("created_by", "updated_by")
    named = [name for name, field in surface.fields.items() if field.kind != "has_many" and name not in hidden]
    inline = [name for name in surface.entry.resource.inlines.split() if name in surface.fields]
    return (*(name for name in named if name != "deleted_at"), *inline)


def request_of(surface: Surface, wanted: Wanted) -> ListRequest:
    """The rows a list showed, all of them or those that were ticked."""
    return replace(from_query(surface, wanted.query), ids=tuple(map(UUID, wanted.ids)))


def count(surface: Surface, wanted: Wanted, cap: int | None = AT_ONCE) -> int:
    """How many records it would be; more than `cap` when there are more."""
    found = count_rows(surface, select_rows(surface, request_of(surface, wanted)), cap)
    return (found.value or 0) + int(found.capped)


def write_now(surface: Surface, wanted: Wanted, out: IO[bytes]) -> int:
    """Write the file to `out`; returns how many records it has."""
    return _write(surface, wanted, out, lambda done: None)


def _write(surface: Surface, wanted: Wanted, out: IO[bytes], progress: Any) -> int:
    request = request_of(surface, wanted)
    if wanted.kind == "pdf":
        return _print(surface, request, wanted, out, progress)
    selected = select_for(surface, request, wanted.columns or usual_columns(surface), FORMS[wanted.kind])
    if not selected.targets:
        raise Stopped(_("None of these columns can be exported."))
    return write(surface.session, selected, wanted.kind, out, progress)


def _print(surface: Surface, request: ListRequest, wanted: Wanted, out: IO[bytes], progress: Any) -> int:
    try:
        content, count = lists.print_list(surface, request, wanted.columns, progress=progress)
    except lists.TooLong as error:
        raise TooMany(str(error)) from None
    out.write(content)
    return count


def ask_for(session: Session, surface: Surface, wanted: Wanted) -> Export:
    """Let a job write the file. Flushes; the edge commits."""
    person = principal()
    record = Export(
        resource=surface.entry.key, request=wanted.as_json(),
        file_name=file_name(wanted.kind, surface.entry.resource.plural_words),
        total=count(surface, wanted, None),
        scopes=sorted(person.scopes) if person is not None and person.scopes is not None else None,
    )  # fmt: skip
    session.add(record)
    session.flush()
    record.job_id = enqueue(RUN, record.id)
    return record


def run_export(run: JobRun, export_id: str) -> dict[str, Any]:
    """The job. A second attempt writes the file anew."""
    session = db.session()
    record = session.get(Export, UUID(export_id))
    if record is None or record.state not in ("waiting", "running"):
        return {}
    try:
        with acting_for(record), tempfile.TemporaryFile() as out:
            done = _write_for(session, run, record, out)
            size = out.tell()
            out.seek(0)
            file = keep(session, out, record.file_name, MIMES[Wanted.of(record.request).kind])
            record.file_id, record.done, record.size, record.state = file.id, done, size, "done"
            record.expires_at = utcnow() + KEPT
            session.flush()
    except Cancelled:
        _end(session, record.id, "cancelled", None)
        raise
    except (Stopped, TooMany, Refused) as error:
        _end(session, record.id, "failed", str(error))
        return {}
    except Exception:
        if run.attempt >= LAST_ATTEMPT:
            _end(session, UUID(export_id), "failed", str(_("Something went wrong on our side; it has been noted.")))
        raise
    return {"records": done, "bytes": size}


def _write_for(session: Session, run: JobRun, record: Export, out: IO[bytes]) -> int:
    entry = registry().entries.get(record.resource)
    surface = Surface(entry, session) if entry is not None else None
    if surface is None or not surface.may("export"):
        raise Stopped(_("You may not export records of this kind."))
    return _write(surface, Wanted.of(record.request), out, lambda done: run.progress(done, record.total))


def _end(session: Session, key: UUID, state: str, words: str | None) -> None:
    session.rollback()
    record = session.get(Export, key)
    if record is not None:
        record.state, record.error = state, words
    session.commit()


def ask_for_archive(session: Session, tenant: Any) -> Export:
    """Let a job pack everything of the tenant. Flushes; the edge commits."""
    name = f"{tenant.slug}-{utcnow():%Y-%m-%d}.zip"
    record = Export(resource=ARCHIVE, file_name=name, request={"kind": "archive"})
    session.add(record)
    session.flush()
    record.job_id = enqueue(RUN_ARCHIVE, record.id)
    return record


def run_archive(run: JobRun, export_id: str) -> dict[str, Any]:
    """The job of a whole tenant's archive."""
    session = db.session()
    record = session.get(Export, UUID(export_id))
    person = principal()
    if record is None or record.state not in ("waiting", "running"):
        return {}
    if person is None or not person.is_owner:
        _end(session, record.id, "failed", str(_("Only an owner may take everything out.")))
        return {}
    try:
        with tempfile.TemporaryFile() as out:
            tenant = session.scalars(select(Tenant).where(Tenant.id == current_tenant_id())).one()
            manifest = write_archive(session, tenant, out, run.progress)
            size = out.tell()
            out.seek(0)
            record = session.get_one(Export, UUID(export_id))
            file = keep(session, out, record.file_name, "application/zip")
            rows = sum(part["rows"] for part in manifest["records"])
            record.file_id, record.total, record.done, record.size = file.id, rows, rows, size
            record.state, record.expires_at = "done", utcnow() + KEPT
            session.flush()
    except Cancelled:
        _end(session, UUID(export_id), "cancelled", None)
        raise
    except Refused as error:
        _end(session, UUID(export_id), "failed", str(error))
        return {}
    return {"records": rows, "bytes": size}


def expire(run: JobRun) -> dict[str, int]:
    """The daily job: files whose time is over go, their entries stay in the list."""
    session = db.session()
    over = session.scalars(select(Export).where(Export.state == "done", Export.expires_at < utcnow())).all()
    for record in over:
        forget_file(session, record)
        record.state = "expired"
    session.flush()
    return {"expired": len(over)}


def forget_file(session: Session, record: Any) -> None:
    """Delete the file of an export or import; its bytes go with the commit."""
    file = session.get(FileObject, record.file_id) if record.file_id is not None else None
    record.file_id = None
    session.flush()
    if file is not None:
        session.delete(file)


def is_available(record: Export) -> bool:
    """Can the file be fetched?"""
    return record.state == "done" and record.file_id is not None and (record.expires_at or utcnow()) > utcnow()


def chosen(surface: Surface, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of a form that exist for this person."""
    known = {*surface.fields, *(f"{name}.id" for name in surface.fields), "id", *surface.entry.resource.inlines.split()}
    return tuple(dict.fromkeys(name for name in names if name in known))
