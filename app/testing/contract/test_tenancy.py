"""Laws 1 and 2: without the tenant no row, whatever the table; the database refuses every reference across tenants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ForeignKeyConstraint, Table, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.data import Record, TenantTable, db, platform_session
from app.data.base import metadata
from app.data.bulk import TOLD
from app.data.catalog import APPEND_ONLY
from app.data.ddl import is_tenant_table
from app.data.owners import owner_of
from app.testing.house import House
from app.testing.samples import Samples
from app.testing.subject import Subject
from app.testing.walls import Walls


def tenant_models() -> list[type[TenantTable]]:
    """Every mapped tenant table of this process, the core's and the plugins'."""
    found = (mapper.class_ for mapper in TenantTable.registry.mappers if issubclass(mapper.class_, TenantTable))
    return sorted(found, key=lambda model: model.__name__)


class Pair:
    """A row of every tenant table that is asked about, in each of two tenants."""

    def __init__(self, house: House, samples: Samples, models: list[type[TenantTable]]) -> None:
        self.mine, self.theirs = house.new_tenant(), house.new_tenant()
        self.house, self.models = house, models
        self.rows: dict[tuple[str, type[Any]], Any] = {}
        for tenant in (self.mine, self.theirs):
            with house.inside(tenant) as session:
                for model in models:
                    row = a_row(session, samples, model)
                    self.rows[tenant.slug, model] = key_of(model, row)
                session.commit()

    @property
    def tables(self) -> list[Table]:
        mine = {model.__table__ for model in self.models}
        return [table for table in tenant_tables() if table in mine]

    def key(self, model: type[Any], *, foreign: bool) -> dict[str, Any]:
        tenant = self.theirs if foreign else self.mine
        found: dict[str, Any] = self.rows[tenant.slug, model]
        return found


def a_row(session: Any, samples: Samples, model: type[Any]) -> Any:
    """A row of any tenant table."""
    if issubclass(model, Record):
        return samples.record(session, model)
    existing = session.scalars(select(model).limit(1)).first()
    return existing or samples.lean(session, model)


def key_of(model: type[Any], row: Any) -> dict[str, Any]:
    """What names the row among all tenants': its own key, or the tenant where it has one row for each."""
    columns = (column for column in model.__table__.primary_key if column.name != "tenant_id")
    return {column.name: getattr(row, column.key) for column in columns} or {"tenant_id": row.tenant_id}


@pytest.fixture(scope="session")
def pair(house: House, samples: Samples, subject: Subject) -> Pair:
    models = [one for one in tenant_models() if subject.plugin in (None, owner_of(one.__module__))]
    if not models:
        pytest.skip(f"{subject.plugin} has no tables")
    return Pair(house, samples, models)


def test_with_neither_wall_everything_is_visible(pair: Pair, walls: Walls) -> None:
    """The control of this file: switching a wall off does switch it off."""
    with walls.standing(orm=False, database=False), pair.house.inside(pair.mine) as session:
        for model in pair.models:
            assert {pair.mine.id, pair.theirs.id} <= set(session.scalars(select(model.tenant_id))), model


@pytest.fixture(params=["both walls", "only the ORM", "only the database"])
def standing(request: pytest.FixtureRequest, walls: Walls) -> Iterator[str]:
    """Which walls stand during the test."""
    with walls.standing(orm="database" not in request.param, database="ORM" not in request.param):
        yield request.param


def test_another_tenants_rows_cannot_be_read_changed_or_deleted(pair: Pair, standing: str) -> None:
    with pair.house.inside(pair.mine) as session:
        for model in pair.models:
            theirs = [getattr(model, name) == value for name, value in pair.key(model, foreign=True).items()]
            mine = [getattr(model, name) == value for name, value in pair.key(model, foreign=False).items()]
            found = set(session.scalars(select(model.tenant_id)))
            assert found == {pair.mine.id}, f"{model.__name__}: {standing}"
            assert session.scalar(select(func.count()).select_from(model).where(*mine)) == 1, model
            assert session.scalar(select(func.count()).select_from(model).where(*theirs)) == 0, model
            assert session.scalars(select(model).where(*theirs)).first() is None, model
            column = model.__mapper__.primary_key[0]
            same = update(model).where(*theirs).values({column.name: column})
            for change in (delete(model).where(*theirs), same.execution_options(synchronize_session=False)):
                assert touched(session, model, change) == 0, model
        session.rollback()


def touched(session: Any, model: type[Any], change: Any) -> int:
    """How many rows a change reaches: none of a table that may only grow, and its refusal is no error of the test."""
    if not only_grows(model.__table__):
        return int(session.execute(change).rowcount)
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(change)
    return 0


def only_grows(table: Table) -> bool:
    return f"{table.schema or 'public'}.{table.name}" in APPEND_ONLY


def test_another_tenants_record_cannot_be_got_by_its_key(pair: Pair, standing: str) -> None:
    with pair.house.inside(pair.mine) as session:
        for model in pair.models:
            if issubclass(model, Record):
                assert session.get(model, pair.key(model, foreign=True)["id"]) is None, f"{model.__name__}: {standing}"
                assert session.get(model, pair.key(model, foreign=False)["id"]) is not None, model


def test_without_a_tenant_the_database_shows_nothing(app: Flask, pair: Pair) -> None:
    with app.app_context(), db.engines[None].connect() as raw:
        for table in pair.tables:
            assert raw.execute(select(func.count()).select_from(table)).scalar() == 0, table.fullname


def test_the_database_refuses_to_write_for_another_tenant(app: Flask, pair: Pair) -> None:
    with app.app_context(), db.engines[None].connect() as raw:
        for table in pair.tables:
            raw.execute(text("SELECT set_config('app.tenant_id', :t, true)"), {"t": str(pair.mine.id)})
            words = "permission denied" if only_grows(table) else "row-level security"
            with pytest.raises(ProgrammingError, match=words):
                raw.execute(table.update().values(tenant_id=pair.theirs.id))
            raw.rollback()


def test_every_tenant_table_is_mapped() -> None:
    """A table outside the mapping would have no second wall."""
    mapped = {mapper.local_table for mapper in TenantTable.registry.mappers if issubclass(mapper.class_, TenantTable)}
    assert set(tenant_tables()) == mapped


def test_no_foreign_key_accepts_a_row_of_another_tenant(app: Flask, pair: Pair, whole: bool) -> None:
    """Asked of the platform role, which row-level security does not stop."""
    checked = 0
    for table in pair.tables:
        for key in table.foreign_key_constraints:
            if not is_tenant_table(key.referred_table):
                continue
            checked += 1
            with (
                app.app_context(),
                pytest.raises(IntegrityError, match="foreign key"),
                platform_session("a test ties a row to another tenant's") as session,
            ):
                tie(session, table, key, pair)
    assert checked > 5 or not whole


def tie(session: Any, table: Table, key: ForeignKeyConstraint, pair: Pair) -> None:
    link, named = next((one.parent.name, one.column) for one in key.elements if one.parent.name != "tenant_id")
    others = key.referred_table
    theirs = session.execute(select(named).where(others.c.tenant_id == pair.theirs.id)).scalars().first()
    mine = select(*table.primary_key).where(table.c.tenant_id == pair.mine.id)
    row = session.execute(mine).first()
    assert row is not None, f"no row of {table.fullname} to try with"
    is_it = [column == value for column, value in zip(table.primary_key, row, strict=True)]
    statement = table.update().where(*is_it).values({**_let_go(table), link: theirs})
    session.execute(statement, execution_options=TOLD)


def _let_go(table: Table) -> dict[str, None]:
    """What else the row may refer to, of which a check may allow only one."""
    links = (column for key in table.foreign_key_constraints for column in key.columns)
    return {column.name: None for column in links if column.nullable}


def tenant_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if is_tenant_table(table)]
