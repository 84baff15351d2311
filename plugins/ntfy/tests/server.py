"""A server on this machine that takes pushes as ntfy does: JSON to its root, a bearer token, its error codes."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
LARGEST = 4_096


class Ntfy:
    """`token` is what it wants, if any; `limited` answers of its next ones say that there were too many; `cut` breaks
    so many connections before they are answered."""

    def __init__(self, token: str = "") -> None:
        self.token, self.limited, self.cut = token, 0, 0
        self.published: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, authorization: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """The answer to one publication."""
        if path != "/":
            return _error(404, 40401, "page not found")
        if self.token and authorization != f"Bearer {self.token}":
            return _error(401, 40101, "unauthorized") if not authorization else _error(403, 40301, "forbidden")
        if self.limited:
            self.limited -= 1
            return _error(429, 42901, "limit reached: too many requests")
        try:
            told = json.loads(body)
        except ValueError:
            return _error(400, 40024, "invalid request: request body must be message JSON")
        if not TOPIC.fullmatch(str(told.get("topic", ""))):
            return _error(400, 40009, "invalid request: topic invalid")
        if len(told.get("message", "").encode()) > LARGEST:
            return _error(413, 41301, "attachment too large, or bandwidth limit reached")
        made = {"id": f"msg{len(self.published):09}", "time": int(time.time()), "event": "message", **told}
        self.published.append(made)
        return 200, made


def _error(status: int, code: int, words: str) -> tuple[int, dict[str, Any]]:
    return status, {"code": code, "http": status, "error": words}


def _handler(owner: Ntfy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if owner.cut:
                owner.cut -= 1
                self.connection.close()
                return
            status, said = owner.take(self.path, self.headers.get("Authorization", ""), body)
            answer = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
