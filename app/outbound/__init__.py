"""HTTP to addresses that a customer typed: webhooks out, and whatever else calls where somebody outside said.

    answer = send(policy, "POST", url, headers, body)

Nobody gets this server to talk to its own network: see `addresses` for the rule and `client` for how it is kept.
"""

from __future__ import annotations

from app.outbound.addresses import Forbidden, Policy
from app.outbound.client import Answer, Unanswered, send

__all__ = ["Answer", "Forbidden", "Policy", "Unanswered", "send"]
