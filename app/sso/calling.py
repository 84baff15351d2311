"""Calls to providers: JSON in, one deadline, no redirects, and every failure said in a word for the log."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app.outbound import Answer, Forbidden, Policy, Unanswered, send

DEADLINE = 8.0
BODY_LIMIT = 512 * 1024
_EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


class Disappointed(Exception):
    """A provider cannot be asked, or says what cannot be believed. The message is English, for the log.

    `silent` tells one that did not answer from one that answered badly.
    """

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


def get_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at an address. Raises `Disappointed`."""
    return _call("GET", url, {"Accept": "application/json", **(headers or {})})


def post_form(url: str, form: Mapping[str, str], client: tuple[str, str], *, in_header: bool) -> dict[str, Any]:
    """Send a form as this client, its secret in a header or among the fields, and read a JSON object."""
    name, secret = client
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if in_header:
        pair = f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    else:
        form = {**form, "client_id": name, "client_secret": secret}
    return _call("POST", url, headers, urlencode(form).encode())


def _call(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    try:
        answer = send(_policy(url), method, url, headers, body, deadline=DEADLINE, body_limit=BODY_LIMIT)
    except (Forbidden, Unanswered, ValueError) as error:
        raise Disappointed(f"{_place(url)}: {error}", silent=True) from error
    if answer.status != 200:
        raise Disappointed(f"{_place(url)} answers {answer.status} {_error_of(answer)}", silent=answer.status >= 500)
    found = _object(answer)
    if found is None:
        raise Disappointed(f"{_place(url)} answers no JSON object")
    return found


def _policy(url: str) -> Policy:
    """The operator trusts this provider with who everybody is, so with where its own doors are too."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return Policy(http=parts.scheme == "http", ports=frozenset({port}), networks=_EVERYWHERE)


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not answer.cut else None


def _error_of(answer: Answer) -> str:
    """OAuth's word for what is wrong, such as `invalid_client`."""
    return str((_object(answer) or {}).get("error", ""))[:60]


def _place(url: str) -> str:
    """An address without its query, which may hold what no log should."""
    return url.partition("?")[0][:200]
