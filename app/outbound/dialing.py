"""Connecting to one of the addresses that a server's name was found to have, for protocols other than HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable

from app.outbound.closing import is_closed


def dial(numbers: Iterable[str], port: int, seconds: float, *, tls_for: str = "") -> socket.socket:
    """A connection to the first that answers; with `tls_for` over TLS, by a certificate of that name. Raises OSError,
    that of the last one."""
    plain = _first_that_answers(numbers, port, seconds)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=tls_for) if tls_for else plain


def _first_that_answers(numbers: Iterable[str], port: int, seconds: float) -> socket.socket:
    if is_closed():
        raise OSError("nothing is called on trial")
    failure: OSError | None = None
    for number in numbers:
        try:
            return socket.create_connection((number, port), seconds)
        except OSError as error:
            failure = error
    raise failure or OSError("no address")
