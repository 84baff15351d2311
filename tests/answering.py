"""A real HTTP server on this machine that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Answering:
    """`script` holds (status, headers, body) of the next answers; when it is empty the answer is `usual`."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Asked] = []
        self.script: list[tuple[int, dict[str, str], bytes]] = []
        self.usual: tuple[int, dict[str, str], bytes] = (200, {}, b"ok")
        self.drip = ""
        self.rubbish = False
        self.pause = 0.0
        self.names: list[str | None] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        if context is not None:
            context.sni_callback = lambda socket, name, context: self.names.append(name)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port: int = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(owner: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            owner.requests.append(Asked(self.path, dict(self.headers), body, time.time()))
            time.sleep(owner.pause)
            status, headers, content = owner.script.pop(0) if owner.script else owner.usual
            with contextlib.suppress(OSError):  # the caller has had enough
                self._answer(status, headers, content)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            if owner.rubbish:
                self.wfile.write(b"\x00\x01 what\r\n\r\n")
                return
            if owner.drip == "head":
                self._drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(1000 if owner.drip else len(content)))
            self.end_headers()
            self._drip(b"a" * 100) if owner.drip else self.wfile.write(content)

        def _drip(self, content: bytes) -> None:
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def self_signed(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for a name, and the file with the certificate that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context, certificate
