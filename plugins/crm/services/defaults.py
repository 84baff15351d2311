"""What every tenant starts with: one pipeline with six stages, three statuses, reasons for losing."""

from __future__ import annotations

from sqlalchemy import select

from app.sdk import _, session
from plugins.crm.models import LeadStatus, LostReason, Pipeline, Stage


def write() -> None:
    """Write them once: a tenant that has a pipeline, whatever became of it, is left alone."""
    if session.scalar(select(Pipeline.id).limit(1)) is not None:
        return
    pipeline = Pipeline(name=_("Sales"))
    session.add(pipeline)
    session.flush()
    session.add_all(_stages(pipeline))
    session.add_all(_statuses())
    session.add_all(_reasons())
    session.flush()


def _stages(pipeline: Pipeline) -> list[Stage]:
    """The six of the seeds, with their chances of winning in per cent."""
    rows = (
        ("lead", _("Lead"), "grey", 10, "open"),
        ("qualified", _("Qualified"), "blue", 25, "open"),
        ("proposal", _("Proposal"), "purple", 50, "open"),
        ("negotiation", _("Negotiation"), "amber", 75, "open"),
        ("won", _("Won"), "green", 100, "won"),
        ("lost", _("Lost"), "red", 0, "lost"),
    )
    return [
        Stage(pipeline_id=pipeline.id, key=key, name=name, colour=colour, probability=chance, kind=kind, position=at)
        for at, (key, name, colour, chance, kind) in enumerate(rows, 1)
    ]


def _statuses() -> list[LeadStatus]:
    rows = (("hot", _("Hot"), "red"), ("cold", _("Cold"), "blue"), ("no_answer", _("No answer"), "grey"))
    return [
        LeadStatus(key=key, name=name, colour=colour, position=at) for at, (key, name, colour) in enumerate(rows, 1)
    ]


def _reasons() -> list[LostReason]:
    names = (_("Price"), _("Went to a competitor"), _("No budget"), _("No need"), _("Could not be reached"))
    return [LostReason(name=name, position=at) for at, name in enumerate(names, 1)]
