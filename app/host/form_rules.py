"""Form rules: when conditions on a record hold, some of its fields are shown, required, closed, narrowed or filled in.

A tenant's admins make them for any kind of record. They are read here as they are stored; `app.screens.ruling` gives
them their meaning, on forms and on every other way in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session

from app.data import Record, flag, integer, json
from app.data import text as text_field
from app.data.choices import named_later
from app.features.access_rules import RULED
from app.features.decided import decisions
from app.identity.principal import Principal, TenantInfo
from app.tenancy.configuration import by_configuration

Deed = Literal["show", "hide", "require", "readonly", "narrow", "default"]
DEEDS: tuple[Deed, ...] = get_args(Deed)
ROLE = "@role"
"""What a condition names that looks at the roles of the person instead of a field."""


_TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
CONDITIONS: Mapping[str, Any] = {
    "type": "array",
    "examples": [[[{"field": "city", "operator": "filled", "values": []}]]],
    "items": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["field", "operator"],
            "additionalProperties": False,
            "properties": {"field": {"type": "string"}, "operator": {"type": "string"}, "values": _TEXTS},
        },
    },
}
"""JSON Schema of conditions, for the OpenAPI document: all of one of the groups."""
EFFECTS: Mapping[str, Any] = {
    "type": "array",
    "examples": [[{"do": "require", "field": "country", "values": []}]],
    "items": {
        "type": "object",
        "required": ["do", "field"],
        "additionalProperties": False,
        "properties": {"do": {"enum": list(DEEDS)}, "field": {"type": "string"}, "values": _TEXTS},
    },
}


class FormRule(Record):
    """One rule of one kind of record. It holds while it is on."""

    __label__ = "name"
    __config__ = True
    __table_args__ = (Index("ix_form_rule_resource", "tenant_id", "resource"),)

    name: Mapped[str] = text_field(max_length=100, label=_l("Name"), help=_l("Whoever is refused something reads it."))
    resource: Mapped[str] = named_later(RULED, max_length=100, label=_l("Records"), immutable=True)
    is_active: Mapped[bool] = flag(label=_l("On"), default=False)
    position: Mapped[int] = integer(label=_l("Order"), default=100, minimum=0, maximum=10_000)
    conditions: Mapped[Any | None] = json(label=_lp("rule", "When"), extra={"schema": CONDITIONS})
    """`[[{"field": "stage", "operator": "is", "values": ["..."]}, ...], ...]`: all of one group; none: always."""
    effects: Mapped[Any | None] = json(label=_l("Then"), extra={"schema": EFFECTS})
    """`[{"do": "require", "field": "value", "values": []}, ...]`."""


@dataclass(frozen=True, slots=True)
class StoredTest:
    """One condition: a field, an operator of list filters (or `filled`), texts as an address would have them."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredEffect:
    """What is done to one field. `values` are what a choice is narrowed to, or the one that is filled in."""

    do: Deed
    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRule:
    name: str
    when: tuple[tuple[StoredTest, ...], ...] = ()
    then: tuple[StoredEffect, ...] = ()


def rule_of(name: str, conditions: Any, effects: Any) -> StoredRule:
    """From what is stored. Raises ValueError, without words, for what is not well-formed."""
    groups = conditions or []
    if not isinstance(groups, list) or not all(isinstance(one, list) for one in groups):
        raise ValueError
    when = tuple(tuple(_test(one) for one in group) for group in groups if group)
    return StoredRule(name, when, tuple(_effect(one) for one in _listed(effects or [])))


def stored_rules(session: Session, person: Principal | None, resource: str) -> Sequence[StoredRule]:
    """The rules that are on, in the tenant's order; none outside a request (jobs and commands act for the tenant)."""
    if person is None or person.tenant is None:
        return ()
    tenant = person.tenant
    rules: _Rules = by_configuration(session, person, "form_rules", lambda _session: _load(tenant))
    return rules.get(resource, ())


_Rules = Mapping[str, Sequence[StoredRule]]


def _load(tenant: TenantInfo) -> _Rules:
    """By kind of record; no statement of its own."""
    found: dict[str, list[StoredRule]] = {}
    for resource, stored in decisions(tenant).form_rules:
        try:
            rule = rule_of(stored["name"], stored["conditions"], stored["effects"])
        except ValueError:
            continue  # nothing that was saved by a form or over REST
        found.setdefault(resource, []).append(rule)
    return found


def _test(given: Any) -> StoredTest:
    if not isinstance(given, Mapping) or set(given) - {"field", "operator", "values"}:
        raise ValueError
    field, operator = given.get("field"), given.get("operator")
    if not isinstance(field, str) or not isinstance(operator, str):
        raise ValueError
    return StoredTest(field, operator, _texts(given.get("values")))


def _effect(given: Any) -> StoredEffect:
    if not isinstance(given, Mapping) or set(given) - {"do", "field", "values"}:
        raise ValueError
    do, field = given.get("do"), given.get("field")
    if do not in DEEDS or not isinstance(field, str):
        raise ValueError
    return StoredEffect(do, field, _texts(given.get("values")))


def _texts(given: Any) -> tuple[str, ...]:
    found = _listed(given or [])
    if not all(isinstance(one, str) for one in found):
        raise ValueError
    return tuple(found)


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise ValueError
    return given
