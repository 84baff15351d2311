"""What a stage says of the leads that come to it: where they may go next, and what they must have."""

from __future__ import annotations

from app.sdk import Choice, Mapped, Record, _l, belongs_to, choice, text
from plugins.crm.models.pipelines import Stage

NEEDED = (
    Choice("contact", _l("Contact")),
    Choice("company", _l("Company")),
    Choice("value", _l("Value")),
    Choice("expected_close", _l("Expected close")),
    Choice("assigned_to", _l("Assigned to")),
    Choice("status", _l("Status")),
    Choice("source", _l("Source")),
    Choice("description", _l("Description")),
    Choice("next_follow_up_at", _l("Next follow-up")),
    Choice("custom", _l("Own field")),
)
"""The fields of a lead that a stage may ask for."""


class NextStage(Record):
    """A stage that a lead may go to from here. A stage without any lets it go everywhere."""

    stage = belongs_to(Stage, required=True, on_delete="cascade", immutable=True, label=_l("Stage"))
    to = belongs_to(Stage, required=True, on_delete="cascade", label=_l("May go to"))


class StageNeed(Record):
    """A field without which no lead comes in."""

    stage = belongs_to(Stage, required=True, on_delete="cascade", immutable=True, label=_l("Stage"))
    needed: Mapped[str] = choice(*NEEDED, label=_l("Field"))
    custom_key: Mapped[str | None] = text(
        max_length=40, label=_l("Key of the own field"), help=_l("Only for an own field of leads.")
    )

    @property
    def field(self) -> str:
        """The name of the lead's field."""
        return f"custom.{self.custom_key}" if self.needed == "custom" else self.needed
