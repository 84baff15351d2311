"""Scores of leads: the points of every rule that a lead meets, and why.

A lead is scored when it is stored with something that the rules look at (`points`), when its contact, company or
activities change (`following`), and every night, for the rules that look at the clock; when a rule changes, a job
scores all leads again (`counting`).
"""

from plugins.crm.services import amounts as _amounts  # noqa: F401  (what lines come to is known before it is looked at)
from plugins.crm.services.scoring import storing as _storing  # noqa: F401  (it listens to every session)
from plugins.crm.services.scoring.points import score

__all__ = ["score"]
