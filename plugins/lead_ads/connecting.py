"""How an account and its platform come to know each other: addresses, keys, tokens."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.sdk import Incoming, _, keep_secret, new_address, read_secret, session
from plugins.lead_ads.models import AdAccount, AdForm


def complete_account(row: AdAccount, is_new: bool) -> None:
    """Only Meta has pages; no form of the platform stands twice."""
    row.page_id = ((row.page_id or "").strip() or None) if row.platform == "meta" else None
    numbers = [(one.platform_form or "").strip() for one in row.forms]
    if len(set(numbers)) < len(numbers):
        raise ValueError(_("A form of the platform stands here twice."))


def complete_form(row: AdForm, is_new: bool) -> None:
    """Numbers are copied with blanks around them."""
    row.platform_form = row.platform_form.strip()


def connect(rows: Sequence[AdAccount]) -> str:
    """The action that makes an address for the platform and a key that both know, shown once."""
    [row] = rows
    path = f"{new_address(f'lead_ads.{row.platform}')}?account={row.id}"
    row.address = str(current_app.config["TENANTRY"].public_url).rstrip("/") + path
    key = secrets.token_hex(24)  # Google takes 50 characters at most
    keep_secret(row, "key", key)
    row.has_secret = row.platform == "google" or row.app_secret is not None
    session.flush()
    words = (
        _("Callback URL: %(address)s Verify token, shown this once: %(key)s", address=row.address, key=key)
        if row.platform == "meta"
        else _("Webhook URL: %(address)s Key, shown this once: %(key)s", address=row.address, key=key)
    )
    return str(words)


def shared(platform: str) -> list[str]:
    """What verifies calls for each account of a platform: JSON of its id, key and secret."""
    wanted = select(AdAccount).where(AdAccount.platform == platform, AdAccount.address.is_not(None))
    return [
        json.dumps([str(row.id), read_secret(row, "key") or "", read_secret(row, "app_secret") or ""])
        for row in session.scalars(wanted)
    ]


def keys_of(account: str, known: Sequence[str]) -> tuple[str, str]:
    """Key and secret of one account among them; two empty texts when it is not there."""
    for one in known:
        found, key, secret = json.loads(one)
        if found == account:
            return key, secret
    return "", ""


def account_named(incoming: Incoming) -> str:
    """The id of the account that an address names."""
    return parse_qs(urlsplit(incoming.url).query).get("account", [""])[0]


def account_of(account_id: str) -> AdAccount:
    """Raises LookupError for one that is gone."""
    found = session.get(AdAccount, UUID(account_id))
    if found is None:
        raise LookupError("There is no such advertising account any more.")
    return found


def form_for(account: Any, platform_form: str) -> Any:
    """The id of our form that a form of the platform is."""
    return next((one.form_id for one in account.forms if one.platform_form == platform_form), account.form_id)
