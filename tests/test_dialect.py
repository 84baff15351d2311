"""Connections of requests: statements stay prepared, dead connections are replaced without anybody noticing."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.contacts.models import Contact
from app.data import db
from app.data.dialect import with_driver

PREPARED = text("SELECT count(*) FROM pg_prepared_statements")
ENOUGH = 8
"""Executions after which psycopg has prepared a statement."""


def test_read_requests_leave_their_statements_prepared(house):
    with house.inside():
        for _request in range(ENOUGH):
            db.session.execute(select(Contact.full_name).limit(1)).all()
            db.session.rollback()
        assert db.session.execute(PREPARED).scalar_one() > 0


def test_a_rollback_takes_back_what_was_written(house):
    with house.inside():
        db.session.add(Contact(full_name="Nobody at all"))
        db.session.flush()
        db.session.rollback()
        assert db.session.scalars(select(Contact).where(Contact.full_name == "Nobody at all")).first() is None


def test_after_a_failed_statement_nothing_is_trusted(house):
    with house.inside():
        for _request in range(ENOUGH):
            db.session.execute(select(Contact.full_name).limit(1)).all()
            db.session.rollback()
        with pytest.raises(DBAPIError):
            db.session.execute(text("SELECT 1 / 0"))
        db.session.rollback()
        assert db.session.execute(PREPARED).scalar_one() == 0


def test_requests_survive_the_end_of_all_their_connections(house, settings):
    browser = house.browser("owner")
    assert browser.go("/contacts/contact/").status_code == 200
    with psycopg.connect(settings.database_url, autocommit=True) as server:
        ended = server.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'tenantry-%'"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 2
    assert browser.go("/contacts/contact/").status_code == 200


def test_the_address_keeps_its_password():
    address = with_driver("postgresql+psycopg://me:p%40ss@host:5/base")
    assert address == "postgresql+tenantry://me:p%40ss@host:5/base"
