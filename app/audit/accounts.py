"""What happens to accounts and their tokens, in the logs of the tenants concerned: in the transaction of the change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.changes import Remark
from app.audit.collecting import notice
from app.identity.announcing import account_changed
from app.tenancy.models import Membership


@account_changed.connect
def _tell(session: Session, *, account_id: int, action: str, details: dict[str, Any], tenant_id: UUID | None) -> None:
    live = Membership.account_id == account_id, Membership.is_active, Membership.left_at.is_(None)  # type: ignore[union-attr]
    wanted = select(Membership.tenant_id, Membership.account_uid, Membership.name)
    concerned = (Membership.account_id == account_id, Membership.tenant_id == tenant_id) if tenant_id else live
    remarks = [
        Remark(tenant, f"account.{action}", label=name, details={"account": str(uid), **details})
        for tenant, uid, name in session.execute(wanted.where(*concerned))
    ]
    session.connection()  # a transaction that did nothing else must commit too
    notice(session, remarks)
