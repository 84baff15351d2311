"""Automations on the timelines of the records that they ran on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.automations.models import DONE, FAILED, WAITING, AutomationOutcome, AutomationRun
from app.data import Record, db
from app.host import Timeline, registry
from app.screens.reading import Surface
from app.screens.reading.timeline import timeline_rows

Facts = Mapping[str, Any]


def timelines() -> list[Timeline]:
    return [Timeline("automations.runs", _l("Automations"), AutomationRun, rows, words, "bolt", body)]


def rows(record: Record) -> Any:
    """The runs on a record that did something, or could not."""
    one, step = AutomationRun, AutomationOutcome
    said = func.jsonb_build_array(step.words, step.fields)
    steps = select(func.jsonb_agg(aggregate_order_by(said, step.number))).where(step.run_id == one.id).scalar_subquery()
    found = timeline_rows(
        one, one.created_at, name=one.automation_name, state=one.state, steps=steps, kind=one.target_type
    )
    return found.where(one.target_id == record.id, one.state.in_((DONE, FAILED, WAITING)))


def words(facts: Facts) -> str:
    """One line: which automation, and the first thing that it did."""
    told = _told(facts)
    if facts["state"] == FAILED:
        return str(_("Automation “%(name)s” could not go on", name=facts["name"]))
    if not told:
        return str(_("Automation “%(name)s”", name=facts["name"]))
    return str(_("Automation “%(name)s”: %(what)s", name=facts["name"], what=told[0]))


def body(facts: Facts) -> str:
    """What it did besides."""
    return "\n".join(_told(facts)[1:])


def _told(facts: Facts) -> list[str]:
    """The steps, without those that tell the values of fields that the reader may not see."""
    entry = registry().entries.get(facts["kind"])
    hidden = Surface(entry, db.session()).access.hidden if entry is not None else frozenset()
    return [
        said for said, fields in facts["steps"] or [] if not hidden or not (hidden.intersection(fields) or "" in fields)
    ]
