"""Form rules at work: what they ask of a record, on forms and on every other way in."""

from app.screens.ruling.holding import Ruling, excused, hold_to_rules, ruling_of, settle_form, stored_look
from app.screens.ruling.rules import Rule, rules_of

__all__ = ["Rule", "Ruling", "excused", "hold_to_rules", "rules_of", "ruling_of", "settle_form", "stored_look"]
