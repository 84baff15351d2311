"""What automations do, one module a kind of step. Everything a step does is a row in the transaction of the run: a
mail, a webhook, a job that wakes it. So it is done once, or taken back."""

from __future__ import annotations

from collections.abc import Mapping

from app.automations.steps import acting, calling, flowing, mailing, making, setting, telling
from app.automations.steps.base import Doing, Said, StepKind, Waits

STEPS: Mapping[str, StepKind] = {
    one.name: one
    for one in (
        setting.STEP, acting.STEP, making.STEP, telling.STEP, mailing.STEP, calling.STEP, flowing.WAIT, flowing.STOP,
    )
}  # fmt: skip
"""By the kind of `AutomationStep`."""

__all__ = ["STEPS", "Doing", "Said", "StepKind", "Waits"]
