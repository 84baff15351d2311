"""Response targets and holidays: what an admin sets up."""

from __future__ import annotations

from app.sdk import Resource, Section, _l
from plugins.crm.models import Holiday, ResponseTarget
from plugins.crm.resources.pipelines import SETTING_UP


def resources() -> list[Resource]:
    return [
        Resource(
            ResponseTarget, title=_l("Response target"), plural=_l("Response targets"),
            list="position name source priority pipeline first_minutes again_minutes is_active", sort="position",
            search="name", grants=SETTING_UP,
            about=_l("How soon leads get an answer, in working time. Whoever lets them wait is warned."),
            sections=(
                Section(_l("Target"), "name position is_active"),
                Section(_l("For which leads"), "source priority pipeline"),
                Section(_l("Response"), "first_minutes again_minutes warn_minutes"),
            ),
            custom_fields=False, icon="bolt", order=155, menu="setup",
        ),
        Resource(
            Holiday, title=_l("Holiday"), plural=_l("Holidays"), list="name falls_on is_yearly",
            sort="falls_on", search="name", grants=SETTING_UP, custom_fields=False, icon="calendar", order=215,
            menu="setup",
        ),
    ]  # fmt: skip
