"""psycopg as requests need it: statements stay prepared, and a connection in use is not pinged.

Two habits of the driver cost a web page more than its queries. psycopg forgets every prepared statement at a ROLLBACK,
and that is how a request that only read ends: each statement would be planned anew by every request. And asking each
pooled connection whether it still lives costs a round trip a request and pool.
"""

from __future__ import annotations

import select
import time
from typing import Any
from weakref import WeakKeyDictionary

from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url

DRIVER = "postgresql+tenantry"
_TRUST_SECONDS = 30.0
"""How long a connection that has answered is believed to live, unless its socket says otherwise."""
_answered: WeakKeyDictionary[Any, float] = WeakKeyDictionary()


class TenantryDialect(PGDialect_psycopg):
    """For connections that run statements of the application alone: none that creates or drops tables."""

    supports_statement_cache = True

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back without forgetting prepared statements, unless the transaction failed: then nothing is trusted."""
        wire = dbapi_connection.pgconn
        is_sound = wire.transaction_status == TransactionStatus.INTRANS
        if not (is_sound and wire.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK):
            super().do_rollback(dbapi_connection)

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Whether the connection lives. A server that hangs up makes the socket readable: mostly a look is enough."""
        now = time.monotonic()
        if now - _answered.get(dbapi_connection, 0.0) < _TRUST_SECONDS and _is_quiet(dbapi_connection.pgconn):
            return True
        lives = bool(super().do_ping(dbapi_connection))
        _answered[dbapi_connection] = now
        return lives


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
