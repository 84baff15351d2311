"""Law 7: a record opened and saved unchanged is the same row, to the last column, on screen and over REST."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from flask import Flask

from app.data import Field
from app.host import Entry
from app.tenancy.models import Tenant
from app.testing.extremes import extremes
from app.testing.house import House
from app.testing.pages import page_of
from app.testing.rows import differences, stored
from app.testing.samples import EXISTING, Samples


def a_tenant(house: House, samples: Samples) -> Tenant:
    """Far from UTC and from whole hours, with custom fields of every kind."""
    tenant = house.new_tenant(timezone="America/St_Johns", currency="EUR", country="SA")
    with house.inside(tenant) as session:
        samples.define_custom_fields(session)
        session.commit()
    return tenant


def samples_of(house: House, samples: Samples, tenant: Tenant, entry: Entry) -> Iterator[Any]:
    """Ids of records: a plain one, a lean one, and so many that each extreme value of each field is in one of them."""
    with house.inside(tenant, house.people[tenant.slug, "owner"].uid) as session:
        made = [samples.record(session, entry.model), samples.record(session, entry.model, full=False)]
        if entry.model not in EXISTING:
            rows = extreme_rows(samples, entry)
            made += [samples.record(session, entry.model, full=False, **values) for values in rows]
        ids = [row.id for row in made]
        session.commit()
    yield from ids


def extreme_rows(samples: Samples, entry: Entry) -> Iterator[dict[str, Any]]:
    """Values for one record after the other; fields whose values a rule decides keep theirs."""
    ruled = samples.rules.get(entry.key, {})
    values = {
        name: extremes(field)
        for name, field in entry.fields.items()
        if name not in ruled and not field.readonly and field.kind not in ("record_id", "belongs_to", "has_many")
    }
    longest = max((len(found) for found in values.values()), default=0)
    for number in range(longest):
        chosen = {name: found for name, found in values.items() if _fits(entry.fields[name], found, number)}
        yield {name: found[number % len(found)] for name, found in chosen.items()}


def _fits(field: Field, found: list[Any], number: int) -> bool:
    is_unique = field.unique or "within" in field.extra
    return bool(found) and (number < len(found) or not is_unique)


def test_a_form_saved_as_it_came_changes_nothing(
    app: Flask, house: House, samples: Samples, written: list[Entry], whole: bool
) -> None:
    tenant = a_tenant(house, samples)
    browser = house.browser("owner", tenant)
    tried = count()
    for entry in written:
        if "update" not in entry.verbs:
            continue
        for record_id in samples_of(house, samples, tenant, entry):
            before = stored(app, entry.model, record_id)
            page = page_of(browser.go(f"{entry.path}/{record_id}/edit"))
            form = page.guarded()
            answer = browser.post(form.action, data=form.data(_confirmed="1"))
            assert answer.status_code in (302, 303), f"{entry.key}: {page_of(answer).text[:2000]}"
            assert differences(before, stored(app, entry.model, record_id)) == {}, entry.key
            next(tried)
    assert next(tried) > 20 or not whole


def test_json_sent_back_as_it_came_changes_nothing(
    app: Flask, house: House, samples: Samples, written: list[Entry]
) -> None:
    tenant = a_tenant(house, samples)
    api = house.api("owner", tenant)
    for entry in written:
        if "update" not in entry.verbs:
            continue
        for record_id in samples_of(house, samples, tenant, entry):
            path = f"{entry.path}/{record_id}"
            before = stored(app, entry.model, record_id)
            got = api.get(path)
            assert got.status_code == 200, got.text
            body = {name: got.json[name] for name in writable(entry)} | custom(got.json)
            answer = api.patch(f"{path}?confirm=1", body, headers={"If-Match": got.headers["ETag"]})
            assert answer.status_code == 200, f"{entry.key}: {answer.text}"
            assert answer.headers["ETag"] == got.headers["ETag"], entry.key
            assert answer.json == got.json, entry.key
            assert differences(before, stored(app, entry.model, record_id)) == {}, entry.key


def writable(entry: Entry) -> list[str]:
    """The fields that a patch may hold."""
    return [
        name
        for name, field in entry.fields.items()
        if not field.readonly and not field.immutable and field.kind != "has_many"
    ]


def custom(body: dict[str, Any]) -> dict[str, Any]:
    return {"custom_fields": body["custom_fields"]} if "custom_fields" in body else {}
