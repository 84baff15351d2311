"""What is to be done with a file: how it is read, where its columns go, which records its lines mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from flask_babel import gettext as _

from app.screens.reading import Surface
from app.transfer.reading import Format
from app.transfer.targets import Target, main_field, target_at

Mode = Literal["insert", "update", "upsert"]
MODES: tuple[Mode, ...] = ("insert", "update", "upsert")
Doubtful = Literal["import", "leave_out"]
DOUBTFUL: tuple[Doubtful, ...] = ("import", "leave_out")
KEY_KINDS = frozenset({"text", "email", "phone", "url", "integer", "record_id", "choice"})
"""Kinds that can tell a record: compared as they are stored."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`mapping` leads from headings to paths of targets; `keys` are paths by which stored records are found."""

    format: Format = field(default_factory=Format)
    headings: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "insert"
    keys: tuple[str, ...] = ()
    doubtful: Doubtful = "import"
    """What becomes of lines that would add a record like one that is there already."""
    region: str = ""
    """Country of numbers and dates that name none, for dialects; the tenant's when empty."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Plan:
        """From what `as_json` gave."""
        found = dict(data.get("format") or {})
        nested = tuple(found.pop("nested", ()))
        return cls(
            Format(**found, nested=nested),
            tuple(data.get("headings", ())),
            dict(data.get("mapping", {})),
            data.get("mode", "insert"),
            tuple(data.get("keys", ())),
            data.get("doubtful", "import"),
            data.get("region", ""),
        )

    def with_mapping_of(self, other: Plan) -> Plan:
        """With the columns, mode, keys and choices of a saved plan, as far as this file has the columns."""
        mapping = {heading: path for heading, path in other.mapping.items() if heading in self.headings}
        keys = tuple(key for key in other.keys if key in mapping.values())
        return replace(self, mapping=mapping, mode=other.mode, keys=keys, doubtful=other.doubtful)


def targets_of(surface: Surface, plan: Plan) -> dict[str, Target]:
    """Targets by heading, as far as this person may still fill them."""
    mapped = ((heading, plan.mapping[heading]) for heading in plan.headings if heading in plan.mapping)
    found = ((heading, target_at(surface, path)) for heading, path in mapped)
    return {heading: target for heading, target in found if target is not None}


def possible_keys(surface: Surface, plan: Plan) -> dict[str, Target]:
    """The targets of a plan that can tell a record, by path."""
    return {target.path: target for target in targets_of(surface, plan).values() if can_tell(surface, target)}


def can_tell(surface: Surface, target: Target) -> bool:
    """Can this value lead to a stored record?"""
    if target.path == "id":
        return True
    if target.path.startswith("custom.") or target.field.kind not in KEY_KINDS:
        return False
    if target.collection:
        return target.field.name == main_field(surface.fields[target.collection])
    return True


def usual_keys(surface: Surface, plan: Plan) -> tuple[str, ...]:
    """What most likely tells a record: its id, what is unique, an e-mail address or a number."""
    known = possible_keys(surface, plan)
    if "id" in known:
        return ("id",)
    unique = tuple(path for path, one in known.items() if one.field.unique or one.field.name == "external_id")
    ways = tuple(path for path, one in known.items() if one.preset and one.preset[1] in ("email", "phone"))
    return unique[:1] or ways or tuple(path for path, one in known.items() if one.field.kind == "email")[:1]


def problems_of(surface: Surface, plan: Plan) -> list[str]:
    """Why the plan cannot be carried out, in words; empty when it can."""
    found = []
    paths = list(targets_of(surface, plan).values())
    if not paths:
        found.append(_("Please say for at least one column where it goes."))
    repeated = {one.label for one in paths if sum(other.path == one.path for other in paths) > 1}
    found += [_("Two columns go to “%(field)s”.", field=label) for label in sorted(repeated)]
    if plan.mode != "insert" and not plan.keys:
        found.append(_("Please choose by which columns records are recognised."))
    for verb, needed in (("create", plan.mode != "update"), ("update", plan.mode != "insert")):
        if needed and not surface.may(verb):
            found.append(_not_allowed(verb))
    if plan.mode != "update":
        given = {one.field.name for one in paths if not one.collection}
        for field_ in surface.editable(is_new=True).values():
            is_free = field_.default is not None or field_.kind in ("flag", "tags") or bool(field_.show_if)
            if field_.required and field_.name not in given and not is_free:
                found.append(_("“%(field)s” is required, and no column goes there.", field=field_.words))
    return found


def _not_allowed(verb: str) -> str:
    if verb == "create":
        return str(_("You may not add records of this kind."))
    return str(_("You may not change records of this kind."))
