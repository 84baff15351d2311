"""Pipelines, stages, statuses and reasons: what an admin sets up once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.sdk import Action, Field, Lanes, Record, Related, Resource, _l, archive_actions
from plugins.crm.models import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.services import ordering, pipelines, removing, replacing, setting_aside

SETTING_UP = {
    "owner": "read create update delete export import",
    "admin": "read create update delete export import",
    "manager": "read create update export",
    "agent": "read",
    "viewer": "read",
}
"""Who may do what on records that shape everybody's work."""

_MANAGING = ("owner", "admin", "manager")
_WITHOUT_DELETE = "read create update export import"
"""Of what leads have: it goes by “Delete and replace it”, or they would lose it unasked."""
_REPLACED = {role: words.replace(" delete", "") for role, words in SETTING_UP.items()}


def resources() -> list[Resource]:
    return [
        Resource(
            Pipeline, title=_l("Pipeline"), plural=_l("Pipelines"), list="name position",
            sort="position", search="name", grants=SETTING_UP, related=(Related(Stage, "pipeline", _l("Stages")),),
            actions=(*_archiving(setting_aside.archive_pipelines), _removal(removing.remove_pipeline)),
            custom_fields=False, icon="route", order=110, menu="setup",
        ),
        Resource(
            Stage, title=_l("Stage"), plural=_l("Stages"), list="name pipeline kind probability colour position",
            sort="position", search="name", grants=SETTING_UP, picker="pipeline",
            before_save=pipelines.complete_stage, inlines="next_stages needs",
            lanes=Lanes("position", "colour", weight="probability", scope="pipeline"),
            actions=(
                *_ordering(),
                *_archiving(setting_aside.archive_stages),
                _removal(removing.remove_stage),
            ),
            custom_fields=False, icon="stairs", order=120, menu="setup",
        ),
        Resource(
            LeadStatus, name="status", title=_l("Lead status"), plural=_l("Lead statuses"), list="name colour position",
            colour="colour",
            sort="position", search="name", grants=_REPLACED, before_save=pipelines.complete_key,
            verbs=_WITHOUT_DELETE,
            actions=(*_ordering(), *archive_actions(_MANAGING), _replacement(replacing.remove_status, LeadStatus)),
            custom_fields=False, icon="flag", order=130, menu="setup",
        ),
        Resource(
            LostReason, title=_l("Reason for losing"), plural=_l("Reasons for losing"), list="name position",
            sort="position", search="name", grants=_REPLACED, verbs=_WITHOUT_DELETE,
            actions=(*_ordering(), *archive_actions(_MANAGING), _replacement(replacing.remove_reason, LostReason)),
            custom_fields=False, icon="ban", order=140, menu="setup",
        ),
    ]  # fmt: skip


def _ordering() -> tuple[Action, Action]:
    return (
        Action("earlier", _l("Move up"), ordering.earlier, roles=_MANAGING, on="row"),
        Action("later", _l("Move down"), ordering.later, roles=_MANAGING, on="row"),
    )


def _archiving(run: Callable[..., None]) -> tuple[Action, Action]:
    """As everywhere, with a rule of their own about when."""
    archive, unarchive = archive_actions(_MANAGING)
    return replace(archive, run=run), unarchive


def _removal(run: Callable[..., str]) -> Action:
    """Deleting asks where the leads go."""
    to = Field("belongs_to", label=_l("Its leads go to"), target=lambda: Stage, required=True)
    reason = Field(
        "belongs_to", label=_l("Lost because"), target=lambda: LostReason,
        help=_l("For leads that are lost by it and do not say why yet."),
    )  # fmt: skip
    return Action(
        "remove", _l("Delete and move its leads"), run, roles=("owner", "admin"), on="row", danger=True,
        confirm=_l("It is deleted for good. Its leads go to the stage you choose."),
        parameters={"to": to, "reason": reason},
    )  # fmt: skip


def _replacement(run: Callable[..., str], model: type[Record]) -> Action:
    """Deleting asks what its leads get instead."""
    to = Field("belongs_to", label=_l("Its leads get"), target=lambda: model)
    return Action(
        "remove", _l("Delete and replace it"), run, roles=("owner", "admin"), on="row", danger=True,
        confirm=_l("It is deleted for good. Its leads get the one you choose."), parameters={"to": to},
    )  # fmt: skip
