"""What a plan allows of a metric, and whether there is room for more.

Plugins that know plans answer `allowance`; where none does, nothing is counted. What is left is remembered within a
transaction, so an import asks once and not for every line; two transactions at once may pass a limit by what each
writes, as with any count that locks nobody out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.data import Record, db
from app.data.session import TenantSession
from app.host.asking import answers
from app.host.extending import tenant_here

if TYPE_CHECKING:
    from app.host.contributions import Metric
    from app.host.entry import Entry

_LEFT = "tenantry.quota"


@dataclass
class Room:
    """What a plan allows, and how much of it is free in this transaction."""

    limit: int
    left: int


def allowance(metric: str) -> int | None:
    """How many the tenant in force may have; None where nothing limits it. Of several answers the least counts; what
    breaks in somebody's knowledge of plans limits nobody."""
    if not current_app.extensions["tenantry"].hooks.hook.allowance.get_hookimpls():
        return None
    asked = {"tenant": tenant_here(), "metric": metric}
    return min((limit for _plugin, limit in answers("allowance", asked, read=int, everywhere=True)), default=None)


def used(metric: str) -> int:
    """How many the tenant in force has. Raises KeyError for a metric that nobody declares."""
    declared: Metric = current_app.extensions["tenantry"].contributions.metrics[metric]
    session = db.session()
    if declared.count is not None:
        return declared.count(session)
    model: Any = declared.of
    live = [model.is_live()] if model.__soft_delete__ else []
    return session.scalar(select(func.count()).select_from(model).where(*live)) or 0


def check_quota(metric: str, more: int = 1) -> None:
    """Refuse, with a sentence, what the plan has no room for; else count it as taken. Raises ValueError, for fewer
    than none as well."""
    if more < 0:
        raise ValueError(f"Nobody takes less than nothing: {more} {metric}.")
    rooms: dict[str, Room | None] = db.session().info.setdefault(_LEFT, {})
    if metric not in rooms:
        limit = allowance(metric)
        rooms[metric] = None if limit is None else Room(limit, limit - used(metric))
    room = rooms[metric]
    if room is None:
        return
    if more > room.left:
        title = current_app.extensions["tenantry"].contributions.metrics[metric].title
        words = _("The plan of this organisation has room for %(limit)s: %(what)s.", limit=room.limit, what=title)
        raise ValueError(words)
    room.left -= more


def check_return(record: Record) -> None:
    """Refuse that a record comes back from the trash where the plan has no room for it. Raises ValueError."""
    for name, metric in current_app.extensions["tenantry"].contributions.metrics.items():
        if metric.of is type(record):
            check_quota(name)


def guarded(entries: Mapping[str, Entry], metrics: Mapping[str, Metric]) -> dict[str, Entry]:
    """The entries whose records are counted, each with a rule that asks before one is added."""
    by_model = {metric.of: name for name, metric in metrics.items() if metric.of is not None}
    return {
        key: replace(entry, resource=replace(entry.resource, before_save=_rule(entry, by_model[entry.model])))
        for key, entry in entries.items()
        if entry.model in by_model
    }


def _rule(entry: Entry, metric: str) -> Callable[[Any, bool], None]:
    own = entry.resource.before_save

    def check(row: Any, is_new: bool) -> None:
        if is_new:
            check_quota(metric)
        if own is not None:
            own(row, is_new)

    return check


@event.listens_for(TenantSession, "after_transaction_end")
def _forget(session: Session, transaction: Any) -> None:
    """What was counted holds for its transaction, a refused one included; savepoints do not end it."""
    if transaction.parent is None:
        session.info.pop(_LEFT, None)
