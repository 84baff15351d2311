"""Two tenants: every route is called as one tenant's owner with the other's ids. Nothing of the other may come back."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Text, cast, select

from app.data import platform_session
from app.data.base import metadata
from app.data.ddl import is_tenant_table
from app.host import Entry
from app.ops.routes_table import rows
from app.tenancy.models import Tenant
from app.testing.crawl import Belongings, Call, calls, entry_of
from app.testing.house import House
from app.testing.noting import noted
from app.testing.pages import text_of
from app.testing.samples import Samples
from app.testing.subject import Subject
from app.testing.walls import Walls

THEIRS, MINE = "zqtheirs", "zqmine"
LEAVES = ("/logout/", "/security/logout", "/password", "/devices/", "/login/")
"""Addresses that end the sessions or tokens of who calls them: each gets a browser of its own."""


class Neighbours:
    """Two tenants full of marked records. `ask` calls as the owner of the first."""

    def __init__(self, house: House, samples: Samples, subject: Subject) -> None:
        self.house, self.subject, self.registry = house, subject, subject.registry
        self.mine = self._tenant(house, samples, MINE)
        self.theirs = self._tenant(house, samples, THEIRS)
        self.rows = [row for row in rows(house.app) if row.endpoint != "ops.metrics"]

    def _tenant(self, house: House, samples: Samples, marker: str) -> Belongings:
        tenant = house.new_tenant(name=f"{marker} Ltd")
        with house.inside(tenant) as session:
            samples.define_custom_fields(session)
            session.commit()
        things = Belongings(house, samples, tenant, self.subject, marker)
        for entry in self.subject.entries:
            things.record(entry)
            if entry.model.__soft_delete__:
                things.record(entry, trash=True)
        return things

    def calls(self, things: Belongings, *, fresh: bool = False) -> list[Call]:
        with self.house.app.test_request_context():
            return list(calls(self.rows, things, fresh=fresh))

    def ask(self, call: Call, slug: str = "") -> Any:
        leaves = any(part in call.path for part in LEAVES)
        browser = self.house.browser(self.mine.person, self.mine.tenant, fresh=leaves)
        path = (f"/t/{slug}" if slug else browser.prefix) + call.path
        headers = {"X-CSRFToken": browser.csrf()}
        sent = self.sent(call) if call.row.method in ("POST", "PATCH") else {}
        answer = browser.open(path, method=call.row.method, headers=headers, **sent)
        if leaves:
            self.house.browser("owner", self.mine.tenant, fresh=True)  # for the calls that follow
        return answer

    def sent(self, call: Call) -> dict[str, Any]:
        """What the test client sends: a file, JSON or a form."""
        if "target_id" in call.data:
            return {"data": {**call.data, "file": (BytesIO(b"x"), "x.txt")}}
        if call.path.startswith("/api/") or call.row.endpoint.endswith((".move", ".quick")):
            return {"json": call.data or self.body(call)}
        return {"data": call.data or {"id": self.foreign_id(call), "_run": "1"}}

    def foreign_id(self, call: Call) -> str:
        entry = entry_of(call.row, self.registry)
        return self.theirs.record(entry) if entry else ""

    def lane(self, entry: Entry) -> str:
        """A lane of the board of the one who asks."""
        field = entry.fields[entry.resource.board or ""]
        if field.target is None:
            return field.choices[0].value
        return self.mine.record(self.registry.by_model[field.target()])

    def body(self, call: Call) -> dict[str, Any]:
        """Actions on many records are asked to run on the other tenant's."""
        entry = entry_of(call.row, self.registry)
        if call.row.endpoint.endswith(".move") and entry is not None and entry.resource.board:
            return {"value": self.lane(entry)}
        return {"ids": [self.foreign_id(call)]} if "/actions/" in call.path and not call.names_record else {}


@pytest.fixture(scope="module")
def neighbours(house: House, samples: Samples, subject: Subject) -> Neighbours:
    return Neighbours(house, samples, subject)


def everything_of(app: Flask, tenant: Tenant) -> dict[str, set[tuple[str | None, ...]]]:
    """Every row of a tenant in every table, as texts."""
    found = {}
    with app.app_context(), platform_session("a test compares all rows of a tenant") as session:
        for table in metadata.sorted_tables:
            if is_tenant_table(table):
                columns = [cast(column, Text) for column in table.columns]
                mine = select(*columns).where(table.c.tenant_id == tenant.id)
                found[table.fullname] = {tuple(row) for row in session.execute(mine)}
    return found


@pytest.mark.parametrize("standing", ["both walls", "only the ORM", "only the database"])
def test_another_tenants_ids_lead_nowhere(app: Flask, neighbours: Neighbours, walls: Walls, standing: str) -> None:
    asked = neighbours.calls(neighbours.theirs)
    before = everything_of(app, neighbours.theirs.tenant)
    with walls.standing(orm="database" not in standing, database="ORM" not in standing):
        for call in asked:
            answer = neighbours.ask(call)
            where = f"{standing}: {call.row.method} {call.path} ({call.row.endpoint})"
            assert answer.status_code < 500, f"{where}: {text_of(answer)[:2000]}"
            assert THEIRS not in text_of(answer).casefold(), where
            assert THEIRS not in str(answer.headers).casefold(), where
            if call.names_record:
                assert answer.status_code == 404, f"{where}: {answer.status}"
    assert everything_of(app, neighbours.theirs.tenant) == before
    assert len(asked) > (300 if neighbours.subject.is_whole else 30)


def test_the_same_calls_with_own_ids_are_answered(neighbours: Neighbours) -> None:
    """The control: the crawl's addresses are right, so a 404 above is a refusal and not a typing error. Nothing that
    stands on a page breaks either: panels, cards, reports, timelines, hits of the search."""
    shown = 0
    for call in neighbours.calls(neighbours.mine, fresh=True):
        with noted() as errors:
            answer = neighbours.ask(call)
        text = text_of(answer)
        where = f"{call.row.method} {call.path} ({call.row.endpoint}): {answer.status}"
        assert answer.status_code < 500, f"{where} {text[:2000]}"
        assert call.row.method != "GET" or not errors, f"{where}: what is left out of the page: {errors}"
        assert THEIRS not in text.casefold(), where
        if call.names_record and not call.path.endswith("/none"):  # a resource without related lists
            assert answer.status_code != 404, where
            shown += call.row.method == "GET" and MINE in text.casefold()
    wanted = 30 if neighbours.subject.is_whole else len(neighbours.subject.entries)
    assert shown >= wanted, "own markers are seen where others' are looked for"


def test_another_tenants_address_is_not_there(neighbours: Neighbours) -> None:
    for call in neighbours.calls(neighbours.theirs):
        if call.row.permission == "public":
            continue
        answer = neighbours.ask(call, slug=neighbours.theirs.tenant.slug)
        where = f"{call.row.method} {call.path} ({call.row.endpoint})"
        assert answer.status_code == 404, f"{where}: {answer.status}"
        assert THEIRS not in text_of(answer).casefold(), where


def test_a_token_opens_its_own_tenant_alone(neighbours: Neighbours, entries: list[Entry]) -> None:
    api = neighbours.house.api("owner", neighbours.mine.tenant)
    for entry in entries:
        own = api.client.get(f"/t/{neighbours.mine.tenant.slug}{entry.api_path}", headers=api.headers)
        assert own.status_code == 200, entry.key
        for path in (entry.api_path, f"{entry.path}/"):
            answer = api.client.get(f"/t/{neighbours.theirs.tenant.slug}{path}", headers=api.headers)
            assert answer.status_code in (403, 404), f"{path}: {answer.status}"
            assert THEIRS not in text_of(answer).casefold()


def test_another_tenants_record_cannot_be_referred_to(
    neighbours: Neighbours, entries: list[Entry], whole: bool
) -> None:
    """By no relation of any REST call: refused at its field, in the same words as a record that is not there."""
    house, mine = neighbours.house, neighbours.mine
    api = house.api("owner", mine.tenant)
    tried = 0
    for entry in entries:
        if "update" not in entry.verbs:
            continue
        own = mine.record(entry)
        for name, field in entry.fields.items():
            if field.kind != "belongs_to" or field.readonly or field.immutable or field.target is None:
                continue
            tried += 1
            foreign = _any_id(house.app, neighbours.theirs.tenant, field.target())
            nobody = "01890000-0000-7000-8000-000000000000"
            refused = [api.patch(f"{entry.path}/{own}", {name: value}) for value in (foreign, nobody)]
            assert [answer.status_code for answer in refused] == [422, 422], refused[0].text
            assert name in refused[0].json["errors"]
            assert refused[0].json["errors"] == refused[1].json["errors"], "an oracle"
    assert tried > 5 or not whole


def _any_id(app: Flask, tenant: Tenant, model: Any) -> str:
    with app.app_context(), platform_session("a test takes another tenant's id") as session:
        return str(session.scalars(select(model.id).where(model.tenant_id == tenant.id)).first())
