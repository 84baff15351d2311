"""What can be wrong with something a person asked identity to do, in words that can be shown."""

from __future__ import annotations


class IdentityError(ValueError):
    """A request that cannot be granted. `field` names the input that is wrong, empty when it is none in particular."""

    def __init__(self, message: str, field: str = "") -> None:
        self.message = message
        self.field = field
        super().__init__(message)
