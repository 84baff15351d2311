"""How much is loaded, and a fingerprint that says whether what lies in the cache is still it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from app.data.histories import ROOT

SEED = "bench 2"
"""Changed whenever the rows that are made change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Contacts in all, tenants, and the contacts of the largest tenant; the others share the rest evenly."""

    contacts: int = 1_000_000
    tenants: int = 100
    largest: int = 200_000

    def sizes(self) -> list[int]:
        """Contacts of each tenant, the largest first."""
        if self.tenants < 2:
            return [self.contacts]
        share, left = divmod(self.contacts - self.largest, self.tenants - 1)
        return [self.largest, *(share + (at < left) for at in range(self.tenants - 1))]

    def fingerprint(self) -> str:
        """Changes with the plan, with the seed and with the schema."""
        digest = hashlib.sha256(f"{SEED} {asdict(self)}".encode())
        for path in sorted((Path(ROOT) / "versions").glob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()


SLUG = "tenant-{:03d}"
"""The address of a tenant by its number; 0 is the largest."""
