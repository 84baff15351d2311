"""Row scopes: what is nobody's of one's own, or of one's teams, is not there: on no surface, by no address.

Three people of one tenant have a record of each resource; a reader in a team with the first of the two others opens
everything. What they do not reach must neither be shown, found, counted, exported nor changed; what they do reach must
be there, so that a silent page proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Record
from app.features.access_rules import SCOPES, AccessRule, Scope
from app.host import Entry
from app.identity.services import add_member
from app.tenancy.models import Team, TeamMember
from app.testing.contract.test_crawl import Neighbours
from app.testing.crawl import SEARCHES, Belongings, Call, calls, entry_of
from app.testing.house import House
from app.testing.pages import text_of
from app.testing.rows import stored
from app.testing.sample_rules import TARGET
from app.testing.samples import EXISTING, Samples
from app.testing.subject import Subject

READER, COLLEAGUE, STRANGER = "zqreader", "zqcolleague", "zqstranger"
REACHED: dict[Scope, set[str]] = {
    "own": {READER}, "pool": {READER}, "team": {READER, COLLEAGUE}, "all": {READER, COLLEAGUE, STRANGER},
}  # fmt: skip

ASKED: dict[Scope, tuple[str, ...]] = {
    "own": (READER, COLLEAGUE), "pool": (READER, COLLEAGUE), "team": (READER, COLLEAGUE, STRANGER), "all": (STRANGER,),
}  # fmt: skip
"""Whose addresses are called: what keeps the colleague's records from the reader keeps the stranger's, and where a
stranger's are shown everybody's are. On every page all three are looked for."""


def is_owned(entry: Entry) -> bool:
    """Whether rows of this kind are somebody's: by an owner field, or because people write them."""
    by_people = "create" in entry.verbs and entry.model not in EXISTING and not entry.model.__config__
    return entry.resource.owner_field is not None or by_people


class Holdings(Belongings):
    """The records of one member: owned by them, written by them, and on records of theirs where they hang on others."""

    membership: UUID

    def record(self, entry: Entry, *, trash: bool = False, fresh: bool = False) -> str:
        """A row inside another record's form is the one that came with that record."""
        home = self.registry.homes.get(entry.model)
        if home is None or not is_owned(home[0]):
            return super().record(entry, trash=trash, fresh=fresh)
        link = getattr(entry.model, f"{home[1].reverse}_id")
        parent = UUID(super().record(home[0], fresh=fresh))
        with self.house.inside(self.tenant) as session:
            return str(session.scalars(select(entry.model.id).where(link == parent)).first())

    def given(self, entry: Entry) -> dict[str, Any]:
        """No tags: they are the whole tenant's, whoever uses them first."""
        found: dict[str, Any] = {name: [] for name, field in entry.fields.items() if field.kind == "tags"}
        if entry.resource.owner_field:
            found[f"{entry.resource.owner_field}_id"] = self.membership
        for whole, link in self.registry.wholes.get(entry.model, ()):
            if is_owned(whole):
                found[link.column] = UUID(self.record(whole))
        if "target_id" in entry.fields:
            found |= {"target_type": TARGET, "target_id": UUID(self.record(self.registry.entries[TARGET]))}
        return found


class Impartial(Samples):
    """Settings bear nobody's marker, whoever's record needs one: they are the whole tenant's, like tags."""

    def __init__(self, samples: Samples) -> None:
        super().__init__(samples.registry, samples.rules)
        self.numbers = samples.numbers

    def record(
        self, session: Session, model: type[Record], marker: str = "", *, full: bool = True, **given: Any
    ) -> Any:
        entry = self.registry.by_model.get(model)
        is_everybodys = model.__config__ and (entry is None or not is_owned(entry))
        return super().record(session, model, "" if is_everybodys else marker, full=full, **given)


class Office(Neighbours):
    """A tenant in which everybody's rows are limited to one scope. `ask` calls as the reader, who may do everything
    else."""

    def __init__(self, house: House, samples: Samples, subject: Subject, scope: Scope) -> None:
        self.house, self.subject, self.registry, self.scope = house, subject, subject.registry, scope
        self.place = house.new_tenant(name="Scopes")
        self.owned = [entry for entry in subject.entries if is_owned(entry)]
        impartial = Impartial(samples)
        self.holdings = {name: self._member(impartial, name) for name in (READER, COLLEAGUE, STRANGER)}
        self.mine, self.theirs = self.holdings[READER], self.holdings[STRANGER]
        self._pair_up()
        ruled = filter(is_owned, self.registry.entries.values())
        rules = [AccessRule(role="admin", resource=entry.key, row_scope=scope) for entry in ruled]
        house.add(*rules, tenant=self.place)
        for things in self.holdings.values():
            for entry in self.owned:
                things.record(entry)
                if entry.model.__soft_delete__:
                    things.record(entry, trash=True)
        self.rows = [row for row in _rows(house.app) if self._is_meant(row)]

    def _member(self, samples: Samples, marker: str) -> Holdings:
        account = self.house.new_person(None, self.place)
        with self.house.app.app_context():
            membership = add_member(account, self.place, "admin")
        things = Holdings(self.house, samples, self.place, self.subject, marker, account)
        things.membership = membership
        return things

    def _pair_up(self) -> None:
        """The reader works with the colleague, and the stranger with neither."""
        team, other = Team(name="Ours"), Team(name="Others")
        self.house.add(team, other, tenant=self.place)
        places = ((team, READER), (team, COLLEAGUE), (other, STRANGER))
        members = [TeamMember(team_id=home.id, membership_id=self.holdings[who].membership) for home, who in places]
        self.house.add(*members, tenant=self.place)

    def _is_meant(self, row: Any) -> bool:
        """Pages of records. A tag, a saved view that is shared and the settings are everybody's."""
        entry = entry_of(row, self.registry)
        if row.endpoint in SEARCHES:
            return True
        if entry is None or "view_id" in row.path or (entry.model.__config__ and "<uuid:" in row.path):
            return False
        return entry in self.owned or "record_id" not in row.path

    def reaches(self, who: str, call: Call) -> bool:
        """Whether the record in the address is there for the reader; a rule of its resource may know nobody but its
        author."""
        entry = entry_of(call.row, self.registry)
        has_rule = entry is not None and entry.resource.row_rule is not None
        return who == READER or (who in REACHED[self.scope] and not has_rule)

    def seen(self, answer: Any) -> set[str]:
        """Whose records an answer shows."""
        text = text_of(answer).casefold() + str(answer.headers).casefold()
        return {marker for marker in self.holdings if marker in text}


def _rows(app: Flask) -> Any:
    from app.ops.routes_table import rows

    return rows(app)


@pytest.fixture(scope="module", params=SCOPES)
def office(request: pytest.FixtureRequest, house: House, samples: Samples, subject: Subject) -> Office:
    made = Office(house, samples, subject, request.param)
    if not made.owned:
        pytest.skip(f"nothing of {subject.plugin} is anybody's own")
    return made


def asked_of(office: Office, who: str, *, reading: bool) -> Iterator[Call]:
    things = office.holdings[who]
    with office.house.app.test_request_context():
        found = list(calls([row for row in office.rows if (row.method == "GET") == reading], things, fresh=False))
    for call in found:
        is_search = call.row.endpoint in SEARCHES  # for the beginning of all three markers
        yield Call(call.row, f"{call.row.path}?q=zq", names_record=False) if is_search else call


def test_nothing_out_of_reach_is_shown(office: Office) -> None:
    """Every page and every address of the API, with everybody's ids in it."""
    asked, seen_before = 0, set()
    for who in ASKED[office.scope]:
        for call in asked_of(office, who, reading=True):
            if call.path in seen_before:
                continue  # a page about nobody's record in particular is the same for all three
            seen_before.add(call.path)
            answer = office.ask(call)
            where = f"{office.scope}, {who}: GET {call.path}: {answer.status_code}"
            assert answer.status_code < 500, f"{where} {text_of(answer)[:2000]}"
            assert office.seen(answer) <= REACHED[office.scope], f"{where}: {office.seen(answer)}"
            if call.names_record and not call.path.endswith("/none"):
                asked += 1
                if office.reaches(who, call):
                    assert answer.status_code != 404, where
                elif who not in REACHED[office.scope]:
                    assert answer.status_code == 404, where
    assert asked > (50 if office.subject.is_whole else 3)


def test_what_is_within_reach_is_there_and_counted(office: Office) -> None:
    """On the list, over REST with its exact count, by search and in an export: those records and no others."""
    browser, api = (
        office.house.browser(office.mine.person, office.place),
        office.house.api(office.mine.person, office.place),
    )
    for entry in office.owned:
        if entry.resource.row_rule is not None:
            continue
        ids = {who: things.record(entry) for who, things in office.holdings.items()}

        def shown(answer: Any, ids: dict[str, str] = ids) -> set[str]:
            text = text_of(answer)
            return {who for who, key in ids.items() if key in text}

        reached = REACHED[office.scope]
        assert shown(browser.go(f"{entry.path}/?size=200")) == reached, f"{office.scope}: list of {entry.key}"
        answer = api.get(f"{entry.path}?size=200&count=exact")
        assert shown(answer) == reached, f"{office.scope}: REST list of {entry.key}"
        assert answer.json["count"]["value"] == len(answer.json["data"]), f"{office.scope}: count of {entry.key}"
        if "export" in entry.verbs:
            lines = exported(browser, entry)
            assert len(lines) == len(answer.json["data"]), f"{office.scope}: export of {entry.key}"
            assert {who for who, key in ids.items() if key in str(lines)} == reached


def exported(browser: Any, entry: Entry) -> list[Any]:
    data = {"resource": entry.key, "query": "", "columns": ["id"], "format": "json"}
    answer = browser.send("/transfer/exports/new", data)
    assert answer.status_code == 200, f"{entry.key}: {answer.status} {text_of(answer)[:1000]}"
    lines: list[Any] = answer.get_json(force=True)
    return lines


def test_everything_is_searched_and_only_what_is_reached_is_found(office: Office) -> None:
    """By a word that all three wrote."""
    answer = office.house.api(office.mine.person, office.place).get("/search?q=zq")
    seen = office.seen(answer)
    is_searched = any(one.resource.search and one.resource.everywhere for one in office.owned)
    assert seen == REACHED[office.scope] if is_searched else seen <= REACHED[office.scope]
    assert office.seen(office.house.browser(office.mine.person, office.place).go("/search?q=zq")) == seen


def test_nothing_out_of_reach_is_changed(app: Flask, office: Office) -> None:
    """By no form, button, bulk action or call of the API."""
    for who in set(ASKED[office.scope]) - REACHED[office.scope]:
        office.theirs = office.holdings[who]
        kept = {entry.key: (entry.model, UUID(office.theirs.record(entry))) for entry in office.owned}
        before = {key: stored(app, model, record_id) for key, (model, record_id) in kept.items()}
        for call in asked_of(office, who, reading=False):
            answer = office.ask(call)
            where = f"{office.scope}, {who}: {call.row.method} {call.path}: {answer.status_code}"
            assert answer.status_code < 500, f"{where} {text_of(answer)[:2000]}"
            if call.names_record:
                assert answer.status_code == 404, where
        assert {key: stored(app, model, record_id) for key, (model, record_id) in kept.items()} == before
