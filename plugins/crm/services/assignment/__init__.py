"""Whose a lead becomes: by hand, in turn, or by the tenant's rules; and telling them.

`claim_new(lead)` is for whoever makes a lead without an owner (form, REST, import, capture): the rules find one.
`hand_to` and `in_turn` are the verbs of the buttons. Whoever became the owner of a lead, by whatever way, is told
when the transaction commits (`telling`).
"""

from plugins.crm.services.assignment import telling as _telling  # noqa: F401  (registers what watches leads)
from plugins.crm.services.assignment.allocating import allocation, claim_new

__all__ = ["allocation", "claim_new"]
