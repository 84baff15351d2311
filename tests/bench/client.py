"""A browser reduced to one kept-alive socket, so that the client's own work stays small beside the server's."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `form` makes it a POST."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    expects: int = 200

    def encoded(self, cookies: Mapping[str, str]) -> bytes:
        lines = [f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1", "Host: bench.example", "Accept: */*"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        body = b""
        if self.form is not None:
            body = urlencode(self.form).encode()
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
            lines += ["Origin: https://bench.example", "Referer: https://bench.example/"]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Client:
    """Sends requests to one local port and times them; keeps cookies."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.cookies = dict(cookies or {})
        self._socket: socket.socket | None = None

    def send(self, request: Request) -> tuple[float, bytes]:
        """(milliseconds until the last byte, body). Raises AssertionError for another status than expected."""
        data = request.encoded(self.cookies)
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        self._socket.sendall(data)
        head, body = self._receive(self._socket)
        spent = (time.perf_counter() - began) * 1000
        self._note(head)
        status = int(head[9:12])
        if status != request.expects:
            said = body[:2000].decode("utf-8", "replace")
            raise AssertionError(f"{request.path}: {status}, not {request.expects}\n{said}")
        return spent, body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, connection: socket.socket) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(connection)
        head, _blank, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        parts, got = [body], len(body)
        while got < length:
            parts.append(self._more(connection))
            got += len(parts[-1])
        return head, b"".join(parts)

    def _more(self, connection: socket.socket) -> bytes:
        data = connection.recv(262_144)
        if not data:
            raise ConnectionError("The server closed the connection.")
        return data

    def _note(self, head: bytes) -> None:
        if b"\r\nconnection: close" in head.lower():
            self.close()
        for line in head.split(b"\r\n")[1:]:
            name, _colon, value = line.partition(b":")
            if name.lower() == b"set-cookie":
                key, _equals, content = value.strip().partition(b";")[0].decode().partition("=")
                self.cookies[key] = content


def form_of(page: bytes, action: str = "") -> dict[str, str]:
    """What a browser would send for the page's form that posts to an address ending in `action`."""
    parser = _Form(action)
    parser.feed(page.decode())
    return parser.values


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.values: dict[str, str] = {}
        self._inside = False
        self._template = 0
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "form":
            self._inside = found.get("method") == "post" and found.get("action", "").endswith(self.action)
        elif tag in ("template", "noscript"):
            self._template += 1
        elif not self._inside or self._template:
            return
        elif tag == "input" and name:
            if found.get("type") not in ("checkbox", "radio") or "checked" in found:
                self.values[name] = found.get("value", "on")
        elif tag == "select":
            self._select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self._select and ("selected" in found or self.values.get(self._select) == ""):
            self.values[self._select] = found.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag in ("template", "noscript"):
            self._template -= 1
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data
