"""The keys that Meta gave, kept sealed."""

from __future__ import annotations

from collections.abc import Sequence

from app.sdk import _, keep_secret, session
from plugins.lead_ads import fetching
from plugins.lead_ads.models import AdAccount


def keep_keys(rows: Sequence[AdAccount], app_secret: str | None = None, access_token: str | None = None) -> str:
    """The action that stores what Meta gave, sealed: it is never shown. A new token sets what failed going again."""
    [row] = rows
    if not (app_secret or access_token):
        raise ValueError(_("Fill in at least one of the two."))
    if app_secret:
        keep_secret(row, "app_secret", app_secret.strip())
        row.has_secret = True
    if access_token:
        keep_secret(row, "access_token", access_token.strip())
        row.has_token, row.problem = True, None
        fetching.resume(row)
    session.flush()
    return str(_("Stored."))
