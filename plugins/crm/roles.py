"""The roles of sales: for who works with leads as agents or managers do, whatever else they may do in the house."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from app.sdk import Resource, Role, _l

_OF_CONTACTS = {"contacts.contact": "read create update", "contacts.company": "read create update"}


def roles(resources: Iterable[Resource]) -> list[Role]:
    """What agents and managers may do with these, as roles of their own."""
    declared = list(resources)
    return [
        Role(
            "crm.seller", _l("Salesperson"), _as("agent", declared),
            summary=_l("Works with leads, tasks and appointments as an agent does. Given to viewers who sell."),
        ),
        Role(
            "crm.sales_manager", _l("Sales manager"), _as("manager", declared), like="manager",
            summary=_l("Sets up pipelines, assignment and territories. Given to agents who lead sales."),
        ),
    ]  # fmt: skip


def _as(role: Literal["agent", "manager"], resources: Iterable[Resource]) -> dict[str, str]:
    granted = {f"crm.{one.key_name}": " ".join(_verbs(role, one)) for one in resources}
    return {**_OF_CONTACTS, **{key: verbs for key, verbs in granted.items() if verbs}}


def _verbs(role: str, resource: Resource) -> list[str]:
    possible = resource.verbs.split()
    standard = [verb for verb in resource.grants.get(role, "").split() if verb in possible and verb != "merge"]
    return [*standard, *(action.name for action in resource.actions if role in action.roles)]
