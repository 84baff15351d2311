"""Believable pipelines for a demo tenant, on the contacts and companies it has: where leads are, and how they got
there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.sdk import Contact, Member, Money, Tenant, _, session, utcnow
from plugins.crm.demo_products import product_list
from plugins.crm.models import Lead, LeadLine, LeadStatus, LostReason, Pipeline, Stage, StageChange, StageNeed
from plugins.crm.services.amounts import follow_lines
from plugins.crm.services.lines import complete_line

LEADS = 320
WEIGHTS = {"open": (30, 24, 18, 12), "won": (14,), "lost": (12,)}


def fill(tenant: Tenant) -> None:
    """Write the leads; the caller commits."""
    chance = random.Random(f"crm {tenant.slug}")  # noqa: S311  (the same demo every time)
    partners = _partners()
    _ask_for_values()
    session.flush()
    house = _House(tenant, chance)
    contacts = session.scalars(select(Contact).where(Contact.is_live()).order_by(Contact.id).limit(LEADS)).all()
    for number, contact in enumerate(contacts):
        house.lead(contact, partners.id if number % 6 == 0 else None)
    session.flush()


def _partners() -> Pipeline:
    """A second way of selling, beside the one that every tenant starts with."""
    pipeline = Pipeline(name=_("Partners"), position=2)
    session.add(pipeline)
    session.flush()
    rows = (
        ("introduced", _("Introduced"), "grey", 15, "open"),
        ("trial", _("On trial"), "blue", 40, "open"),
        ("contract", _("Contract sent"), "amber", 80, "open"),
        ("signed", _("Signed"), "green", 100, "won"),
        ("declined", _("Declined"), "red", 0, "lost"),
    )
    session.add_all(
        Stage(pipeline_id=pipeline.id, key=key, name=name, colour=colour, probability=percent, kind=kind, position=at)
        for at, (key, name, colour, percent, kind) in enumerate(rows, 1)
    )
    return pipeline


def _ask_for_values() -> None:
    """Nobody makes an offer without an amount."""
    proposal = session.scalars(select(Stage.id).where(Stage.key == "proposal")).first()
    if proposal is not None:
        session.add_all([StageNeed(stage_id=proposal, needed=one) for one in ("value", "expected_close")])


class _House:
    """What all leads of the demo choose from."""

    def __init__(self, tenant: Tenant, chance: random.Random) -> None:
        self.currency, self.chance, self.now = tenant.currency or "USD", chance, utcnow()
        self.stages: dict[Any, list[Stage]] = {}
        for stage in session.scalars(select(Stage).join(Stage.pipeline).order_by(Pipeline.position, Stage.position)):  # type: ignore[attr-defined]
            self.stages.setdefault(stage.pipeline_id, []).append(stage)  # type: ignore[attr-defined]
        self.first = next(iter(self.stages))
        self.statuses = list(session.scalars(select(LeadStatus.id)))
        self.reasons = list(session.scalars(select(LostReason)))
        self.products = product_list(self.currency)
        self.members = list(session.scalars(select(Member).order_by(Member.email)))

    def lead(self, contact: Contact, pipeline: Any) -> None:
        """One lead with its lines and its way so far."""
        chance = self.chance
        way = self._way(self.stages[pipeline or self.first])
        began = self.now - timedelta(minutes=chance.randint(60, 150 * 24 * 60))
        moments = sorted(began + (self.now - began) * chance.random() for _step in way[1:])
        stage, moved = way[-1], moments[-1] if moments else began
        member = chance.choice([None, *self.members, *self.members])
        lead = Lead(
            title=_("%(what)s for %(name)s", what=chance.choice(_wares()), name=contact.full_name),
            contact_id=contact.id, company_id=contact.company_id, pipeline_id=stage.pipeline_id, stage_id=stage.id,  # type: ignore[attr-defined]
            status_id=chance.choice([None, *self.statuses]),
            priority=chance.choice(("low", "normal", "normal", "high")),
            value=Money(chance.randint(5, 900) * 100_00, self.currency), source=contact.source,
            expected_close=(self.now + timedelta(days=chance.randint(-20, 90))).date(),
            assigned_to_id=member.id if member else None, created_at=began, stage_since=moved, last_activity_at=moved,
            created_by=member.account_uid if member else None,
        )  # fmt: skip
        self._finish(lead, stage, moved)
        session.add(lead)
        if chance.random() < 0.35:
            self._lines(lead)
        session.flush()
        session.add_all(self._changes(lead, way, began, moments, member))

    def _way(self, stages: Sequence[Stage]) -> list[Stage]:
        """The stages a lead came through, the one it is in last: what is closed was open before."""
        kinds = {kind: [stage for stage in stages if stage.kind == kind] for kind in WEIGHTS}
        choices = [
            (stage, weight) for kind in WEIGHTS for stage, weight in zip(kinds[kind], WEIGHTS[kind], strict=False)
        ]
        (last,) = self.chance.choices([one for one, _weight in choices], [weight for _one, weight in choices])
        opened = kinds["open"]
        steps = opened.index(last) if last in opened else self.chance.randint(1, len(opened))
        return [*opened[:steps], last]

    def _finish(self, lead: Any, stage: Stage, moved: datetime) -> None:
        if stage.kind == "open" and self.chance.random() < 0.6:
            lead.next_follow_up_at = self.now + timedelta(hours=self.chance.randint(-72, 240))
        if stage.kind == "won":
            lead.won_at = moved
            lead.converted_at = moved if self.chance.random() < 0.7 else None
        if stage.kind == "lost":
            lead.lost_at, lead.lost_reason_id = moved, self.chance.choice(self.reasons).id
            lead.archived_at = self.now if self.chance.random() < 0.3 else None

    def _lines(self, lead: Lead) -> None:
        for product in self.chance.sample(self.products, self.chance.randint(1, 3)):
            discount = self.chance.choice((None, None, Decimal(5), Decimal(10)))
            quantity = Decimal(self.chance.randint(1, 24))
            line = LeadLine(product_id=product.id, quantity=quantity, discount=discount)
            complete_line(line, True)
            lead.lines.append(line)
        follow_lines(lead, True)

    def _changes(
        self, lead: Any, way: Sequence[Stage], began: datetime, moments: Sequence[datetime], member: Member | None
    ) -> Iterator[StageChange]:
        since = began
        for left, stage, at in zip(way, way[1:], moments, strict=False):
            why = next((one.name for one in self.reasons if one.id == lead.lost_reason_id), None)
            yield StageChange(
                lead_id=lead.id, pipeline_id=stage.pipeline_id, from_stage_id=left.id, to_stage_id=stage.id,  # type: ignore[attr-defined]
                from_name=left.name, to_name=stage.name, to_kind=stage.kind, at=at, created_at=at,
                seconds=int((at - since).total_seconds()), reason=why if stage.kind == "lost" else None,
                created_by=member.account_uid if member else None,
            )  # fmt: skip
            since = at


def _wares() -> tuple[str, ...]:
    return (_("Yearly contract"), _("Trial order"), _("Fleet service"), _("Training"), _("Extension"), _("Equipment"))
