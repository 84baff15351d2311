"""`tenantry plugin new`: from a few words to an installable package whose tests pass. Needs no network, no database."""

from app.host.scaffold.reading import Refused, read
from app.host.scaffold.writing import write

__all__ = ["Refused", "read", "write"]
