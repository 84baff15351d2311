"""The tray of downloads: the exports that a person asked for last, running and done, reachable from every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.features import can
from app.host import registry
from app.identity.access import access
from app.identity.principal import Principal, principal
from app.jobs.models import QueuedJob
from app.screens.page import Badge
from app.screens.reading import Surface
from app.transfer import exporting
from app.transfer.models import EXPORT_STATES, Export
from app.transfer.pages.asked import href
from app.transfer.pages.exports import blueprint

SHOWN = 8
BUSY = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Download:
    """An export in the tray. `percent` is how much of it is written, while it is."""

    label: str
    href: str
    badge: Badge
    percent: int | None
    file_href: str


@blueprint.get("/tray")
@access("signed-in")
def tray() -> str:
    """One's own last exports; what may not be exported any more is not there."""
    person = principal()
    records = _own(person) if person is not None and person.tenant is not None else ()
    percents = _percents(records)
    found = [_download(one, percents) for one in records]
    return render_template(
        "transfer/tray.html",
        title=_("Downloads"),
        downloads=found,
        is_busy=any(one.percent is not None for one in found),
        all_href=f"{href('export')}/",
    )


def _own(person: Principal) -> Sequence[Export]:
    surface = Surface(registry().by_model[Export], db.session())
    if not surface.may("read"):
        return ()
    rows = surface.rows().where(Export.created_by == person.uid).order_by(Export.id.desc()).limit(SHOWN)
    found: Sequence[Export] = db.session.scalars(rows).all()
    return [one for one in found if _may(one, person)]


def _may(record: Export, person: Principal) -> bool:
    return person.is_owner if record.resource == exporting.ARCHIVE else bool(can(record.resource, "export"))


def _percents(records: Sequence[Export]) -> dict[UUID, int]:
    """How far the jobs of those that run are."""
    ids = [one.job_id for one in records if one.state in BUSY and one.job_id is not None]
    if not ids:
        return {}
    rows: Any = db.session.execute(select(QueuedJob.id, QueuedJob.percent).where(QueuedJob.id.in_(ids)))
    return {row.id: row.percent or 0 for row in rows}


def _download(record: Export, percents: dict[UUID, int]) -> Download:
    state = next(one for one in EXPORT_STATES if one.value == record.state)
    is_busy = record.state in BUSY
    percent = percents.get(record.job_id, 0) if is_busy and record.job_id is not None else 0
    return Download(
        label=record.file_name,
        href=href("exports", record.id),
        badge=Badge(state.words, state.colour or "grey"),
        percent=percent if is_busy else None,
        file_href=href("exports", record.id, "file") if exporting.is_available(record) else "",
    )
