"""The list of products, on screens, over REST and in files."""

from __future__ import annotations

from app.sdk import Clue, Related, Resource, Section, _l, alike, archive_actions, similar
from plugins.crm.models import LeadLine, Product
from plugins.crm.resources.pipelines import SETTING_UP

_GRANTS = {**SETTING_UP, "manager": "read create update delete export import"}


def resources() -> list[Resource]:
    return [
        Resource(
            Product,
            title=_l("Product"),
            plural=_l("Products"),
            list="name code category unit price tax_rate",
            about=_l("What you sell, and for how much. The lines of a lead are filled in from here."),
            search="name code category",
            sort="name",
            sections=(
                Section(_l("Product"), "name code category description"),
                Section(_l("Price"), "price unit tax_rate"),
            ),
            related=(Related(LeadLine, "product", _l("Lines of leads")),),
            picker="code price",
            grants=_GRANTS,
            actions=archive_actions(("owner", "admin", "manager")),
            warn=similar,
            suspects=alike,
            clues=(Clue("code", 60), Clue("name", 60, how="name")),
            icon="box",
            order=65,
        )
    ]
