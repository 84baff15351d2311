"""The ways a lead may go: pipelines and their stages; the second axis, the status; and why leads are lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from app.sdk import Choice, Mapped, Record, _l, _lp, belongs_to, choice, has_many, integer, long_text, text

COLOURS = (
    Choice("grey", _l("Grey"), "grey"),
    Choice("blue", _l("Blue"), "blue"),
    Choice("green", _l("Green"), "green"),
    Choice("amber", _l("Amber"), "amber"),
    Choice("red", _l("Red"), "red"),
    Choice("purple", _l("Purple"), "purple"),
    Choice("pink", _l("Pink"), "pink"),
)
KINDS = (
    Choice("open", _lp("state", "Open"), "blue"),
    Choice("won", _l("Won"), "green"),
    Choice("lost", _l("Lost"), "red"),
)


class Pipeline(Record):
    """One way of selling, with stages of its own. The first one takes leads that name none."""

    __label__ = "name"
    __archive__ = True

    name: Mapped[str] = text(max_length=100, unique=True, label=_l("Name"), sortable=True)
    description: Mapped[str | None] = long_text(max_length=2_000, label=_l("Description"))
    position: Mapped[int] = integer(default=0, minimum=0, label=_lp("order", "Position"), sortable=True)


class Stage(Record):
    """A step of a pipeline. Its kind says whether a lead there is open, won or lost."""

    __label__ = "name"
    __archive__ = True
    __table_args__ = (
        Index("uq_stage_key", "tenant_id", "pipeline_id", "key", unique=True),
        Index("ix_stage_position", "tenant_id", "pipeline_id", "position"),
    )

    pipeline = belongs_to(Pipeline, required=True, immutable=True, label=_l("Pipeline"))
    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    key: Mapped[str] = text(
        max_length=60, label=_l("Key"), help=_l("What programs call it; made from the name when left empty."),
        filled_in=True, immutable=True,
    )  # fmt: skip
    description: Mapped[str | None] = long_text(max_length=2_000, label=_l("Description"))
    colour: Mapped[str] = choice(*COLOURS, label=_l("Colour"), default="grey")
    position: Mapped[int] = integer(default=0, minimum=0, label=_lp("order", "Position"), sortable=True)
    probability: Mapped[int] = integer(default=0, minimum=0, maximum=100, label=_l("Probability in %"))
    kind: Mapped[str] = choice(*KINDS, label=_l("Kind"), default="open")
    stale_days: Mapped[int | None] = integer(
        default=14, minimum=1, maximum=3650, label=_l("Stale after days"),
        help=_l("Owners are told of leads without activity for so long; empty for never."),
    )  # fmt: skip
    next_stages = has_many(lambda: _ways().NextStage, reverse="stage", label=_l("May go to (none: to every stage)"))
    needs = has_many(lambda: _ways().StageNeed, reverse="stage", label=_l("Fields a lead must have to come in"))


def _ways() -> Any:
    from plugins.crm.models import ways

    return ways


class LeadStatus(Record):
    """The second axis beside the stage: how a lead feels today (hot, cold, no answer)."""

    __label__ = "name"
    __archive__ = True
    __table_args__ = (Index("uq_lead_status_key", "tenant_id", "key", unique=True),)

    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    key: Mapped[str] = text(
        max_length=60, label=_l("Key"), help=_l("What programs call it; made from the name when left empty."),
        filled_in=True, immutable=True,
    )  # fmt: skip
    colour: Mapped[str] = choice(*COLOURS, label=_l("Colour"), default="grey")
    position: Mapped[int] = integer(default=0, minimum=0, label=_lp("order", "Position"), sortable=True)


class LostReason(Record):
    """Why leads are lost: a list the tenant keeps, so that it can be counted."""

    __label__ = "name"
    __archive__ = True

    name: Mapped[str] = text(max_length=100, unique=True, label=_l("Name"), sortable=True)
    position: Mapped[int] = integer(default=0, minimum=0, label=_lp("order", "Position"), sortable=True)
