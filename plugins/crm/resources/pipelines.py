"""Pipelines, stages, statuses and reasons: what an admin sets up once."""

from __future__ import annotations

from app.sdk import Related, Resource, _l
from plugins.crm.models import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.services import pipelines

SETTING_UP = {
    "owner": "read create update delete export import",
    "admin": "read create update delete export import",
    "manager": "read create update export",
    "agent": "read",
    "viewer": "read",
}
"""Who may do what on records that shape everybody's work."""


def resources() -> list[Resource]:
    return [
        Resource(
            Pipeline, title=_l("Pipeline"), plural=_l("Pipelines"), list="name position",
            sort="position", search="name", grants=SETTING_UP, related=(Related(Stage, "pipeline", _l("Stages")),),
            custom_fields=False, icon="route", order=110,
        ),
        Resource(
            Stage, title=_l("Stage"), plural=_l("Stages"), list="name pipeline kind probability colour position",
            sort="position", search="name", grants=SETTING_UP, picker="pipeline",
            before_save=pipelines.complete_key, custom_fields=False, icon="stairs", order=120,
        ),
        Resource(
            LeadStatus, name="status", title=_l("Lead status"), plural=_l("Lead statuses"), list="name colour position",
            sort="position", search="name", grants=SETTING_UP, before_save=pipelines.complete_key,
            custom_fields=False, icon="flag", order=130,
        ),
        Resource(
            LostReason, title=_l("Reason for losing"), plural=_l("Reasons for losing"), list="name position",
            sort="position", search="name", grants=SETTING_UP, custom_fields=False, icon="ban", order=140,
        ),
    ]  # fmt: skip
