"""Who can change something, by name: a tenant's owners and admins."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.identity.locale import listed
from app.messaging.receivers import members_with_role
from app.tenancy.models import Membership

MOST = 5


def admins_by_name() -> str:
    """The owners and admins of the tenant in force, as a list of names; of many, the first. Asked once a request."""
    if "tenantry_admins" not in g:
        g.tenantry_admins = _names()
    return str(g.tenantry_admins)


def _names() -> str:
    keys = members_with_role("owner", "admin")
    names = select(Membership.name).where(Membership.id.in_(keys)).order_by(Membership.name).limit(MOST + 1)
    found = list(db.session.scalars(names))
    return listed([*found[:MOST], _("others")] if len(found) > MOST else found)
