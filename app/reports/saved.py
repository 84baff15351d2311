"""Saved reports: kept under a name, for oneself or for everybody here; changed by who made them, and by those who may
share. They say what is asked, never what came out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.host import registry
from app.identity.principal import Principal, principal
from app.reports.asking import ReportRequest, parse
from app.reports.models import NAME_LIMIT, QUERY_LIMIT, SavedReport
from app.reports.source import Source, source_of
from app.screens.reading import BadArguments, Surface
from app.screens.saved_views import may_share

MOST = 200
"""Saved reports that a person is shown."""


def surface(session: Session) -> Surface:
    """The saved reports that this person sees: their own, and the shared ones."""
    return Surface(registry().by_model[SavedReport], session)


def saved_report(session: Session, report_id: UUID | str) -> SavedReport | None:
    """One of them, or None."""
    found = surface(session).get(report_id)
    return found if isinstance(found, SavedReport) else None


def saved_reports(session: Session) -> list[SavedReport]:
    """All of them, by name."""
    mine = surface(session)
    if not mine.may("read"):
        return []
    by_name = getattr(SavedReport, SavedReport.__fields__["name"].sort_column)
    statement = select(SavedReport).where(*mine.conditions()).order_by(by_name, SavedReport.id)
    return list(session.scalars(statement.limit(MOST)))


def may_change(report: SavedReport, person: Principal | None) -> bool:
    """Who made it; a shared one also those who may share."""
    if person is None:
        return False
    return report.created_by == person.uid or (report.audience == "shared" and may_share(person))


def keep(session: Session, report: SavedReport, changes: dict[str, Any]) -> SavedReport:
    """Set name, question and audience as far as they are given. Flushes; the edge commits. Raises BadArguments."""
    person = principal()
    errors = {}
    if "name" in changes:
        report.name = str(changes["name"]).replace("\x00", " ").strip()
    if "query" in changes:
        report.query = str(changes["query"])
    if not report.name or len(report.name) > NAME_LIMIT:
        errors["name"] = _("Please give it a name of at most %(count)s characters.", count=NAME_LIMIT)
    if len(report.query or "") > QUERY_LIMIT:
        errors["query"] = _("This is too long.")
    if "audience" in changes and changes["audience"] != report.audience:
        if changes["audience"] not in ("private", "shared"):
            errors["audience"] = _("Possible: %(list)s.", list="private, shared")
        elif person is None or not may_share(person):
            errors["audience"] = _("Owners, admins and managers may share a report with everybody.")
        report.audience = changes["audience"]
    if errors:
        raise BadArguments(errors)
    session.add(report)
    session.flush()
    return report


def request_of(report: SavedReport, session: Session) -> tuple[Source, ReportRequest] | None:
    """What it asks, for this reader; None when they may not read what it is about, or that is not there any more."""
    source = source_of(report.source, session)
    return (source, parse(source, parse_qsl(report.query))) if source is not None else None
