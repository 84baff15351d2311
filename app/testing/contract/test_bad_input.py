"""Whatever is sent, nobody sees a crash, SQL or a traceback; and what was typed into a form comes back."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.data import Field
from app.host import Entry
from app.screens.kinds import KINDS
from app.tenancy.models import Tenant
from app.testing.house import House
from app.testing.naughty import BROKEN_JSON, FORBIDDEN, JUNK, LONG, NAUGHTY_TEXTS
from app.testing.pages import Form, page_of, text_of
from app.testing.samples import Samples

RICH, FEW = 15, 3
"""Resources with so many fields get every naughty text, as does each where there are few; the others every third: what
matters is the kind."""
TYPED = frozenset({"text", "long_text", "integer", "decimal", "email", "url", "phone", "json", "tags"})
FORGED: tuple[tuple[Any, Any], ...] = (
    (None, "0" * 32), (True, "0" * 32), (1.5, "0" * 32), (2**64, "0" * 32), ("\x00", "0" * 32), ("\ud800", "0" * 32),
    ("infinity", "0" * 32), ([], "0" * 32), ("x", "x"), ("2026-01-01", None), ("a", "0" * 32),
)  # fmt: skip
"""Values and keys inside a cursor that no list ever gave."""
ARGUMENTS = ("sort", "size", "cursor", "columns", "fields", "expand", "count", "q", "trash", "view", "month")
IDS = ("x", "0", "-1", "'", "%00", "..", "00000000-0000-0000-0000-000000000000", "g" * 36, "9" * 400, "%F0%9F%92%A9")


@pytest.fixture(scope="module")
def tenant(house: House, samples: Samples) -> Tenant:
    made = house.new_tenant()
    with house.inside(made) as session:
        samples.define_custom_fields(session)
        session.commit()
    return made


@pytest.fixture(scope="module")
def some(house: House, samples: Samples, tenant: Tenant, written: list[Entry]) -> dict[str, str]:
    """The id of one record of each resource."""
    with house.inside(tenant, house.people[tenant.slug, "owner"].uid) as session:
        made = {entry.key: str(samples.record(session, entry.model).id) for entry in written}
        session.commit()
    return made


def judge(answer: Any, where: str) -> Any:
    """Never a crash, never a word from below."""
    text = text_of(answer)
    assert answer.status_code < 500, f"{where}: {answer.status} {text[:1500]}"
    for word in FORBIDDEN:
        assert word not in text, f"{where}: “{word}” in {text[:1500]}"
    return answer


def texts_for(entry: Entry, number: int, written: list[Entry]) -> Iterator[str]:
    everything = len(entry.fields) >= RICH or len(written) <= FEW
    return (text for at, text in enumerate(NAUGHTY_TEXTS) if everything or (at + number) % 3 == 0)


def turn(values: Sequence[Any], number: int, written: list[Entry]) -> Sequence[Any]:
    """Of values that mean the same everywhere every third, others for each resource; all where there are few."""
    return values if len(written) <= FEW else values[number % 3 :: 3]


def test_forms_take_or_refuse_naughty_texts(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser = house.browser("owner", tenant)
    for number, entry in enumerate(written):
        if "create" not in entry.verbs:
            continue
        form = page_of(browser.go(f"{entry.path}/add")).guarded()
        names = sorted(form.names() - {"csrf_token", "again", "add_row"})
        for text in texts_for(entry, number, written):
            where = f"{entry.key} {text[:40]!r}"
            answer = judge(browser.post(form.action, data=_filled(form, names, text)), where)
            if answer.status_code not in (302, 303):
                assert answer.status_code in (409, 422), f"{where}: {answer.status}"
                _came_back(page_of(answer).guarded(), entry, text, where)


def _filled(form: Form, names: list[str], text: str) -> MultiDict[str, str]:
    data = form.data()
    for name in names:
        data.setlist(name, [text])
    data["_confirmed"] = "1"
    return data


def _came_back(form: Form, entry: Entry, text: str, where: str) -> None:
    if not text.isprintable():
        return
    for name, field in entry.fields.items():
        if field.kind in TYPED and name in form.names():
            assert (form.value(name) or "").strip() == text.strip(), f"{where}: {name} was lost"


def test_one_naughty_field_among_sound_ones(
    house: House, samples: Samples, tenant: Tenant, some: dict[str, str], written: list[Entry]
) -> None:
    """With sound values around it the text reaches the database, where the screens let it."""
    api = house.api("owner", tenant)
    for number, entry in enumerate(written):
        if "update" not in entry.verbs:
            continue
        path = f"{entry.path}/{some[entry.key]}?confirm=1"
        fields = [field for field in entry.fields.values() if not field.readonly and not field.immutable]
        for at, text in enumerate(texts_for(entry, number, written)):
            for field in _turn(fields, at):
                judge(api.patch(path, {field.name: text}), f"{entry.key}.{field.name} = {text[:40]!r}")
        one_of_each_kind = {field.kind: field for field in fields}
        for field, junk in itertools.product(one_of_each_kind.values(), turn(JUNK, number, written)):
            judge(api.patch(path, {field.name: junk}), f"{entry.key}.{field.name} = {junk!r}")


def _turn(fields: list[Field], at: int, count: int = 2) -> list[Field]:
    """A few fields, others each time; over all texts every field has its turn many times."""
    return [fields[(at * 3 + step) % len(fields)] for step in range(min(count, len(fields)))]


@pytest.mark.parametrize("body", BROKEN_JSON)
def test_bodies_that_are_no_record(
    house: House, tenant: Tenant, some: dict[str, str], written: list[Entry], body: bytes
) -> None:
    api = house.api("owner", tenant)
    for entry in written:
        for method, path in _writing(entry, some[entry.key]):
            answer = api(method, path, data=body, headers={"Content-Type": "application/json"})
            judge(answer, f"{method} {path} {body[:30]!r}")
            assert answer.status_code >= 400, f"{method} {path} {body[:30]!r}: {answer.text}"
            assert answer.mimetype == "application/problem+json", path


def _writing(entry: Entry, some: str) -> list[tuple[str, str]]:
    found = []
    if "create" in entry.verbs:
        found += [("POST", entry.path), ("POST", f"{entry.path}/bulk")]
    if "update" in entry.verbs:
        found.append(("PATCH", f"{entry.path}/{some}"))
    found += [("POST", f"{entry.path}/actions/{name}") for name, one in entry.actions.items() if one.on != "row"]
    return found


def test_a_megabyte_in_every_field(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    for entry in written:
        if "create" not in entry.verbs:
            continue
        form = page_of(browser.go(f"{entry.path}/add")).guarded()
        name = next(iter(entry.fields))
        answer = judge(browser.post(form.action, data=form.data(**{name: LONG})), entry.key)
        assert answer.status_code in (413, 422), answer.status
        answer = judge(api.post(entry.path, {name: LONG}), entry.key)
        assert answer.status_code in (413, 422), answer.status


def test_broken_encodings(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser = house.browser("owner", tenant)
    for entry in written:
        if "create" not in entry.verbs:
            continue
        names = "&".join(f"{name}=%ED%A0%80%FF%00" for name in entry.fields)
        body = f"csrf_token={browser.csrf()}&{names}&_version=%FF&_was=%FF&x-0-id=%00"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        judge(browser.post(f"{browser.prefix}{entry.path}/add", data=body, headers=kind), entry.key)
        judge(browser.go(f"{entry.path}/?q=%FF%00&sort=%FF&cursor=%ED%A0%80&%FF=%FF"), entry.key)


def test_ids_that_are_none(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    for entry, wrong in ((one, wrong) for at, one in enumerate(written) for wrong in turn(IDS, at, written)):
        for path in (f"{entry.path}/{wrong}", f"{entry.path}/{wrong}/edit", f"{entry.path}/{wrong}/related/x"):
            assert judge(browser.go(path), path).status_code in (308, 404), path
        for method in ("GET", "PATCH", "DELETE"):
            path = f"{entry.path}/{wrong}"
            answer = judge(api(method, path, json={}), f"{method} {path}")
            assert answer.status_code in (308, 404, 405), f"{method} {path}: {answer.status}"


def filters(entry: Entry) -> list[str]:
    """Every filter there is, and some that there are not."""
    names = {**entry.fields, "created_at": Field("moment"), "own": Field("text")}
    custom = [f"custom.own_{kind}.is" for kind in ("text", "integer", "day", "moment", "decimal", "flag", "choice")]
    real = [f"{name}.{operator}" for name, field in names.items() for operator in KINDS[field.kind].operators]
    return [*real, *custom, "id.is", "tenant_id.is", "nothing.is", ".", "name.", "custom.x.is", "a.b.c", "__class__.is"]


@pytest.mark.parametrize("surface", ["screen", "REST"])
def test_filters(house: House, tenant: Tenant, written: list[Entry], surface: str) -> None:
    ask = house.browser("owner", tenant).go if surface == "screen" else house.api("owner", tenant).get
    texts = itertools.cycle(NAUGHTY_TEXTS)
    for entry in written:
        path = f"{entry.path}/" if surface == "screen" else entry.path
        for name in filters(entry):
            query = {name: next(texts)} if len(name) % 2 else {name: f"{next(texts)},{next(texts)}"}
            judge(ask(path, query_string=query), f"{entry.key} {query!r:.200}")


@pytest.mark.parametrize("surface", ["screen", "REST"])
def test_orders_sizes_and_cursors(house: House, tenant: Tenant, written: list[Entry], surface: str) -> None:
    ask = house.browser("owner", tenant).go if surface == "screen" else house.api("owner", tenant).get
    texts = itertools.cycle(NAUGHTY_TEXTS)
    for number, entry in enumerate(written):
        path = f"{entry.path}/" if surface == "screen" else entry.path
        for name in turn(ARGUMENTS, number, written):
            for text in (*itertools.islice(texts, 2), "", "-", "9" * 30):
                answer = judge(ask(path, query_string={name: text}), f"{entry.key} {name}={text!r:.200}")
                assert answer.status_code in (200, 400, 422), f"{entry.key} {name}={text!r:.200}: {answer.status}"


def test_forged_cursors(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    for number, entry in enumerate(written):
        sortable = [name for name, field in entry.fields.items() if field.sortable] or ["created_at"]
        for sort, (value, key) in itertools.product(sortable, turn(FORGED, number, written)):
            packed = json.dumps([sort, value, key, 0]).encode()
            query = {"sort": sort, "cursor": base64.urlsafe_b64encode(packed).decode().rstrip("=")}
            judge(api.get(entry.path, query_string=query), f"{entry.key} {sort} {value!r}")
        judge(browser.go(f"{entry.path}/", query_string=query), f"{entry.key} {query}")


def test_child_rows_take_or_refuse_naughty_texts(house: House, tenant: Tenant, written: list[Entry]) -> None:
    browser = house.browser("owner", tenant)
    for entry in written:
        collections = {name: entry.fields[name].target for name in entry.resource.inlines.split()}
        if "create" not in entry.verbs or not collections:
            continue
        form = page_of(browser.go(f"{entry.path}/add")).guarded()
        rows = [
            f"{name}-{index}-{child}"
            for name, target in collections.items()
            if target is not None
            for index in ("0", "1", "999999999999", "x", "-1", "٣")
            for child in (*target().__fields__, "id", "_delete")
        ]
        for text in NAUGHTY_TEXTS[::2]:
            answer = judge(browser.post(form.action, data=_filled(form, rows, text)), f"{entry.key} {text[:40]!r}")
            assert answer.status_code in (302, 303, 409, 422)


def test_actions_take_or_refuse_naughty_parameters(
    house: House, tenant: Tenant, some: dict[str, str], written: list[Entry]
) -> None:
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    asking = [(entry, one) for entry in written for one in entry.actions.values() if one.parameters]
    step = 2 if len(asking) <= FEW else 6
    for number, (entry, action) in enumerate(asking):
        path = f"{entry.path}/actions/{action.name}"
        for text in NAUGHTY_TEXTS[number % step :: step]:
            given = dict.fromkeys(action.parameters, text)
            where = f"{path} {text[:40]!r}"
            judge(browser.send(path, {"id": some[entry.key], "_run": "1", **given}), where)
            judge(api.post(path, {"ids": [some[entry.key]], **given}), where)
            judge(browser.send(path, {"all": "1", "query": text, "next": text, **given}), where)
            judge(api.post(path, {"filter": {text: text}, **given}), where)
