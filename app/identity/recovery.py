"""A way in when all others are shut: a link, made on the command line, that signs one account in once."""

from __future__ import annotations

from app.data import platform_session
from app.identity.announcing import announce
from app.identity.pending import begin
from app.identity.ways import LINK


def make_link(account_id: int) -> str:
    """The token of a new link for this account; the tenants' logs tell of it."""
    token = begin(LINK, account_id=account_id)
    with platform_session("accounts belong to no tenant") as session:
        announce(session, account_id, "link_made")
    return token
