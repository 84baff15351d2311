"""A server on this machine that takes the calls of Stripe's API that we make, and signs its events as Stripe does."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl

KEY, SIGNING = "sk_test_51house", "whsec_house"
SMALLEST = 50
Answer = tuple[int, dict[str, Any]]


class Stripe:
    """Sessions, payments and refunds in memory. `down` of the next calls are answered with 500, `cut` of them not at
    all, after they were done."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.down = self.cut = 0
        self._kept: dict[str, tuple[str, Answer]] = {}
        self._numbers, self._lock = count(1), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    # The API ----------------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, headers: Any, body: str) -> Answer:
        with self._lock:
            self.calls.append((method, path))
            if headers.get("Authorization") != f"Bearer {KEY}":
                return _error(401, "invalid_request_error", "Invalid API Key provided: sk_test_***")
            if self.down:
                self.down -= 1
                return _error(500, "api_error", "Something went wrong on our end.")
            return self._once(headers.get("Idempotency-Key", ""), path, body, lambda: self._do(method, path, body))

    def _once(self, key: str, path: str, body: str, do: Any) -> Answer:
        asked = f"{path}?{body}"
        if key in self._kept:
            before, answer = self._kept[key]
            if before != asked:
                return _error(400, "idempotency_error", "Keys for idempotent requests can only be used with the same.")
            return answer
        answer = do()
        if key and answer[0] < 500:
            self._kept[key] = asked, answer
        return answer

    def _do(self, method: str, path: str, body: str) -> Answer:
        given = _nested(body)
        if (method, path) == ("POST", "/v1/checkout/sessions"):
            return self._open(given)
        if (method, path) == ("POST", "/v1/refunds"):
            return self._refund(given)
        name, _slash, verb = path.removeprefix("/v1/checkout/sessions/").partition("/")
        found = self.sessions.get(name)
        if (method, verb) == ("POST", "expire") and found is not None:
            if found["status"] != "open":
                words = f'Only Checkout Sessions with a status in ["open"] can be expired. It is {found["status"]}.'
                return _error(400, "invalid_request_error", words)
            found["status"] = "expired"
            return 200, found
        if method == "GET" and not verb and found is not None:
            return 200, found
        return _error(404, "invalid_request_error", f"No such thing: {path}")

    def _open(self, given: dict[str, Any]) -> Answer:
        price = given["line_items"]["0"]["price_data"]
        amount, now = int(price["unit_amount"]), int(time.time())
        if amount < SMALLEST:
            return _error(400, "invalid_request_error", "The Checkout Session's total amount must be at least 0.50.")
        until = int(given.get("expires_at", now + 86_400))
        if not 1_800 <= until - now <= 86_400:
            return _error(400, "invalid_request_error", "`expires_at` must be between 30 minutes and 24 hours.")
        number = f"{next(self._numbers):06}"
        made = {
            "id": f"cs_test_{number}", "object": "checkout.session", "url": f"https://checkout.stripe.com/c/{number}",
            "status": "open", "payment_status": "unpaid", "amount_total": amount, "currency": price["currency"],
            "payment_intent": None, "metadata": given.get("metadata", {}), "expires_at": until, "mode": given["mode"],
            "client_reference_id": given.get("client_reference_id"), "success_url": given["success_url"],
            "customer_email": given.get("customer_email"),
        }  # fmt: skip
        self.sessions[made["id"]] = made
        return 200, made

    def _refund(self, given: dict[str, Any]) -> Answer:
        charge = self.charges.get(given["payment_intent"])
        if charge is None:
            return _error(404, "invalid_request_error", f"No such payment_intent: '{given['payment_intent']}'")
        amount = int(given["amount"])
        if charge["amount_refunded"] + amount > charge["amount"]:
            return _error(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge.")
        charge["amount_refunded"] += amount
        made = {
            "id": f"re_{next(self._numbers):06}", "object": "refund", "status": "succeeded", "amount": amount,
            "currency": charge["currency"], "payment_intent": given["payment_intent"], "metadata": given["metadata"],
        }  # fmt: skip
        self.refunds.append(made)
        return 200, made

    # What payers and owners do there ----------------------------------------------------------------------------------

    def pay(self, session_id: str, *, waits_for_bank: bool = False) -> dict[str, Any]:
        """Somebody pays; returns the event."""
        session = self.sessions[session_id]
        intent = f"pi_{next(self._numbers):06}"
        session |= {"status": "complete", "payment_intent": intent}
        session["payment_status"] = "unpaid" if waits_for_bank else "paid"
        self.charges[intent] = {
            "id": f"ch_{intent}", "object": "charge", "amount": session["amount_total"], "amount_refunded": 0,
            "currency": session["currency"], "payment_intent": intent, "metadata": dict(session["metadata"]),
            "receipt_url": f"https://pay.stripe.com/receipts/{intent}",
        }  # fmt: skip
        return self.event("checkout.session.completed", session)

    def expire(self, session_id: str) -> dict[str, Any]:
        """The page closes; returns the event."""
        self.sessions[session_id]["status"] = "expired"
        return self.event("checkout.session.expired", self.sessions[session_id])

    def event(self, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        """An event of its own about a thing as it is now."""
        name = f"evt_{self.port}_{next(self._numbers):06}"
        return {"id": name, "object": "event", "type": kind, "data": {"object": dict(thing)}, "livemode": False}


def signed(event: dict[str, Any], secret: str = SIGNING, at: int | None = None) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of the message with an event, indented as Stripe sends them."""
    body = json.dumps(event, indent=2).encode()
    moment = int(time.time()) if at is None else at
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={moment},v1={signature},v0=0", "Content-Type": "application/json"}


def _error(status: int, kind: str, words: str) -> Answer:
    return status, {"error": {"type": kind, "message": words}}


def _nested(body: str) -> dict[str, Any]:
    """`a[b][0]=c` as dicts in dicts."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def _handler(owner: Stripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, said = owner.answer(self.command, self.path.partition("?")[0], self.headers, body)
            if owner.cut:
                owner.cut -= 1
                self.connection.close()
                return
            answer = json.dumps(said).encode()
            self.send_response(status)
            for name, value in (("Content-Type", "application/json"), ("Request-Id", "req_house")):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _reply  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
