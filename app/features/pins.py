"""Pins: a tenant stays with the versions of a plugin that it agreed to.

All tenants share one version of the code, so a pin cannot keep the old one running. It keeps the promise that nothing
of the tenant is changed by another version: while the installed one lies outside, the tenant reads and does not write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask_babel import gettext as _
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from app.data import utcnow

_BARE = re.compile(r"\d+(\.\d+)*(\.[*xX])?")
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Pin:
    """What one tenant said of one plugin, and how it stands there. `held` says that a step from `version` to the
    installed one is still to be made."""

    spec: str
    until: datetime | None
    held: bool
    version: str

    @property
    def is_in_force(self) -> bool:
        return bool(self.spec) and (self.until is None or utcnow() < self.until)

    def refuses(self, version: str) -> bool:
        """Whether the pin itself keeps the tenant from a version."""
        return self.is_in_force and not fits(version, self.spec)

    def keeps_from(self, version: str) -> bool:
        """Whether the tenant may only read while this version is installed."""
        return self.refuses(version) or (self.held and self.version != version)


def spec_of(typed: str) -> str:
    """What somebody typed as a range of versions (`1.*`, `1.x`, `>=1.2,<2`), tidied. Raises ValueError."""
    words = ",".join(part.strip() for part in typed.split(",") if part.strip()).replace("x", "*").replace("X", "*")
    try:
        _specifiers(words)
    except InvalidSpecifier:
        words = ""
    if not words or len(words) > LONGEST:
        raise ValueError(_("“%(words)s” is no range of versions: 1.*, 1.4.* or >=1.2,<2.", words=typed.strip()))
    return words


@lru_cache(maxsize=1_000)
def fits(version: str, spec: str) -> bool:
    """Whether a version lies in a range; one that is spelt like none lies in no range."""
    try:
        return _specifiers(spec).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return False


def _specifiers(spec: str) -> SpecifierSet:
    return SpecifierSet(",".join(f"=={part}" if _BARE.fullmatch(part) else part for part in spec.split(",")))


def isolated(words: str) -> str:
    """A version inside a sentence of any direction."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{words}\N{POP DIRECTIONAL ISOLATE}"
