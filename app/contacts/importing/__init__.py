"""Taking the people of another product's file into the tenant in force: a dialect of `app.transfer`.

Each row becomes a contact, completes one that is there, or is reported with its line and the reason. Importing the same
file again adds nothing.
"""

from app.contacts.importing.dialect import address_book
from app.contacts.importing.outcome import WHATS, Outcome, What, count
from app.contacts.importing.placing import place_people

__all__ = ["WHATS", "Outcome", "What", "address_book", "count", "place_people"]
