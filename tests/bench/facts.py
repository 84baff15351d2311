"""What the scenarios need to know of the data: common and rare words, a place deep in the list, whom to edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask

from app.data import db
from app.identity.models import Account
from app.identity.services import find_account, issue_token, open_session
from app.screens.reading.paging import Position
from app.tenancy.models import Tenant
from app.tenancy.services import find_tenant
from tests.bench.plan import SLUG

PAGE = 4_000
"""How deep “deep” is, in pages of 25."""
EDITED = 300
TOKENS = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """Of the largest tenant."""

    tenant_id: UUID
    slug: str
    rows: int
    deep_id: UUID
    common: str
    common_hits: int
    prefix: str
    rare: str
    pair: str
    phone: str
    source: str
    edited: tuple[UUID, ...]
    """Contacts whose names nobody else has, so that saving them raises no doubt about duplicates."""
    session: str
    tokens: tuple[str, ...]
    """Of one owner: many, because a token may send only so many requests a minute."""

    @property
    def deep_cursor(self) -> str:
        return Position(None, self.deep_id).encode("-created_at")


def gather(app: Flask, connection: psycopg.Connection) -> Facts:
    """Look the facts up; signs the owner in and gives them tokens."""
    with app.app_context():
        tenant, account = find_tenant(SLUG.format(0)), find_account("person0@bench.example")
        assert tenant is not None
        assert account is not None
        connection.execute("DELETE FROM api_token")
        connection.execute("UPDATE account_session SET ended_at = now() WHERE ended_at IS NULL")
        session = open_session(account.id)
        tokens = tuple(_token(account, tenant) for _number in range(TOKENS))
        for engine in db.engines.values():
            engine.dispose()
    one = _Questions(connection, tenant.id)
    surname, hits = one.row(
        "SELECT lower(last_name), count(*) FROM contact WHERE tenant_id = %s AND last_name ~ '^[a-zA-Z]+$'"
        " GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    )
    first, last, email, phone = one.row(
        "SELECT c.first_name, c.last_name, e.value, p.value FROM contact c"
        " JOIN contact_channel e ON e.tenant_id = c.tenant_id AND e.contact_id = c.id AND e.kind = 'email'"
        " JOIN contact_channel p ON p.tenant_id = c.tenant_id AND p.contact_id = c.id AND p.kind = 'phone'"
        " WHERE c.tenant_id = %s AND c.first_name ~ '^[a-zA-Z]+$' AND c.last_name ~ '^[a-zA-Z]+$'"
        " ORDER BY c.id OFFSET 100 LIMIT 1"
    )
    rows = one.row("SELECT count(*) FROM contact WHERE tenant_id = %s")[0]
    return Facts(
        tenant_id=tenant.id,
        slug=tenant.slug,
        rows=rows,
        deep_id=one.row(
            f"SELECT id FROM contact WHERE tenant_id = %s ORDER BY id DESC OFFSET {min(PAGE * 25, rows // 2)} LIMIT 1"
        )[0],
        common=surname,
        common_hits=hits,
        prefix="mar",
        rare=email.partition("@")[0] + "@",
        pair=f"{first} {last}",
        phone=phone[:-3],
        source="Referral",
        edited=tuple(one.column(
            "SELECT (array_agg(id))[1] FROM contact WHERE tenant_id = %s"
            f" GROUP BY full_name_sort HAVING count(*) = 1 LIMIT {EDITED}"
        )),
        session=session,
        tokens=tokens,
    )  # fmt: skip


def _token(account: Account, tenant: Tenant) -> str:
    return issue_token(account.id, tenant.id, "bench", ("*",), timedelta(days=1))[0]


class _Questions:
    def __init__(self, connection: psycopg.Connection, tenant: UUID) -> None:
        self.connection = connection
        self.tenant = tenant

    def row(self, statement: str) -> tuple[Any, ...]:
        found = self.connection.execute(statement, (self.tenant,)).fetchone()
        assert found is not None, statement
        return found

    def column(self, statement: str) -> list[Any]:
        return [row[0] for row in self.connection.execute(statement, (self.tenant,)).fetchall()]
