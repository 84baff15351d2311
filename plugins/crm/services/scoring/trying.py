"""The button of a rule: what it would give a lead, and what keeps it from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.sdk import _, session
from plugins.crm.models import Lead, ScoreRule
from plugins.crm.services.conditions import Done, failing, words_of
from plugins.crm.services.scoring.rules import Rule


def try_rule(rows: Sequence[ScoreRule], lead: UUID) -> str:
    """Say whether a lead meets the rule, without changing it."""
    tried: Any = session.get_one(Lead, lead)
    rule = Rule.of(rows[0])
    failed = [words_of(one) for one in failing(tried, rule.conditions, Done.about([tried], rule.conditions))]
    if failed:
        return _("No match for “%(lead)s”: %(conditions)s.", lead=tried, conditions="; ".join(failed))
    return _("It matches “%(lead)s”, which gets %(points)s points for it.", lead=tried, points=f"{rule.points:+d}")
