"""Hooks that failed, by place: for the operator, who lets them try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from app.data import platform_session
from app.data.bulk import TOLD
from app.host.guarding import forget_rows
from app.host.models import HookFault
from app.installation.features import tell_tenants


@dataclass(frozen=True, slots=True)
class Fault:
    """A hook that failed, in all tenants together. `cut_off` of its failures were too slow; `tenants` call it no
    more."""

    place: str
    failures: int
    cut_off: int
    tenants: int
    last_error: str
    last_at: datetime


def faults_of(plugin: str) -> list[Fault]:
    """The plugin's hooks that failed, the latest first."""
    newest = func.max(HookFault.last_at)
    with platform_session("hooks of a plugin fail in any tenant") as session:
        rows = session.execute(
            select(
                HookFault.place,
                func.sum(HookFault.failures),
                func.sum(HookFault.cut_off),
                func.count(HookFault.skipped_at),
                func.max(HookFault.last_error),
                newest,
            )
            .where(HookFault.plugin_key == plugin)
            .group_by(HookFault.place)
            .order_by(newest.desc())
        ).all()
    return [Fault(place, int(all_), int(late), int(here), error, at) for place, all_, late, here, error, at in rows]


def try_again(plugin: str) -> None:
    """Call all hooks of a plugin again, in every tenant, and count anew. Other processes of the server forget what they
    counted when a hook succeeds."""
    with platform_session("hooks of a plugin fail in any tenant") as session:
        session.execute(delete(HookFault).where(HookFault.plugin_key == plugin), execution_options=TOLD)
        tell_tenants(session, plugin=plugin)
    forget_rows()
