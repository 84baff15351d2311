"""Why not: every check between a person and a verb, in the order they are made, with who can change the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from app.data import current_tenant_id, db
from app.features.gate import chain
from app.host import Entry, registry
from app.identity.acting import find_acting
from app.identity.principal import Principal
from app.screens.reading import Surface
from app.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Step:
    """One check: passed or not, its words, and who can change it. Checks after the first “no” were not asked."""

    gate: str
    title: str
    passed: bool
    reason: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for a person, a resource and a verb."""

    allowed: bool
    steps: tuple[Step, ...]

    @property
    def refusal(self) -> Step | None:
        return next((step for step in self.steps if not step.passed), None)


def explain(member: Membership, entry: Entry | None, resource: str, verb: str, record: UUID | None) -> Explanation:
    """What the gate says about a member of the tenant in force, step by step. `record` asks about one row as well. Of a
    job, handler, report or the like (`crm.forecast`) it tells all but permissions, which are of records."""
    person = find_acting(member.account_uid, current_tenant_id()).principal
    steps: list[Step] = []
    for step in _steps(person, entry, resource, verb, record):
        steps.append(step)
        if not step.passed:
            break
    return Explanation(all(step.passed for step in steps), tuple(steps))


def _steps(
    person: Principal | None, entry: Entry | None, resource: str, verb: str, record: UUID | None
) -> Iterator[Step]:
    members = _("An owner or admin of the tenant, under Settings, Members.")
    is_member = person is not None and person.tenant is not None
    refusal = "" if is_member else _("Their account is switched off, or they are no member any more.")
    yield Step("tenant", _("Active member of the tenant"), is_member, refusal, members)
    if person is None:
        return
    titles, changers = _titles(), _changers()
    is_part = entry is None and resource in registry().parts
    for decision in chain(resource, verb, person, with_permission=not is_part):
        yield Step(decision.gate, titles[decision.gate], decision.allowed, decision.reason, changers[decision.gate])
    if is_part:
        return
    exists = entry is not None and verb in entry.verbs
    words = "" if exists else _("There is no such thing to do with these records.")
    yield Step("verb", _("It can be done with these records at all"), exists, words, _("Nobody."))
    if entry is not None and record is not None:
        reached = Surface(entry, db.session(), person).get(record) is not None
        words = "" if reached else _("A rule about rows keeps this record from them, or it does not exist.")
        yield Step("row", _("Within reach by the rules about rows"), reached, words, _by_rules())


def _titles() -> dict[str, str]:
    return {
        "installed": _("Plugin installed, accepted and in order"),
        "plugin": _("Switched on for the tenant"),
        "entitled": _("Part of the tenant's plan"),
        "switch": _("Its features switched on by the tenant"),
        "flag": _("Its features open for the tenant"),
        "capability": _("Its features given to this member"),
        "read-only": _("May be changed, not only read"),
        "permission": _("Allowed by one of their roles"),
    }


def _changers() -> dict[str, str]:
    operator = _("The operator of the platform.")
    admins = _("An owner or admin of the tenant, under Settings, Plugins.")
    roles = _("An owner or admin gives another role under Settings, Members; the operator decides what a role may do.")
    return {
        "installed": operator, "plugin": admins, "entitled": _("Whoever decides about the tenant's plan."),
        "switch": _("An owner or admin of the tenant, on the plugin's page under Settings, Plugins."),
        "flag": operator, "capability": _("An owner or admin of the tenant, under Settings, Capabilities."),
        "read-only": _("An owner or admin of the tenant, or the operator who is upgrading the plugin."),
        "permission": roles,
    }  # fmt: skip


def _by_rules() -> str:
    return str(_("An owner or admin of the tenant, under Settings, Access rules."))


def verbs_of(resource: str) -> tuple[str, ...]:
    """All that can be done with a kind of record."""
    entry = registry().entries.get(resource)
    return entry.verbs if entry is not None else ()
