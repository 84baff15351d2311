"""The verbs of imports: take a file in, change the plan, check, run, cancel, undo. They flush; the edge commits."""

from __future__ import annotations

from dataclasses import replace
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.data import utcnow
from app.host import Entry
from app.identity.principal import principal
from app.jobs import enqueue
from app.screens.kinds import reader
from app.screens.reading import Surface
from app.transfer.dialects import recognised
from app.transfer.guessing import guess
from app.transfer.keeping import keep, open_kept
from app.transfer.models import BUSY, Import, ImportChange, ImportMapping
from app.transfer.plan import Plan, usual_keys
from app.transfer.reading import Format, detect, open_table
from app.transfer.running import start_afresh

RUN, UNDO = "transfer.run_import", "transfer.undo_import"


class NotNow(ValueError):
    """The import is in another state than this needs; the message says which."""


def take_in(
    session: Session, surface: Surface, stream: IO[bytes], file_name: str, like: Plan | None = None, region: str = ""
) -> Import:
    """A new import of a file, its format detected and its columns guessed (or taken from a plan that it is like).

    Raises Unreadable for a file that is no table, Refused when the tenant has no room for it.
    """
    file = keep(session, stream, file_name, "application/octet-stream")
    with open_kept(session, file.id) as kept:
        plan = _first_plan(surface, kept, like, region)
    person = principal()
    record = Import(
        resource=surface.entry.key, file_name=file.name, file_id=file.id, plan=plan.as_json(),
        scopes=sorted(person.scopes) if person is not None and person.scopes is not None else None,
    )  # fmt: skip
    session.add(record)
    session.flush()
    return record


def _first_plan(surface: Surface, file: IO[bytes], like: Plan | None, region: str) -> Plan:
    dialect = recognised(file, surface.entry.key) if like is None else None
    region = region or reader().country
    if dialect is not None:
        return Plan(Format(dialect.name), region=region)
    found = plan_for(surface, file, detect(file, collections_of(surface.entry)), region)
    return found.with_mapping_of(like) if like is not None else found


def collections_of(entry: Entry) -> tuple[str, ...]:
    """Names of the inline rows of a resource."""
    return tuple(field.name for field in entry.fields.values() if field.kind == "has_many")


def plan_for(surface: Surface, file: IO[bytes], found: Format, region: str = "") -> Plan:
    """A plan by guesses: new records, or, where a column tells records, new and changed ones."""
    headings = open_table(file, found).headings
    plan = Plan(found, headings, guess(surface, headings), region=region)
    keys = usual_keys(surface, plan)
    may_change = surface.may("update") and bool(keys)
    return replace(plan, keys=keys if may_change else (), mode="upsert" if may_change else "insert")


def change_plan(session: Session, record: Import, plan: Plan) -> None:
    """Another way to read or place the file; what was staged another way is staged again."""
    before = Plan.of(record.plan)
    if (before.format, before.region) != (plan.format, plan.region):
        record.is_staged = False
    record.plan = plan.as_json()
    if record.state == "checked":
        record.state = "draft"
    session.flush()


def start(session: Session, record: Import, *, dry: bool) -> None:
    """Let a job check the file, or import it. Raises NotNow while it is busy or when it is done."""
    if record.state in BUSY or record.state in ("done", "undone"):
        raise NotNow(_("This import is under way or done already."))
    goes_on = record.state in ("cancelled", "failed") and not record.is_dry and not dry
    if not goes_on:
        start_afresh(session, record)
    record.is_dry, record.state, record.error, record.finished_at = dry, "waiting", None, None
    session.flush()
    record.job_id = enqueue(RUN, record.id)


def undo(session: Session, record: Import) -> None:
    """Let a job take the import back. Raises NotNow unless it has run."""
    if record.is_dry or record.state not in ("done", "cancelled", "failed", "undone"):
        raise NotNow(_("Only an import that has ended can be undone."))
    record.state, record.error = "undoing", None
    for change in session.scalars(
        select(ImportChange).where(ImportChange.import_id == record.id, ImportChange.kept.is_not(None))
    ):
        change.kept = None
    record.finished_at = record.finished_at or utcnow()
    session.flush()
    record.job_id = enqueue(UNDO, record.id)


def save_mapping(session: Session, record: Import, name: str) -> ImportMapping:
    """Keep the plan's columns under a name; the same name is overwritten."""
    found = session.scalars(
        select(ImportMapping).where(ImportMapping.resource == record.resource, ImportMapping.name == name)
    ).one_or_none()
    if found is None:
        found = ImportMapping(resource=record.resource, name=name)
        session.add(found)
    found.plan = {**record.plan, "format": {}, "headings": []}
    session.flush()
    return found


def mappings_of(session: Session, resource: str) -> list[ImportMapping]:
    """Saved mappings of a kind of record, by name."""
    statement = select(ImportMapping).where(ImportMapping.resource == resource).order_by(ImportMapping.name).limit(50)
    return list(session.scalars(statement))


def discard(session: Session, record: Import) -> None:
    """Remove an import that has not run, with its file and lines."""
    if record.state not in ("draft", "checked"):
        raise NotNow(_("Only an import that has not run can be removed."))
    session.execute(delete(Import).where(Import.id == record.id))
