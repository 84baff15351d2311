"""Features: parts of a plugin that can be off while the plugin is on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal, get_args

from app.host.claims import ClaimError
from app.host.declarations import NAME, Plugin

Kind = Literal["switch", "flag", "capability"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of a plugin that can be off: `Feature("garage.booking", _l("Online booking"), covers="garage.visit")`.

    `kind` says who decides: of a `switch` the tenant's admins, on the plugin's page; of a `flag` the operator, for
    tenants or for a share of them; of a `capability` an admin, member by member. `default` holds where nobody has
    decided. The plan is asked about each as well (`entitled`).

    `covers` are names of the plugin's own, separated by blanks, that are closed while it is off: resources
    (`garage.visit`), permissions (`garage.visit.confirm`), jobs, handlers, webhooks in, cards, reports and timelines.
    Anything else asks `has_feature("garage.booking")`.
    """

    name: str
    label: Any
    default: bool = True
    kind: Kind = "switch"
    covers: str = ""
    help: Any = ""

    @property
    def plugin(self) -> str:
        return self.name.partition(".")[0]


def check_features(plugin: Plugin, features: Sequence[Feature]) -> None:
    """Features carry the plugin's name, once each, and cover what bears it. Raises ClaimError."""
    names: set[str] = set()
    for one in features:
        owner, _dot, rest = one.name.partition(".")
        if owner != plugin.name or not NAME.fullmatch(rest):
            raise ClaimError(f"“{one.name}”: a feature must be named “{plugin.name}.” and letters, digits and _.")
        if one.name in names:
            raise ClaimError(f"{one.name} is declared twice.")
        if one.kind not in get_args(Kind):
            raise ClaimError(f"{one.name}: there is no kind of feature “{one.kind}”: {', '.join(get_args(Kind))}.")
        for covered in one.covers.split():
            if not covered.startswith(f"{plugin.name}."):
                raise ClaimError(f"{one.name}: “{covered}” lies outside the plugin.")
        names.add(one.name)


def check_covered(features: Sequence[Feature], known: Collection[str]) -> None:
    """What features cover is there. Raises ClaimError."""
    for one in features:
        for covered in one.covers.split():
            if covered not in known:
                near = get_close_matches(covered, sorted(known), 1)
                hint = f"; did you mean “{near[0]}”?" if near else "."
                raise ClaimError(f"{one.name}: the plugin has nothing called “{covered}”{hint}")


def covering(features: Mapping[str, Feature]) -> Mapping[str, tuple[Feature, ...]]:
    """The features that close each covered name."""
    found: dict[str, tuple[Feature, ...]] = {}
    for one in features.values():
        for covered in one.covers.split():
            found[covered] = (*found.get(covered, ()), one)
    return MappingProxyType(found)
