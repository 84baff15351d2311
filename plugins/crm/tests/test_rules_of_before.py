"""Scoring rules of one condition each, as they were stored before, go on as rules with conditions, and back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from app.data import ddl, migrate
from app.host.registry import build
from app.ops.bootstrap import prepare_roles
from app.testing import servers
from app.testing.fixtures import installed

RULES = {
    "has e-mail": ("contact_email", "filled", None),
    "worth": ("value", "at_least", "1000"),
    "old": ("last_activity_at", "older", "30"),
}


@pytest.fixture
def empty(addresses, worker_id_or_main):
    """Settings for a new database with roles and no tables."""
    database_url, redis_url, folder = addresses
    name = f"tenantry_scores_{worker_id_or_main}"
    settings = servers.settings_for(servers.create_database(database_url, name), redis_url, folder / "scores")
    prepare_roles(settings)
    yield settings
    servers.drop_database(database_url, name)


def test_rules_go_on_as_conditions_and_back(empty, pytestconfig):
    histories = build(installed(pytestconfig)).histories()
    crm = next(one for one in histories if one.owner == "crm")
    url, roles = empty.role_url("owner"), ddl.RoleNames.of(empty.role_prefix)

    def rows(statement, **values):
        with migrate.owner_engine(url).begin() as connection:
            connection.execute(text(f'SET ROLE "{roles.platform}"'))
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    migrate.upgrade(url, histories, roles, lambda line: None)
    migrate.downgrade(url, crm, roles, "crm_0014")
    migrate.downgrade(url, crm, roles, "-1")
    tenant = uuid4()
    rows("INSERT INTO tenant (id, slug, name) VALUES (:id, 'acme', 'Acme')", id=tenant)
    into = "INSERT INTO crm.score_rule (tenant_id, name, subject, comparison, value, points)"
    for name, (subject, comparison, value) in RULES.items():
        rows(f"{into} VALUES (:t, :n, :s, :c, :v, 5)", t=tenant, n=name, s=subject, c=comparison, v=value)
    migrate.upgrade(url, histories, roles, lambda line: None)
    found = rows(
        "SELECT rule.name, one.field, one.operator, one.value, one.alternative FROM crm.score_rule rule "
        "JOIN crm.score_condition one ON (one.tenant_id, one.rule_id) = (rule.tenant_id, rule.id)"
    )
    assert set(found) == {
        ("has e-mail", "contact.email", "filled", None, 1), ("worth", "value", "at_least", "1000", 1),
        ("old", "last_activity_at", "older", "30", 1),
    }  # fmt: skip
    migrate.downgrade(url, crm, roles, "crm_0014")
    migrate.downgrade(url, crm, roles, "-1")
    assert {
        name: tuple(rest) for name, *rest in rows("SELECT name, subject, comparison, value FROM crm.score_rule")
    } == RULES
