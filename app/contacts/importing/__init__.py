"""Taking the contacts of another product's file into the tenant in force.

    with scope(Scope(tenant.id, via="import")):
        outcomes = list(import_rows(db.session(), read_people(path, "SA")))

Each row becomes a contact, completes one that is there, or is reported with its line and the reason. Importing the same
file again adds nothing.
"""

from app.contacts.importing.batches import BATCH, import_rows
from app.contacts.importing.outcome import WHATS, Outcome, What, count, write_report

__all__ = ["BATCH", "WHATS", "Outcome", "What", "count", "import_rows", "write_report"]
