"""Reading columns without what `Session.execute` does besides: a page sends few statements, but often.

`rows(session, statement)` gives the rows that `session.execute(statement).all()` would, for a select of columns, within
both walls. SQLAlchemy compiles a statement once for each shape and says what its parameters are; the driver is handed
the text. A statement that is always the same is worked out beforehand, as `Prepared`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import ColumnElement, Connection, Dialect, Select, Uuid, any_, literal, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY as ARRAY_HERE
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import ARRAY, NULLTYPE, TypeEngine

from app.data.bounded import Bounded
from app.data.driver import send
from app.data.scope import MissingTenant
from app.data.session import SAME_TENANT, session_tenant

Converter = Callable[[Any], Any]


class Several(ARRAY_HERE[Any]):
    """The type of an array that a column is looked for in. How many rows that means depends on what it holds, so a
    statement with one is planned each time: a plan for any array believes that any holds ten, and with a limit it takes
    the rows as they come, however few of them are meant."""

    cache_ok = True


def among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """The condition that a column of ids is one of these: one array, whatever its length, so that the text of the
    statement stays the same and an index of the column serves it."""
    found: ColumnElement[bool] = column == any_(literal(list(ids), Several(Uuid)))
    return found


def as_it_comes(column: Any) -> Any:
    """The column of an array as the driver gives it, which is a list already; SQLAlchemy would copy it once more."""
    return type_coerce(column, NULLTYPE) if isinstance(column.type, ARRAY) else column


def rows(session: Session, statement: Select[Any], *, keep_plan: bool = False, **named: Any) -> Sequence[Any]:
    """The rows of a select of columns (not of whole records), as tuples; `named` are values of its `bindparam`s.
    `keep_plan` is for one that finds its few rows by something else than its arrays (`among`): it is planned once.

    Raises MissingTenant when no tenant is set, and what SQLAlchemy raises for a statement that fails.
    """
    return Prepared(statement, keep_plan=keep_plan).rows(session, **named)


class Prepared:
    """A select of columns that is sent again and again with other values for its `bindparam`s."""

    def __init__(self, statement: Select[Any], *, keep_plan: bool = False) -> None:
        self.statement = statement
        self.keep_plan = keep_plan

    def rows(self, session: Session, **named: Any) -> Sequence[Any]:
        """As the function `rows`."""
        if session_tenant(session) is None:
            raise MissingTenant("No tenant is set, so nothing can be read.")
        session.flush()
        connection = session.connection()
        shape = self._shape(connection.dialect)
        if shape is None:
            return session.execute(self.statement, named).all()
        is_planned_anew = shape.is_planned_anew and not self.keep_plan
        return _sent(connection, shape, shape.values(self._key.bindparams, named), is_planned_anew)

    @cached_property
    def _scoped(self) -> Select[Any]:
        return self.statement.options(SAME_TENANT)

    @cached_property
    def _key(self) -> Any:
        return self._scoped._generate_cache_key()

    def _shape(self, dialect: Dialect) -> _Shape | None:
        if self._key is None:
            return None
        if self._key.key not in _shapes:
            _shapes[self._key.key] = _compiled(self._scoped, self._key, dialect)
        return _shapes[self._key.key]


class _Shape:
    """A compiled statement, good for every statement that differs from it in values alone."""

    def __init__(self, compiled: SQLCompiler, types: Sequence[TypeEngine[Any]]) -> None:
        self.compiled = compiled
        self._types = types
        self.is_planned_anew = any(isinstance(one.type, Several) for one in compiled.binds.values())
        # A list of processors belongs to a tuple among the values, which no statement of ours has.
        self._inbound = {name: one for name, one in compiled._bind_processors.items() if callable(one)}
        self._outbound: tuple[tuple[int, Converter], ...] | None = None

    def values(self, given: Sequence[Any] | None, named: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as the driver takes them."""
        found = dict(self.compiled.construct_params(dict(named), extracted_parameters=given))
        for name, convert in self._inbound.items():
            found[name] = convert(found[name])
        return found

    def read(self, cursor: Cursor[Any], dialect: Dialect) -> Sequence[Any]:
        """The rows as SQLAlchemy's types want them; most take what the driver gives."""
        if self._outbound is None:
            codes = [one.type_code for one in cursor.description or ()]
            found = [
                one.dialect_impl(dialect).result_processor(dialect, code)
                for one, code in zip(self._types, codes, strict=True)
            ]
            self._outbound = tuple((at, convert) for at, convert in enumerate(found) if convert is not None)
        rows = cursor.fetchall()
        return [_converted(row, self._outbound) for row in rows] if self._outbound else rows


_shapes: Bounded[Any, _Shape | None] = Bounded(2_000)
"""By cache key; None for a shape whose text depends on its values (a list of unknown length)."""


def _compiled(statement: Select[Any], key: Any, dialect: Dialect) -> _Shape | None:
    compiled = statement._compiler(dialect, cache_key=key)
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params or compiled.literal_execute_params:
        return None
    return _Shape(compiled, [one.type for one in statement.selected_columns])


def _sent(connection: Connection, shape: _Shape, values: dict[str, Any], is_planned_anew: bool) -> Sequence[Any]:
    try:
        driver = connection.connection.driver_connection
        cursor = send(
            connection.engine,
            driver,
            shape.compiled.string,
            values,
            context=shape,
            prepare=False if is_planned_anew else None,
        )
        return shape.read(cursor, connection.dialect)
    except DBAPIError as error:
        if error.connection_invalidated:
            connection.invalidate(error)
        raise


def _converted(row: Sequence[Any], converters: tuple[tuple[int, Converter], ...]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in converters:
        values[at] = convert(values[at])
    return tuple(values)
