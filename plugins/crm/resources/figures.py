"""Targets: what an admin or manager sets up."""

from __future__ import annotations

from app.sdk import Resource, _l
from plugins.crm.models.figures import SalesTarget
from plugins.crm.resources.pipelines import SETTING_UP
from plugins.crm.services import targets

_TARGETS = {**SETTING_UP, "manager": "read create update delete export import"}


def resources() -> list[Resource]:
    return [
        Resource(
            SalesTarget, title=_l("Sales target"), plural=_l("Sales targets"),
            list="period starts_on owner covers pipeline territory amount", sort="-starts_on", grants=_TARGETS,
            about=_l("What a person, or everybody together, wants to win in a period. The forecast stands beside it."),
            owner_field="owner", before_save=targets.complete, custom_fields=False, icon="target", order=150,
            menu="setup",
        ),
    ]  # fmt: skip
