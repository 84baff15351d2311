"""HTTP for plugins: to the hosts that the manifest names and the operator has accepted, at public addresses alone."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import current_app

from app.host.at_work import need_host
from app.host.budget import seconds_left
from app.outbound import Answer, Policy, send
from app.outbound.client import BODY_LIMIT, DEADLINE


def call_host(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *, body_limit: int = BODY_LIMIT
) -> Answer:
    """Send one request, and wait for the answer no longer than the hook that asks may take. Redirects are answers.

    Raises NotDeclared for a host that `needs` does not name, Forbidden (a ValueError) for an address that may not be
    called at all, Unanswered when no answer came in time.
    """
    need_host(urlsplit(url).hostname or "")
    left = seconds_left()
    deadline = DEADLINE if left is None else min(DEADLINE, max(0.05, left - 0.1))
    policy = Policy.of(current_app.config["TENANTRY"])
    return send(policy, method, url, dict(headers or {}), body, deadline=deadline, body_limit=body_limit)
