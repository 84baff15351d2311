"""Law 5: whatever changes a record, by whichever way, is told in the audit log: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.host import Action, Entry
from app.screens.kinds import kind_of
from app.tenancy.models import Tenant
from app.testing.contract.test_unchanged import custom, writable
from app.testing.house import House
from app.testing.pages import page_of
from app.testing.samples import EXISTING, Samples
from app.testing.trail import Trail

_GONE = ("has_many", "image")
"""Kinds of which a body that is sent again holds nothing: a picture went with the record that had it."""


class Office:
    """A tenant whose owner changes records in every way there is; each change is held against the log."""

    def __init__(self, app: Flask, house: House, samples: Samples) -> None:
        self.app, self.house, self.samples = app, house, samples
        self.tenant: Tenant = house.new_tenant(timezone="Asia/Riyadh", currency="EUR", country="SA")
        self.owner = house.people[self.tenant.slug, "owner"].uid
        with house.inside(self.tenant, self.owner) as session:
            samples.define_custom_fields(session)
            session.commit()
        self.browser, self.api = house.browser("owner", self.tenant), house.api("owner", self.tenant)

    def record(self, entry: Entry) -> str:
        with self.house.inside(self.tenant, self.owner) as session:
            made = str(self.samples.record(session, entry.model).id)
            session.commit()
        return made

    def purge(self, entry: Entry, record_id: str) -> None:
        with self.house.inside(self.tenant, self.owner) as session:
            session.delete(session.get(entry.model, record_id))
            session.commit()

    def action(self, entry: Entry, verb: str) -> str:
        """What the log calls it: rows of another record's form are told in its entries."""
        home = self.app.extensions["tenantry"].homes.get(entry.model)
        return f"{home[0].key}.update" if home else f"{entry.key}.{verb}"

    def told(self, what: str, change: Callable[[], Any], *statuses: int) -> Trail:
        """Make the change, and compare."""
        trail = Trail(self.app, self.tenant.id).start()
        answer = change()
        assert answer is None or answer.status_code in (statuses or (200, 201, 204, 303)), (
            f"{what}: {answer.text[:800]}"
        )
        assert trail.untold() == [], what
        return trail


@pytest.fixture(scope="module")
def office(app: Flask, house: House, samples: Samples) -> Office:
    return Office(app, house, samples)


def test_what_screens_save_is_told(office: Office, written: list[Entry]) -> None:
    for entry in written:
        if "update" not in entry.verbs or entry.model in EXISTING:
            continue
        mine, other = office.record(entry), office.record(entry)
        theirs = page_of(office.browser.go(f"{entry.path}/{other}/edit")).guarded().data()
        office.told(f"purge of {entry.key}", lambda e=entry, o=other: office.purge(e, o))
        form = page_of(office.browser.go(f"{entry.path}/{mine}/edit")).guarded()
        mixed = form.data(_confirmed="1")
        pictures = {name for name, field in entry.fields.items() if field.kind == "image"}  # they went with the other
        for name in set(theirs) - {"_version", "_was", "csrf_token"} - pictures:
            if not name.endswith("-id"):
                mixed.setlist(name, theirs.getlist(name))
        trail = office.told(f"form of {entry.key}", lambda f=form, m=mixed: office.browser.post(f.action, data=m), 303)
        told = next((one for one in trail.entries() if one.action == office.action(entry, "update")), None)
        assert told is not None, f"{entry.key}: nothing was changed by the form"
        assert told.via == "screen"
        assert told.created_by == office.owner
        assert told.ip == "127.0.0.1"
        if "delete" in entry.verbs:
            office.told(
                f"delete of {entry.key}",
                lambda e=entry, i=mine: office.browser.send(f"{e.path}/{i}/delete"),
            )


def test_what_programs_save_is_told(office: Office, written: list[Entry]) -> None:
    for entry in written:
        if entry.model in EXISTING or "create" not in entry.verbs:
            continue
        source = office.record(entry)
        got = office.api.get(f"{entry.path}/{source}").json
        office.purge(entry, source)
        names = [n for n, f in entry.fields.items() if not f.readonly and f.kind not in _GONE and got[n] is not None]
        body = {name: got[name] for name in names} | custom(got)
        trail = office.told(f"POST {entry.key}", lambda e=entry, b=body: office.api.post(f"{e.path}?confirm=1", b), 201)
        told = next(one for one in trail.entries() if one.action == office.action(entry, "create"))
        assert told.via == "rest", entry.key
        assert told.token_id is not None
        assert told.membership_id is not None
        made = next(iter(set(trail.ids(entry.model)) - set(trail.before(entry.model))))
        if "update" in entry.verbs:
            _patch(office, entry, made)
        if "delete" in entry.verbs:
            path = f"{entry.path}/{made}"
            office.told(f"DELETE {entry.key}", lambda p=path: office.api.delete(p), 204)
            if entry.model.__soft_delete__:
                office.told(f"restore of {entry.key}", lambda p=path: office.api.post(f"{p}/restore"), 200, 409)


def _patch(office: Office, entry: Entry, record_id: str) -> None:
    source = office.record(entry)
    got = office.api.get(f"{entry.path}/{source}").json
    office.purge(entry, source)
    body = {n: got[n] for n in writable(entry) if got[n] is not None and entry.fields[n].kind not in _GONE} | custom(
        got
    )
    path = f"{entry.path}/{record_id}?confirm=1"
    office.told(f"PATCH {entry.key}", lambda: office.api.patch(path, body), 200)


def test_what_actions_do_is_told_by_their_name(office: Office, written: list[Entry], whole: bool) -> None:
    done = 0
    for entry in written:
        for action in entry.actions.values():
            record_id = office.record(entry)
            path = f"{entry.path}/actions/{action.name}"
            body = {"ids": [record_id], **_parameters(office.samples, action)}
            if action.on == "row":
                path, body = f"{entry.path}/{record_id}/actions/{action.name}", _parameters(office.samples, action)
            # A refusal is an answer too: then nothing may be told.
            trail = office.told(path, lambda p=path, b=body: office.api.post(p, b), 200, 409, 422)
            named = [one for one in trail.entries() if one.action == f"{entry.key}.{action.name}"]
            done += len(named)
            assert all(str(one.target_id) == record_id for one in named), path
    assert done > 2 or not whole


def _parameters(samples: Samples, action: Action) -> dict[str, Any]:
    plain = {name: one.named(name, False) for name, one in action.parameters.items() if one.kind != "belongs_to"}
    return {name: kind_of(one).dump(one, samples.value(one, 7)) for name, one in plain.items()}
