"""The bare application. Its workers are given the database's address in the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

import orjson
import psycopg
from flask import Flask, Response, redirect, render_template, request
from psycopg.rows import dict_row, namedtuple_row

from tests.bench.floor.statements import ADDRESSES, CHANNELS, CONTACT, PAGES, REST, SAVE

ADDRESS = "BENCH_FLOOR_DATABASE"
TENANT = "X-Tenant"


class Pool:
    """As little of a pool as will do: the connection used last is taken first."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: LifoQueue[psycopg.Connection[Any]] = LifoQueue()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction of the tenant in the request's header."""
        connection = psycopg.connect(self._address) if self._idle.empty() else self._idle.get()
        with connection.transaction():
            connection.execute("SELECT set_config('app.tenant_id', %s, true)", (request.headers[TENANT],))
            yield connection
        self._idle.put(connection)


def create_app() -> Flask:
    """The pages of `statements`, an edit form, saving, an empty form, and JSON."""
    app = Flask(__name__)
    pool = Pool(os.environ[ADDRESS])

    @app.get("/page/<name>")
    def page(name: str) -> str:
        with pool.transaction() as connection, connection.cursor(row_factory=namedtuple_row) as cursor:
            rows = cursor.execute(PAGES[name], request.args.to_dict()).fetchall()
        return render_template("list.html", rows=rows[:25], following=rows[24].id if len(rows) > 25 else None)

    @app.get("/edit/<uuid:key>")
    def edit(key: Any) -> str:
        with pool.transaction() as connection, connection.cursor(row_factory=namedtuple_row) as cursor:
            contact = cursor.execute(CONTACT, {"id": key}).fetchone()
            channels = cursor.execute(CHANNELS, {"id": key}).fetchall()
            addresses = cursor.execute(ADDRESSES, {"id": key}).fetchall()
        return render_template("form.html", contact=contact, channels=channels, addresses=addresses)

    @app.post("/edit/<uuid:key>")
    def save(key: Any) -> Any:
        values = {name: request.form[name] or None for name in _WRITTEN}
        with pool.transaction() as connection:
            changed = connection.execute(SAVE, {**values, "id": key, "version": request.form["version"]}).rowcount
        return redirect(f"/edit/{key}") if changed else ("Somebody else saved first.", 409)

    @app.get("/add")
    def add() -> str:
        return render_template("form.html", contact=None, channels=[], addresses=[])

    @app.get("/rest")
    def rest() -> Response:
        with pool.transaction() as connection, connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(REST).fetchall()
        return Response(orjson.dumps({"data": rows[:100], "next": rows[99]["id"]}), mimetype="application/json")

    return app


_WRITTEN = ("first_name", "last_name", "position", "birthday", "source", "locale", "timezone", "external_id")
