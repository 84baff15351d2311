"""Why not: every check between a person and a verb, in the order they are made, with who can change the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from flask_babel import gettext as _

from app.data import current_tenant_id, db
from app.features.access_rules import telling_roles
from app.features.gate import chain
from app.host import Entry, registry
from app.identity.acting import find_acting
from app.identity.principal import Principal
from app.identity.scopes import narrow
from app.installation.people import admins_by_name
from app.installation.words import role_words, scope_words, verb_words
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
class FieldRules:
    """What rules leave of the fields of a kind of record, by their names."""

    hidden: tuple[str, ...] = ()
    readonly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for a person, a resource and a verb. `fields` are told of records alone."""

    allowed: bool
    steps: tuple[Step, ...]
    fields: FieldRules = FieldRules()

    @property
    def refusal(self) -> Step | None:
        return next((step for step in self.steps if not step.passed), None)


def person_of(member: Membership) -> Principal | None:
    """A member as a request of theirs would know them; None for one who may not come in."""
    return find_acting(member.account_uid, current_tenant_id()).principal


def with_scopes(person: Principal, scopes: Collection[str]) -> Principal:
    """As a token of these scopes would let them act."""
    return replace(person, scopes=frozenset(scopes), permissions=narrow(person.permissions, scopes))


def explain(
    person: Principal | None, entry: Entry | None, resource: str, verb: str, record: UUID | None = None
) -> Explanation:
    """What the gate says about a person in the tenant in force, step by step; None is nobody who may come in. `record`
    asks about one row as well. Of a job, handler, report or the like (`crm.forecast`) it tells all but permissions,
    which are of records."""
    steps: list[Step] = []
    for step in _steps(person, entry, resource, verb, record):
        steps.append(step)
        if not step.passed:
            break
    found = Explanation(all(step.passed for step in steps), tuple(steps))
    return replace(found, fields=field_rules(entry, person)) if entry is not None and person is not None else found


def field_rules(entry: Entry, person: Principal) -> FieldRules:
    """The fields of the records that rules hide from a person, and those that they may only read."""
    surface = Surface(entry, db.session(), person)
    known = {**entry.fields, **surface.custom}
    hidden, readonly = surface.access.hidden, surface.access.readonly - surface.access.hidden
    return FieldRules(
        tuple(known[name].words for name in sorted(hidden) if name in known),
        tuple(known[name].words for name in sorted(readonly) if name in known),
    )


def verbs_for(entry: Entry, person: Principal) -> dict[Step | None, list[str]]:
    """All that can be done with a kind of record, in words, by what refuses it to this person: first what nothing
    does."""
    found: dict[Step | None, list[str]] = {None: []}
    for verb in entry.verbs:
        found.setdefault(explain(person, entry, entry.key, verb).refusal, []).append(verb_words(verb, entry))
    return found


def _steps(
    person: Principal | None, entry: Entry | None, resource: str, verb: str, record: UUID | None
) -> Iterator[Step]:
    is_member = person is not None and person.tenant is not None
    refusal = "" if is_member else _("Their account is switched off, or they are no member any more.")
    members = "" if is_member else _by(_("under Settings, Members"))
    yield Step("tenant", _("Active member of the tenant"), is_member, refusal, members)
    if person is None:
        return
    titles = _titles()
    is_part = entry is None and resource in registry().parts
    for decision in chain(resource, verb, person, with_permission=not is_part):
        who = "" if decision.allowed else _who(decision.gate)
        yield Step(decision.gate, titles[decision.gate], decision.allowed, decision.reason, who)
    if is_part:
        return
    exists = verb in entry.verbs if entry is not None else f"{resource}.{verb}" in registry().contributions.titles
    words = "" if exists else _("There is no such thing to do with these records.")
    yield Step("verb", _("It can be done with these records at all"), exists, words, _("Nobody."))
    if entry is not None and record is not None:
        yield _row_step(entry, person, record)


def _row_step(entry: Entry, person: Principal, record: UUID) -> Step:
    """Whether there is such a record for them; one that is out of reach and one that is not there look the same."""
    reached = Surface(entry, db.session(), person).get(record) is not None
    words = "" if reached else " ".join((
        _("There is no such record, or it is out of reach."), row_words(entry, person),
    ))  # fmt: skip
    who = "" if reached else _by(_("under Settings, Access rules"))
    return Step("row", _("Within reach by the rules about rows"), reached, words, who)


def row_words(entry: Entry, person: Principal) -> str:
    """Which rows of a kind of record somebody reaches, and by which of their roles."""
    scope = Surface(entry, db.session(), person).access.scope
    roles = role_words(telling_roles(person, entry.key))
    told = _("The role %(roles)s reaches here: %(rows)s.", roles=roles or _("none"), rows=scope_words(scope))
    more = _("The plugin has a rule of its own about rows besides.") if entry.resource.row_rule is not None else ""
    return " ".join(one for one in (told, more) if one)


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


def _who(gate: str) -> str:
    """Who can change what a gate said."""
    operator = str(_("The operator of the platform."))
    match gate:
        case "installed" | "flag":
            return operator
        case "entitled":
            return str(_("Whoever decides about the tenant's plan: the operator of the platform."))
        case "plugin":
            return _by(_("under Settings, Plugins"))
        case "switch":
            return _by(_("on the plugin's page under Settings, Plugins"))
        case "capability":
            return _by(_("under Settings, Capabilities"))
        case "read-only":
            words = _("%(names)s, under Settings, Plugins; or the operator who is upgrading the plugin.",
                      names=admins_by_name())  # fmt: skip
            return str(words)
        case _:
            return _by(_("by another role, under Settings, Members"))


def _by(where: str) -> str:
    """The tenant's owners and admins by name, and where they would do it."""
    return str(_("%(names)s (owners and admins), %(where)s.", names=admins_by_name(), where=where))
