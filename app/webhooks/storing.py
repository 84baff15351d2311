"""Keeping what came in: with its tenant, or apart. Each once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from app.data import current_tenant_id, db, platform_session, uuid7
from app.data.session import EXPLICIT
from app.host import Part
from app.jobs import enqueue
from app.webhooks.models import WAITING, QuarantinedWebhook, ReceivedWebhook
from app.webhooks.processing import JOB


def store(source: str, parts: Sequence[Part]) -> None:
    """Keep parts of the tenant in force, each once, with a job for each that is new. The edge commits."""
    for part in parts:
        values = {
            "id": uuid7(), "tenant_id": current_tenant_id(), "source": source, "external_id": part.id,
            "data": part.data, "state": WAITING,
        }  # fmt: skip
        once = insert(ReceivedWebhook.__table__).values(**values).on_conflict_do_nothing()  # type: ignore[arg-type]
        new = db.session.execute(once.returning(ReceivedWebhook.__table__.c.id), execution_options={EXPLICIT: True})
        made = new.scalar()
        if made is not None:
            enqueue(JOB, made)


def keep_apart(source: str, parts: Sequence[Part]) -> None:
    """Keep parts that are of nobody we know, and count how often they came."""
    with platform_session("a message of an unknown account is of no tenant") as session:
        for part in parts:
            row = insert(QuarantinedWebhook).values(
                source=source, account=part.account, external_id=part.id, data=part.data
            )
            again = {"times": QuarantinedWebhook.times + 1}
            session.execute(row.on_conflict_do_update(constraint="uq_quarantined_webhook_once", set_=again))
