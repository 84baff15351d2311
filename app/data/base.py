"""The declarative base of every table, sharing registry and metadata with Flask-AppBuilder's models.

Sharing them lets our tables refer to `ab_user` and `ab_role`, and lets one Alembic run see every table. This is the
one module below `app.identity` that imports Flask-AppBuilder, and it does so for this reason alone.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from flask_appbuilder.models.sqla import Base as _FabBase
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, declared_attr

from app.data.owners import schema_of

metadata: MetaData = _FabBase.metadata
# Set before any model module is imported, so that every constraint has a predictable name: errors are translated
# into words by constraint name, and Alembic can drop what it created.
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def snake_case(name: str) -> str:
    """`LeadStage` -> `lead_stage`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


class Base(DeclarativeBase):
    """Base of global tables: rows that belong to no tenant. Tenant tables subclass `Record` or `TenantTable`."""

    __abstract__ = True
    registry = _FabBase.registry
    metadata = metadata

    __owner__: ClassVar[str]
    """The plugin (or `core`) that owns the table: its schema, its migrations, its claims."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return snake_case(cls.__name__)

    @classmethod
    def __table_cls__(cls, name: str, metadata: MetaData, *args: Any, **kw: Any) -> Any:
        from sqlalchemy import Table

        kw.setdefault("schema", schema_of(cls.__module__))
        return Table(name, metadata, *args, **kw)
