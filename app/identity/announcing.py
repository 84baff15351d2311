"""What happens to accounts and their tokens is announced: they lie above the tenants, whose logs should tell of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from blinker import Signal
from sqlalchemy.orm import Session

account_changed = Signal(
    "Sent with session, account_id, action, details and tenant_id, inside the transaction of the change."
)


def announce(session: Session, account_id: int, action: str, *, tenant_id: UUID | None = None, **details: Any) -> None:
    """Say that something happened to an account: `announce(session, 7, "password_changed")`.

    It concerns the tenant that is named, else every tenant the account is a member of. `details` is plain JSON, and
    never holds a secret.
    """
    account_changed.send(session, account_id=account_id, action=action, details=details, tenant_id=tenant_id)
