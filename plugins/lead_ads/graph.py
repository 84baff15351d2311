"""Meta's Graph API, as much of it as leads need: one lead, the leads of a form, the forms of a page."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from app.sdk import Unanswered, _, call_host, read_secret

API = "https://graph.facebook.com"
VERSION = "v23.0"
FIELDS = (
    "id,created_time,form_id,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,is_organic,platform,field_data"
)
LARGEST = 1024 * 1024
PAGE = 100
LIMITED = frozenset({1, 2, 4, 17, 32, 341, 613, *range(80_000, 80_015)})
"""Codes of what may be tried again: Meta is busy, or was asked too often."""
TOKEN = frozenset({102, 190, 463, 467})


class Refused(Exception):
    """Meta will not answer this, however often it is asked."""


class TokenGone(Refused):
    """The access token has expired or was taken back."""


class Later(Exception):
    """Nobody answered, or Meta asks for patience."""


class Graph:
    """Calls in the name of one account. Its token goes into a header, never into an address."""

    def __init__(self, account: Any) -> None:
        self._token = read_secret(account, "access_token") or ""
        self._secret = read_secret(account, "app_secret") or ""
        if not self._token:
            raise TokenGone(_("The access token is not filled in."))

    def lead(self, lead_id: str) -> dict[str, Any]:
        """One lead with its answers. Raises Refused or Later, as all of these do."""
        return self._get(_part(lead_id), {"fields": FIELDS})

    def leads(self, form_id: str, since: int, until: int) -> Iterator[list[dict[str, Any]]]:
        """The leads of a form that were made from `since` to before `until` (seconds of the epoch), page by page."""
        bounds = [
            {"field": "time_created", "operator": "GREATER_THAN", "value": since - 1},
            {"field": "time_created", "operator": "LESS_THAN", "value": until},
        ]
        yield from self._pages(f"{_part(form_id)}/leads", {"fields": FIELDS, "filtering": json.dumps(bounds)})

    def forms(self, page_id: str) -> Iterator[str]:
        """The numbers of the lead forms of a page."""
        for page in self._pages(f"{_part(page_id)}/leadgen_forms", {"fields": "id"}):
            yield from (str(one["id"]) for one in page)

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        after: dict[str, str] = {}
        while True:
            said = self._get(path, {**query, "limit": str(PAGE), **after})
            yield said.get("data") or []
            paging = said.get("paging") or {}
            cursor = (paging.get("cursors") or {}).get("after")
            if not paging.get("next") or not cursor or after.get("after") == cursor:
                return
            after = {"after": cursor}

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        given = dict(query)
        if self._secret:  # proof that whoever calls has the app's secret too
            given["appsecret_proof"] = hmac.new(self._secret.encode(), self._token.encode(), hashlib.sha256).hexdigest()
        url = f"{API}/{VERSION}/{path}?{urlencode(given)}"
        try:
            answer = call_host("GET", url, {"Authorization": f"Bearer {self._token}"}, body_limit=LARGEST)
        except Unanswered as error:
            raise Later(str(error)) from None
        try:
            said = json.loads(answer.body)
        except ValueError:
            raise Later(_("Meta's answer (%(status)s) cannot be read.", status=answer.status)) from None
        if not isinstance(said, dict):
            raise Later(_("Meta's answer (%(status)s) cannot be read.", status=answer.status))
        if answer.status != 200 or "error" in said:
            raise _failure(answer.status, said.get("error") or {})
        return said


def _part(number: str) -> str:
    """A number as a part of an address, whatever was typed."""
    return quote(number, safe="")


def _failure(status: int, error: Mapping[str, Any]) -> Exception:
    code = error.get("code")
    words = _("Meta says: %(words)s (%(code)s)", words=str(error.get("message") or status)[:500], code=code or status)
    if code in TOKEN:
        return TokenGone(words)
    if code in LIMITED or error.get("is_transient") or status == 429 or status >= 500:
        return Later(words)
    return Refused(words)
