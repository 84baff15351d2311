"""Rules of addresses that are quick to make: a house with many plugins has thousands, and most are never spelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class PatientRule(Rule):
    """A rule that compiles the functions that spell its address when `url_for` first asks, not when it is made.

    Werkzeug compiles two for each rule at once, which is a third of the start with thirty plugins.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(make(append_unknown))
            return made[0](rule, **values)

        return build
