"""A resource as it was declared, for whoever reads: no access rules, no permissions."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.data import Field
from app.features.access_rules import FULL
from app.host import Entry
from app.host.extending import is_here
from app.screens.reading import Surface


class Declared(Surface):
    """A surface without a person. Reads custom fields only inside a tenant."""

    def __init__(self, entry: Entry, session: Session, in_tenant: bool) -> None:
        self.entry = entry
        self.session = session
        self.person = None
        self.access = FULL
        self.in_tenant = in_tenant
        if not in_tenant:
            self.__dict__["custom"] = {}

    def target(self, field: Field) -> Surface | None:
        """What a relation points to, as it was declared."""
        found = super().target(field)
        return Declared(found.entry, self.session, self.in_tenant) if found is not None else None

    def has(self, plugin: str) -> bool:
        """Whether what this plugin adds to the resource is there for the tenant."""
        return self.in_tenant and is_here(plugin)
