"""psycopg as requests need it: statements stay prepared, and no round trip is waited for that tells nothing.

Four habits of the driver cost a web page more than its queries. psycopg forgets every prepared statement at a ROLLBACK,
and that is how a request that only read ends: each statement would be planned anew by every request. Asking each pooled
connection whether it still lives, waiting for the answer to a closing ROLLBACK, and telling the tenant after a BEGIN
that was sent by itself take a round trip each.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary, WeakSet

from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url

DRIVER = "postgresql+tenantry"
_TRUST_SECONDS = 30.0
"""How long a connection that has answered is believed to live, unless its socket says otherwise."""
_answered: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
_unread: WeakSet[Any] = WeakSet()
"""Connections in the pool whose closing ROLLBACK was sent and whose answer nobody has read yet."""
_giving_back: ContextVar[bool] = ContextVar("tenantry_giving_back", default=False)


class TenantryDialect(PGDialect_psycopg):
    """For connections that run statements of the application alone: none that creates or drops tables."""

    supports_statement_cache = True

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back without forgetting prepared statements, unless the transaction failed: then nothing is trusted."""
        # The pool hands over its proxy, the ping the driver's own connection.
        driver = getattr(dbapi_connection, "driver_connection", dbapi_connection)
        if driver in _unread:
            return
        wire = driver.pgconn
        is_sound = wire.transaction_status == TransactionStatus.INTRANS
        if is_sound and _giving_back.get():
            wire.send_query(b"ROLLBACK")
            wire.flush()
            _unread.add(driver)
        elif not (is_sound and wire.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK):
            super().do_rollback(dbapi_connection)

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Whether the connection lives. A server that hangs up makes the socket readable: mostly a look is enough."""
        if dbapi_connection in _unread:
            _unread.discard(dbapi_connection)
            if not _is_rolled_back(dbapi_connection.pgconn):
                return False
        now = time.monotonic()
        if now - _answered.get(dbapi_connection, 0.0) < _TRUST_SECONDS and _is_quiet(dbapi_connection.pgconn):
            return True
        lives = bool(super().do_ping(dbapi_connection))
        _answered[dbapi_connection] = now
        return lives


@contextmanager
def giving_back() -> Iterator[None]:
    """Within the block, connections that are rolled back go back to the pool: nobody waits for their answers.

    They are read when the pool hands the connection out again, which it does after asking `do_ping`.
    """
    token = _giving_back.set(True)
    try:
        yield
    finally:
        _giving_back.reset(token)


def begin_for(dbapi_connection: Any, tenant_id: UUID) -> bool:
    """Begin a transaction and tell row-level security its tenant, in one round trip. False when nothing was done."""
    wire = dbapi_connection.pgconn
    is_usual = dbapi_connection.isolation_level is None and not dbapi_connection.autocommit
    if not is_usual or wire.transaction_status != TransactionStatus.IDLE:
        return False
    told = wire.exec_(b"BEGIN; SELECT set_config('app.tenant_id', '%b', true)" % str(tenant_id).encode())
    return bool(told.status == ExecStatus.TUPLES_OK)


def _is_rolled_back(wire: Any) -> bool:
    answers = []
    while (answer := wire.get_result()) is not None:
        answers.append(answer.status)
    return answers == [ExecStatus.COMMAND_OK]


def _is_quiet(wire: Any) -> bool:
    if wire.status != ConnStatus.OK:
        return False
    poll = select.poll()
    poll.register(wire.socket, select.POLLIN)
    return not poll.poll(0)


def with_driver(address: str) -> str:
    """The SQLAlchemy address of a database, reached by this dialect."""
    return make_url(address).set(drivername=DRIVER).render_as_string(hide_password=False)


registry.register(DRIVER.replace("+", "."), __name__, TenantryDialect.__name__)
