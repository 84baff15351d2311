"""What must be true before anything starts; each thing that is not is said in one clear sentence."""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from config import Settings

MINIMUM_POSTGRES = 15
REACH_SECONDS = 5


def check_folder(path: Path) -> None:
    """Create `path` when it is missing and prove that a file can be written there. Raises Refusal."""
    from app.ops.embedded.folders import make_folder

    make_folder(path)
    probe = path / f".write-{socket.gethostname()}"
    try:
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise Refusal(
            f"The folder {path} cannot be written ({error.strerror}): set TENANTRY_VAR to another."
        ) from error


def check_port(host: str, port: int) -> None:
    """Raises Refusal when nothing can listen on this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1)
        except OSError as error:
            raise Refusal(_port_sentence(host, port, error)) from error


def _port_sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have: choose one above 1023 with --port."
    return f"Nothing can listen on {host} port {port}: {error.strerror or error}."


@contextmanager
def connect_database(url: str) -> Iterator[psycopg.Connection]:
    """A connection to a PostgreSQL that is new enough; commits at the end of the block. Raises Refusal."""
    import psycopg

    try:
        connection = psycopg.connect("postgresql://" + url.partition("://")[2], connect_timeout=REACH_SECONDS)
    except psycopg.Error as error:
        raise Refusal(f"The database {_place(url)} cannot be reached: {_first_line(error)}.") from error
    with connection:
        version = connection.info.server_version // 10000
        if version < MINIMUM_POSTGRES:
            raise Refusal(f"PostgreSQL {version} is too old: Tenantry needs {MINIMUM_POSTGRES} or newer.")
        yield connection


def check_database(settings: Settings) -> None:
    """Raises Refusal when the database cannot be reached or is too old."""
    with connect_database(settings.database_url):
        pass


def check_redis(url: str) -> None:
    """Raises Refusal when no Redis or Valkey answers there."""
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=REACH_SECONDS, socket_timeout=REACH_SECONDS) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        reason = _first_line(error).rpartition(". ")[2]  # "Error 111 connecting to host:port. Connection refused"
        raise Refusal(f"Redis at {_place(url)} cannot be reached: {reason}.") from error


def _place(url: str) -> str:
    """Where an address points, without the user and the password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path or "this address"


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__
