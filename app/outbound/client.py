"""One request to one checked address: no redirects, no proxies, a deadline for all of it, an end to the answer.

`httpcore` speaks HTTP and TLS with the name of the host; our network backend connects to the numbers that were checked
and to no others, so a name that leads elsewhere a moment later changes nothing.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore

from app.outbound.addresses import Forbidden, Policy, Resolve, Target, checked_addresses, parse, system_resolve
from app.outbound.closing import is_closed

DEADLINE = 20.0
"""Seconds for name, connection, sending and the whole answer together."""
BODY_LIMIT = 64 * 1024


class Unanswered(Exception):
    """No answer came: refused, cut off, too slow, a certificate that does not hold. The message is a short reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` ends at the limit, and `cut` says that there was more."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool
    milliseconds: int

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def send(
    policy: Policy,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    deadline: float = DEADLINE,
    body_limit: int = BODY_LIMIT,
    resolve: Resolve = system_resolve,
) -> Answer:
    """Send one request. Raises Forbidden when the address may not be called, Unanswered when no answer came in time.

    Any status is an answer: the caller decides what a redirect or an error means; none is followed.
    """
    if is_closed():
        raise Unanswered("nothing is called on trial")
    clock = _Clock(deadline)
    target = parse(policy, url)
    numbers = _resolved(policy, target, resolve, clock)
    try:
        with httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=_Pinned(numbers, clock), retries=0, max_connections=1
        ) as pool:
            return _ask(pool, method, target, headers, body, clock, body_limit)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise Unanswered(_reason(error)) from None


class _Clock:
    def __init__(self, seconds: float) -> None:
        self.started = time.monotonic()
        self.end = self.started + seconds

    def left(self) -> float:
        """Seconds that are left. Raises ReadTimeout when none are."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("too slow")
        return left

    @property
    def milliseconds(self) -> int:
        return int((time.monotonic() - self.started) * 1000)


def _resolved(policy: Policy, target: Target, resolve: Resolve, clock: _Clock) -> list[str]:
    """The system's resolver knows no deadline, so it runs beside us."""
    beside = ThreadPoolExecutor(1, "resolver")
    try:
        return beside.submit(checked_addresses, policy, target, resolve).result(clock.left())
    except Late:
        raise Unanswered("the name was not resolved in time") from None
    finally:
        beside.shutdown(wait=False)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _ask(
    pool: httpcore.ConnectionPool,
    method: str,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    clock: _Clock,
    limit: int,
) -> Answer:
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    sent = [("Content-Length", str(len(body))), ("Connection", "close"), *headers.items()]
    with pool.stream(method, url, headers=sent, content=body) as response:
        kept, size = [], 0
        for chunk in response.iter_stream():
            kept.append(chunk)
            size += len(chunk)
            if size > limit:
                break
        shown = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        return Answer(response.status, shown, b"".join(kept)[:limit], size > limit, clock.milliseconds)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the checked numbers, in turn, whatever name is asked for."""

    def __init__(self, numbers: list[str], clock: _Clock) -> None:
        self.numbers, self.clock = numbers, clock
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("refused")
        for number in self.numbers:
            try:
                return _Timed(self.plain.connect_tcp(number, port, self.clock.left()), self.clock)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    def connect_unix_socket(self, *args: Any, **kw: Any) -> httpcore.NetworkStream:
        raise Forbidden("scheme", "Sockets of this machine cannot be called.")


class _Timed(httpcore.NetworkStream):
    """A connection on which every single read and write gets only what is left of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self.stream, self.clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.clock.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, self.clock.left()), self.clock)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _reason(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "too slow"
    if isinstance(error, httpcore.ProtocolError):
        return "not an HTTP answer"
    words = str(error) or type(error).__name__
    return "the certificate does not hold" if "CERTIFICATE_VERIFY_FAILED" in words else words[:200]
