"""Counting statements: what is asked anew after a while is nobody's cost, so a slow machine counts like a quick one."""

from __future__ import annotations

from threading import Thread

from sqlalchemy import text

from app.data import db, platform_session
from app.data.positions import EXTENSION, waiting_plugins
from app.host.apart import in_thread
from app.testing.counting import count_statements


def test_positions_of_migrations_that_are_asked_anew_are_not_counted(app):
    with app.app_context():
        app.extensions[EXTENSION]._until = 0.0  # as after a while
        with count_statements() as seen:
            waiting_plugins()
            with db.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    assert list(seen) == ["SELECT 1"]
    assert app.extensions[EXTENSION]._until > 0, "they were asked"


def test_that_somebody_is_still_there_is_noted_once_a_minute_and_in_no_pages_cost(app, house):
    for ask, path in (
        (house.browser("viewer").go, "/contacts/contact/"),
        (house.api("viewer").get, "/contacts/contact"),
    ):
        ask(path)
        with count_statements() as usual:
            ask(path)
        away_for_two_minutes(app)
        with count_statements() as later:
            ask(path)
        assert list(later) == list(usual)
        assert away_for_two_minutes(app) > 0, "it was noted"


def away_for_two_minutes(app):
    """Nobody was seen for so long. Returns how many had been seen within a minute."""
    found = 0
    with app.app_context(), platform_session("a test lets time pass") as session:
        for table, column in (("account_session", "last_seen_at"), ("api_token", "last_used_at")):
            when = f"{column} = now() - interval '2 minutes' WHERE now() - {column} < interval '1 minute'"
            found += session.execute(text(f"UPDATE {table} SET {when}")).rowcount
    return found


def test_what_runs_beside_is_not_counted_but_what_works_for_who_counts_is(app):
    """A server beside a test has statements of its own; those of a hook in its own thread are the caller's."""

    def ask():
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    with count_statements() as seen:
        beside = Thread(target=ask)
        beside.start()
        beside.join()
        assert list(seen) == []
        in_thread(10, ask, "nobody", "ours")
        assert list(seen) == ["SELECT 1"]
