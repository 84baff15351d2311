"""Conditions on leads, the same for the rules of assignment, of territories and of scores.

The conditions of one alternative all count; of several alternatives one is enough. Within one, of those that say
what the same field is (`country is DE`, `country is AT`) one is enough, because a field that has one value can never
be both.
"""

from plugins.crm.services.conditions.checking import check
from plugins.crm.services.conditions.condition import Condition, codes_of, inputs, words_of
from plugins.crm.services.conditions.details import with_details
from plugins.crm.services.conditions.done import NOTHING, Done
from plugins.crm.services.conditions.meeting import alternatives, failing, meets
from plugins.crm.services.conditions.reading import texts_of

__all__ = [
    "NOTHING", "Condition", "Done", "alternatives", "check", "codes_of", "failing", "inputs", "meets", "texts_of",
    "with_details", "words_of",
]  # fmt: skip
