"""A server on this machine that answers as Meta's Graph API does: leads, leads of a form in pages, forms of a page."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

TOKEN, SECRET = "EAAB-page-token", "app-secret-of-meta"
EXPIRED = {"message": "Error validating access token: Session has expired", "type": "OAuthException", "code": 190,
           "error_subcode": 463}  # fmt: skip
BUSY = {"message": "(#4) Application request limit reached", "type": "OAuthException", "code": 4}
UNKNOWN = {"message": "Unsupported get request. Object with ID does not exist", "type": "GraphMethodException",
           "code": 100, "error_subcode": 33}  # fmt: skip


class GraphServer:
    """`leads` by number, each with `form_id` and `created` (seconds); `busy` answers of its next ones say that there
    were too many; `page` leads are in one page at most."""

    def __init__(self) -> None:
        self.token, self.secret, self.busy, self.page = TOKEN, SECRET, 0, 2
        self.leads: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, number: str, name: str, created: int = 1_780_000_000, form: str = "77", **answers: str) -> None:
        """A lead that somebody left at Meta."""
        said = {"full_name": name, "email": f"{number}@mail.example", "which_model": "X5", **answers}
        self.leads[number] = {
            "id": number, "form_id": form, "created": created, "campaign_name": "Spring", "campaign_id": "5",
            "ad_name": "Red", "platform": "ig", "is_organic": False,
            "field_data": [{"name": key, "values": [value]} for key, value in said.items() if value],
        }  # fmt: skip

    def take(self, path: str, query: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to one GET."""
        self.asked.append(path)
        proof = hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        if authorization != f"Bearer {self.token}" or query.get("appsecret_proof") != proof:
            return 400, {"error": EXPIRED}
        if self.busy:
            self.busy -= 1
            return 400, {"error": BUSY}
        _root, _version, number, *edge = path.split("/")
        if edge == ["leadgen_forms"]:
            return 200, {"data": [{"id": one} for one in sorted({lead["form_id"] for lead in self.leads.values()})]}
        if edge == ["leads"]:
            return 200, self._page(number, query)
        return (200, _shown(self.leads[number])) if number in self.leads else (400, {"error": UNKNOWN})

    def _page(self, form: str, query: dict[str, str]) -> dict[str, Any]:
        bounds = {one["operator"]: int(one["value"]) for one in json.loads(query["filtering"])}
        within = [
            lead for lead in self.leads.values()
            if lead["form_id"] == form and bounds["GREATER_THAN"] < lead["created"] < bounds["LESS_THAN"]
        ]  # fmt: skip
        start = int(query.get("after", "0"))
        shown, end = within[start : start + self.page], start + self.page
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(within):
            paging["next"] = f"https://graph.facebook.com/v23.0/{form}/leads?access_token=x&after={end}"
        return {"data": [_shown(lead) for lead in shown], "paging": paging}


def _shown(lead: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in lead.items() if name != "created"}


def _handler(owner: GraphServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, said = owner.take(parts.path, query, self.headers.get("Authorization", ""))
            answer = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
