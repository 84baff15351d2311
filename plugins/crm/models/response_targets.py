"""How long a customer may wait for an answer, and the days on which nobody works."""

from __future__ import annotations

from datetime import date

from app.sdk import Mapped, Record, _l, belongs_to, choice, day, flag, integer, text
from plugins.crm.models.pipelines import Pipeline
from plugins.crm.models.priorities import PRIORITIES

WEEK = 7 * 24 * 60
"""Minutes: no answer may take longer."""


class ResponseTarget(Record):
    """By when somebody answers leads of one kind. Minutes are working time: an hour may end tomorrow morning.

    Targets are asked in the order of their positions; the first that fits a lead counts.
    """

    __label__ = "name"
    __config__ = True

    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    position: Mapped[int] = integer(
        default=0, minimum=0, label=_l("Rank"), sortable=True, help=_l("The lowest is asked first.")
    )
    is_active: Mapped[bool] = flag(default=True, label=_l("Active"))
    source: Mapped[str | None] = text(
        max_length=500, label=_l("Source"), help=_l("For all when left empty. Several of them with commas between.")
    )
    priority: Mapped[str | None] = choice(*PRIORITIES, label=_l("Priority"), help=_l("For all when left empty."))
    pipeline = belongs_to(Pipeline, on_delete="cascade", label=_l("Pipeline"), help=_l("For all when left empty."))
    first_minutes: Mapped[int] = integer(
        default=60, minimum=1, maximum=WEEK, label=_l("First answer within (minutes)"),
        help=_l("Of working time: nights, free days and holidays do not count."),
    )  # fmt: skip
    again_minutes: Mapped[int | None] = integer(
        minimum=1, maximum=WEEK, label=_l("Each further answer within (minutes)"),
        help=_l("After an incoming call or e-mail, or when a lead is opened again. Nothing is due when left empty."),
    )  # fmt: skip
    warn_minutes: Mapped[int] = integer(
        default=15, minimum=0, maximum=1440, label=_l("Warn the owner before (minutes)"), help=_l("0 warns nobody.")
    )


class Holiday(Record):
    """A day on which nobody works: no time runs, and nobody is free."""

    __label__ = "name"
    __config__ = True

    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    falls_on: Mapped[date] = day(label=_l("Day"), sortable=True)
    is_yearly: Mapped[bool] = flag(default=False, label=_l("Every year"), help=_l("On the same day of the month."))
