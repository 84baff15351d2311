"""Pipelines, stages, statuses and reasons: what an admin sets up once."""

from __future__ import annotations

from collections.abc import Callable

from app.sdk import Action, Field, Lanes, Related, Resource, _l, archive_actions
from plugins.crm.models import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.services import pipelines, removing

SETTING_UP = {
    "owner": "read create update delete export import",
    "admin": "read create update delete export import",
    "manager": "read create update export",
    "agent": "read",
    "viewer": "read",
}
"""Who may do what on records that shape everybody's work."""

_MANAGING = ("owner", "admin", "manager")


def resources() -> list[Resource]:
    return [
        Resource(
            Pipeline, title=_l("Pipeline"), plural=_l("Pipelines"), list="name position",
            sort="position", search="name", grants=SETTING_UP, related=(Related(Stage, "pipeline", _l("Stages")),),
            actions=(*archive_actions(_MANAGING), _removal(removing.remove_pipeline)),
            custom_fields=False, icon="route", order=110, menu="setup",
        ),
        Resource(
            Stage, title=_l("Stage"), plural=_l("Stages"), list="name pipeline kind probability colour position",
            sort="position", search="name", grants=SETTING_UP, picker="pipeline",
            before_save=pipelines.complete_stage, inlines="next_stages needs",
            lanes=Lanes("position", "colour", weight="probability", scope="pipeline"),
            actions=(
                Action("earlier", _l("Move up"), removing.earlier, roles=_MANAGING, on="row"),
                Action("later", _l("Move down"), removing.later, roles=_MANAGING, on="row"),
                *archive_actions(_MANAGING),
                _removal(removing.remove_stage),
            ),
            custom_fields=False, icon="stairs", order=120, menu="setup",
        ),
        Resource(
            LeadStatus, name="status", title=_l("Lead status"), plural=_l("Lead statuses"), list="name colour position",
            sort="position", search="name", grants=SETTING_UP, before_save=pipelines.complete_key,
            actions=archive_actions(_MANAGING), custom_fields=False, icon="flag", order=130, menu="setup",
        ),
        Resource(
            LostReason, title=_l("Reason for losing"), plural=_l("Reasons for losing"), list="name position",
            sort="position", search="name", grants=SETTING_UP, actions=archive_actions(_MANAGING),
            custom_fields=False, icon="ban", order=140, menu="setup",
        ),
    ]  # fmt: skip


def _removal(run: Callable[..., str]) -> Action:
    """Deleting asks where the leads go."""
    to = Field("belongs_to", label=_l("Its leads go to"), target=lambda: Stage, required=True)
    return Action(
        "remove", _l("Delete and move its leads"), run, roles=("owner", "admin"), on="row", danger=True,
        confirm=_l("It is deleted for good. Its leads go to the stage you choose."), parameters={"to": to},
    )  # fmt: skip
