"""The audit log: who changed what, when and how, in a chain that shows when it was tampered with.

Nothing needs to call it for a record that is saved: `collecting` listens to every session. `note` tells what is not a
change of a row.
"""

from app.audit import accounts as _accounts  # noqa: F401  (registers what listens to accounts)
from app.audit import guard as _guard  # noqa: F401  (registers what watches statements)
from app.audit.collecting import just_written, note
from app.audit.models import AuditEntry
from app.audit.refusals import init_refusals as install

__all__ = ["AuditEntry", "install", "just_written", "note"]
