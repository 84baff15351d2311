"""A plugin is told that it leaves a tenant, or the tenant leaves: it may tidy up what it holds elsewhere."""

from __future__ import annotations

import logging
from typing import Literal

from app.data import current_tenant_id, db
from app.host import registry
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.faults import note_fault
from app.host.versions import TURN
from app.tenancy.models import Tenant

log = logging.getLogger(__name__)


def tell(plugin: str, hook: Literal["purging", "tenant_closed"]) -> Exception | None:
    """Call the hook for the tenant in force, in a transaction of its own; what it failed with, which is noted."""
    try:
        with working(plugin), Budget(TURN):
            registry().call(hook, plugin, tenant=db.session.get_one(Tenant, current_tenant_id()))
        db.session.commit()
    except Exception as error:
        log.exception("the hook %s of %s failed", hook, plugin)
        db.session.rollback()
        note_fault(plugin, hook, error, cut_off=isinstance(error, TooSlow), skip=False)
        return error
    return None
