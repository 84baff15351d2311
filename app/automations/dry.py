"""An automation on trial: what it would do with a record, step by step, and nothing stays of it.

The steps are really done, in a savepoint that is taken back, so nothing is guessed: form rules, actions and other
people's rules have had their say. Mails, webhooks and jobs are rows and go with it; nothing is called meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import select

from app.automations.acting import in_the_name_of, member_of
from app.automations.conditions import meets, where
from app.automations.models import Automation
from app.automations.running import Refused, do, find
from app.automations.starting import plan_of
from app.data import Record, db
from app.host.extending import entry_here
from app.identity.principal import Principal
from app.outbound.closing import closed
from app.screens.reading import Surface

LAST = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """What it would do with one record: the steps in words, and what would end it before the last one."""

    record_id: UUID
    label: str
    steps: tuple[tuple[str, str], ...]
    """The kind of each step, and what it would do."""
    ends: str = ""


def last_that_match(automation: Automation) -> list[UUID]:
    """The newest records that meet the conditions. Raises ValueError with a sentence."""
    person, entry = member_of(automation), entry_here(automation.resource)
    if person is None or entry is None:
        return []
    with in_the_name_of(person, uuid4()):
        surface = Surface(entry, db.session(), person)
        model = surface.model
        found = select(model.id).where(*where(surface, automation.conditions)).order_by(model.id.desc()).limit(LAST)
        return list(db.session.scalars(found))


def try_on(automation: Automation, record_ids: list[UUID]) -> list[Tried]:
    """What the automation would do with each record now. The transaction is given up: nothing of it stays."""
    person, plan = member_of(automation), plan_of(automation)
    try:
        with closed():
            return [_tried(automation, person, plan, one) for one in record_ids]
    finally:
        db.session.rollback()


def _tried(automation: Automation, person: Principal | None, plan: list[dict[str, object]], record_id: UUID) -> Tried:
    if person is None:
        return Tried(record_id, "", (), str(_("The member that the automation runs as has left.")))
    run_id, label, steps = uuid4(), "", list[tuple[str, str]]()
    savepoint = db.session.begin_nested()
    try:
        with in_the_name_of(person, run_id):
            surface, record = find(automation, person, record_id)
            label = str(record)
            steps.extend(_done(automation, surface, record, plan, run_id))  # what came before an error stays in it
        return Tried(record_id, label, tuple(steps))
    except Refused as refused:
        return Tried(record_id, label, tuple(steps), str(refused))
    except Exception as error:
        return Tried(record_id, label, tuple(steps), str(_("An error: %(kind)s", kind=type(error).__name__)))
    finally:
        savepoint.rollback()
        db.session.expire_all()


def _done(
    automation: Automation, surface: Surface, record: Record, plan: list[dict[str, object]], run_id: UUID
) -> Iterator[tuple[str, str]]:
    """Does one step after the other. Raises Refused where it would end."""
    try:
        holds = meets(surface, record, automation.conditions)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not holds:
        raise Refused(_("The conditions do not hold."))
    for at, step in enumerate(plan):
        said = do(automation, surface, record, step, f"automation:{run_id}:{at}")
        yield str(step["kind"]), said.words
        if said.ends:
            raise Refused(_("The run would end here."))
