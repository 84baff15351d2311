"""The language and time zone that accounts have chosen: for what is written to somebody who is not asking."""

from __future__ import annotations

from collections.abc import Iterable

from app.identity.statements import platform_rows

_CHOSEN = """
SELECT a.id, a.locale, a.timezone, u.active FROM account a JOIN ab_user u ON u.id = a.id
WHERE a.id = ANY(%(ids)s)"""


def chosen_by(account_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """(language, time zone) of every active account among these, each empty to follow the tenant."""
    rows = platform_rows(_CHOSEN, ids=list(account_ids))
    return {row.id: (row.locale, row.timezone) for row in rows if row.active}
