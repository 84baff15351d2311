"""Which territory a lead belongs to: by the rules, the deepest first, or because somebody chose; who reaches it there.

`settle(lead, is_new)` is asked before a lead is saved. `known()` is the tenant's tree with its rules.
"""

from plugins.crm.services.territories import telling as _telling  # noqa: F401  (it listens to every session)
from plugins.crm.services.territories.finding import settle

__all__ = ["settle"]
