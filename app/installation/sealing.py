"""Secrets in columns of plugins: sealed for the row they lie in, and sealed anew when the keys rotate.

class Form(Record):
    webhook_secret: Mapped[str | None] = sealed()

keep_secret(form, "webhook_secret", token_hex(32))
read_secret(form, "webhook_secret")
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import current_app
from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Record, TenantTable, db
from app.data.owners import CORE
from app.data.positions import waiting_plugins
from app.data.secrets import CannotOpen, SecretKey, bound_to, open_sealed, renewed, seal
from app.host.at_work import need_own

_MARK = "sealed"


def sealed() -> Mapped[str | None]:
    """A column for a secret: no form, list, export or log shows it."""
    return mapped_column(Text, info={"secret": True, _MARK: True})


def keep_secret(row: Record, column: str, secret: str | None) -> None:
    """Store a secret in a sealed column of a record that has its id; None empties it."""
    setattr(row, column, None if secret is None else seal(_keys(), secret, _place(row, column)))


def read_secret(row: Record, column: str) -> str | None:
    """The secret in a sealed column. Raises CannotOpen when its key is gone."""
    stored = getattr(row, column)
    return None if stored is None else open_sealed(_keys(), stored, _place(row, column))


def reseal() -> list[str]:
    """Seal what the tenant in force has in sealed columns with the first key, where another one sealed it. Returns
    which cannot be read; they stay as they are."""
    unreadable = []
    for model, column in _columns():
        attribute = getattr(model, column)
        for row in db.session.scalars(select(model).where(attribute.is_not(None))):
            try:
                setattr(row, column, renewed(_keys(), getattr(row, column), _place(row, column)))
            except CannotOpen:
                unreadable.append(f"{column} of {model.__table__.fullname} {row.id}")
    return unreadable


def _columns() -> Iterator[tuple[Any, str]]:
    late = waiting_plugins()
    for mapper in TenantTable.registry.mappers:
        if issubclass(mapper.class_, Record) and mapper.local_table.schema not in late:  # type: ignore[attr-defined]
            yield from ((mapper.class_, one.key) for one in mapper.columns if one.info.get(_MARK))


def _place(row: Any, column: str) -> bytes:
    need_own(row.__table__.schema or CORE, f"the secret “{column}” of {row.__table__.fullname}")
    return bound_to(row.__table__.fullname, column, row.id)


def _keys() -> list[SecretKey]:
    keys: list[SecretKey] = current_app.config["TENANTRY"].secret_keys
    return keys
