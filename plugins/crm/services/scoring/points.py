"""What a lead gets by the rules, and in which words that is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import force_locale

from app.sdk import _
from plugins.crm.services.conditions import Condition, Done, alternatives, failing, meets, with_details, words_of
from plugins.crm.services.people import language_of_tenant
from plugins.crm.services.scoring.rules import Rule, Rules, known


def score(leads: Sequence[Any], rules: Rules | None = None) -> int:
    """Set score and reasons of leads, whose details are read for all of them together. Without rules there is no
    score. Returns how many have another one, or other reasons, now.

    The reasons are stored, so they are in the tenant's language.
    """
    rules = rules or known()
    done = Done.about(leads, rules.conditions())
    with force_locale(language_of_tenant()):
        return sum(_write(lead, rules.rules, done) for lead in with_details(leads, rules.details))


def _write(lead: Any, rules: Sequence[Rule], done: Done) -> bool:
    met = [rule for rule in rules if not failing(lead, rule.conditions, done)]
    points = sum(rule.points for rule in met) if rules else None
    reasons = "\n".join(_reason(lead, rule, done) for rule in met) or None
    if (lead.score, lead.score_reasons) == (points, reasons):
        return False
    lead.score, lead.score_reasons = points, reasons
    return True


def _reason(lead: Any, rule: Rule, done: Done) -> str:
    """`+10 has e-mail: Contact: e-mail is filled in`."""
    why = "; ".join(words_of(one) for one in _met(lead, rule.conditions, done))
    return _("%(points)s %(rule)s: %(why)s", points=f"{rule.points:+d}", rule=rule.name, why=why)


def _met(lead: Any, conditions: Iterable[Condition], done: Done) -> list[Condition]:
    """Of the first alternative that the lead meets, those that it does."""
    several = next(one for one in alternatives(conditions) if not failing(lead, one, done))
    return [one for one in several if meets(lead, one, done)]
