"""Form rules hold on every way in: forms, cells, boards, many records, REST, imports; and cannot lock anybody out."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.data import Field, Money, db
from app.host import registry
from app.host.custom_fields import CustomFieldDef
from app.host.form_rules import FormRule
from app.host.lifecycle import switch
from app.jobs import run_due
from app.screens.reading import Surface, parse_list, read_list
from app.screens.reading.request import filter_of
from app.screens.ruling.conditions import holds
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Vehicle

VEHICLE = "garage.vehicle"
SOLD = [[{"field": "state", "operator": "is", "values": ["sold"]}]]
PRICE = [{"do": "require", "field": "price", "values": []}]


@pytest.fixture
def tenant(house):
    return house.new_tenant(currency="EUR")


@pytest.fixture
def rule(house, tenant):
    """Makes a rule that is on."""

    def make(then, when=SOLD, name="Sold has a price", resource=VEHICLE, **more):
        row = FormRule(name=name, resource=resource, is_active=True, position=1, conditions=when, effects=then, **more)
        return house.add(row, tenant=tenant)[0]

    return make


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def car(house, tenant):
    def make(plate="RULE 1", **values):
        return house.add(Vehicle(plate=plate, **values), tenant=tenant)[0]

    return make


def stored(house, tenant, key):
    with house.inside(tenant) as session:
        return session.get(Vehicle, key)


def submit(browser, path, **changes):
    form = page_of(browser.go(path)).guarded()
    return browser.post(form.action, data=form.data(_confirmed="1", **changes))


# --- required --------------------------------------------------------------------------------------------------------


def test_a_missing_value_is_refused_everywhere_and_the_rule_is_named(house, tenant, rule, api, browser, car):
    key = car(state="new")
    rule(PRICE)
    answer = api.patch(f"/garage/vehicle/{key}", {"state": "sold"})
    assert answer.status_code == 422
    assert "Sold has a price" in answer.json["errors"]["price"]
    assert api.post("/garage/vehicle", {"plate": "RULE 2", "state": "sold"}).status_code == 422
    answer = submit(browser, f"/garage/vehicle/{key}/edit", state="sold")
    assert answer.status_code == 422
    assert "Sold has a price" in page_of(answer).text
    assert stored(house, tenant, key).state == "new"
    body = {"state": "sold", "price": {"amount": "9", "currency": "EUR"}}
    assert api.patch(f"/garage/vehicle/{key}", body).status_code == 200


def test_one_that_breaks_it_already_is_read_and_saved_once_mended(house, tenant, rule, api, browser, car):
    key = car(state="sold")
    rule(PRICE)
    assert browser.go(f"/garage/vehicle/{key}").status_code == 200
    assert api.get(f"/garage/vehicle/{key}").status_code == 200
    assert submit(browser, f"/garage/vehicle/{key}/edit", odometer="7").status_code == 422
    assert stored(house, tenant, key).odometer is None
    assert submit(browser, f"/garage/vehicle/{key}/edit", odometer="7", price="5").status_code == 303
    assert stored(house, tenant, key).price == Money(500, "EUR")


def test_a_cell_is_held_to_it(rule, browser, car):
    key = car(state="new")
    rule(PRICE)
    data = {"state": "sold", "_version": "1", "_was": "new", "csrf_token": browser.csrf()}
    answer = browser.post(
        f"/t/{browser.prefix.split('/')[2]}/garage/vehicle/{key}/field/state",
        data=data, headers={"Accept": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Sold has a price" in answer.json["detail"]


def test_many_at_once_are_held_to_it(house, tenant, rule, browser, car):
    key = car(state="new")
    rule(PRICE)
    data = {"id": str(key), "_run": "1", "change": "state", "state": "sold"}
    answer = browser.send("/garage/vehicle/bulk-edit", data)
    assert answer.status_code == 422
    assert "Sold has a price" in page_of(answer).text
    assert stored(house, tenant, key).state == "new"


def test_an_import_says_it_at_its_line(house, tenant, rule, browser, api):
    rule(PRICE)
    text = "plate,state,price\nIMP 1,sold,\nIMP 2,sold,12 EUR\nIMP 3,new,\n"
    data = {"resource": VEHICLE, "file": (io.BytesIO(text.encode()), "cars.csv")}
    answer = api("POST", "/transfer/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    run_due(house.app)
    found = api.get(f"/transfer/imports/{answer.json['id']}").json
    assert (found["created"], found["failed"]) == (2, 1)
    assert "Sold has a price" in found["problems"][0]["reason"]


# --- hidden, closed, narrowed, filled in -----------------------------------------------------------------------------


def test_what_is_hidden_is_neither_written_nor_lost(house, tenant, rule, api, browser, car):
    key = car(state="new", odometer=5)
    rule([{"do": "hide", "field": "odometer"}], name="No miles")
    assert submit(browser, f"/garage/vehicle/{key}/edit", state="sold", odometer="999").status_code == 303
    row = stored(house, tenant, key)
    assert (row.state, row.odometer) == ("sold", 5)
    answer = api.patch(f"/garage/vehicle/{key}", {"odometer": 999})
    assert answer.status_code == 422
    assert "No miles" in answer.json["errors"]["odometer"]
    assert api.patch(f"/garage/vehicle/{key}", {"odometer": 5}).status_code == 200
    assert "Odometer" not in page_of(browser.go(f"/garage/vehicle/{key}")).text


def test_nonsense_in_a_hidden_control_refuses_nothing(house, tenant, rule, browser, car):
    key = car(state="new")
    rule([{"do": "show", "field": "odometer"}], name="Miles of the sold")
    assert submit(browser, f"/garage/vehicle/{key}/edit", odometer="many").status_code == 303
    assert submit(browser, f"/garage/vehicle/{key}/edit", state="sold", odometer="many").status_code == 422


def test_what_is_closed_stays_unless_it_must_be_filled_in(house, tenant, rule, api, browser, car):
    first, second = car(state="sold", odometer=5), car("RULE 2", state="sold")
    rule([{"do": "readonly", "field": "odometer"}], name="Keep")
    rule([{"do": "require", "field": "odometer"}], name="Need")
    assert api.patch(f"/garage/vehicle/{first}", {"odometer": 6}).status_code == 422
    assert submit(browser, f"/garage/vehicle/{first}/edit", odometer="6").status_code == 303
    assert stored(house, tenant, first).odometer == 5
    assert api.patch(f"/garage/vehicle/{second}", {"odometer": 6}).status_code == 200
    assert submit(browser, f"/garage/vehicle/{second}/edit", odometer="9").status_code == 303
    assert stored(house, tenant, second).odometer == 6


def test_choices_are_narrowed_and_what_was_stored_stays(rule, api, car):
    key = car(state="new", fuel="diesel")
    rule([{"do": "narrow", "field": "fuel", "values": ["electric"]}], name="Clean", when=[])
    assert api.patch(f"/garage/vehicle/{key}", {"odometer": 1}).status_code == 200
    answer = api.patch(f"/garage/vehicle/{key}", {"fuel": "petrol"})
    assert answer.status_code == 422
    assert "Electric" in answer.json["errors"]["fuel"]
    assert api.patch(f"/garage/vehicle/{key}", {"fuel": "electric"}).status_code == 200


def test_a_rule_fills_in_what_nobody_gave(house, tenant, rule, api, browser):
    rule([{"do": "default", "field": "fuel", "values": ["diesel"]}], name="Usual")
    body = {"plate": "D 1", "state": "sold"}
    assert api.post("/garage/vehicle", body).json["fuel"] == "diesel"
    assert api.post("/garage/vehicle", body | {"plate": "D 2", "fuel": None}).json["fuel"] is None
    assert api.post("/garage/vehicle", {"plate": "D 3"}).json["fuel"] is None
    submit(browser, "/garage/vehicle/add", plate="D 4", state="sold")
    submit(browser, "/garage/vehicle/add", plate="D 5", state="sold", _offered="fuel")
    with house.inside(tenant) as session:
        fuels = {row.plate: row.fuel for row in session.query(Vehicle)}
    assert (fuels["D 4"], fuels["D 5"]) == ("diesel", None)
    moved = api.get("/garage/vehicle?plate.is=D 3").json["data"][0]
    assert api.patch(f"/garage/vehicle/{moved['id']}", {"state": "sold"}).json["fuel"] == "diesel"


def test_conditions_join_groups_and_look_at_roles(house, tenant, rule, api):
    when = [
        [{"field": "state", "operator": "is", "values": ["sold"]}, {"field": "fuel", "operator": "filled"}],
        [{"field": "@role", "operator": "one_of", "values": ["agent", "manager"]}],
    ]
    rule(PRICE, when=when)
    assert api.post("/garage/vehicle", {"plate": "G 1", "state": "sold"}).status_code == 201
    assert api.post("/garage/vehicle", {"plate": "G 2", "state": "sold", "fuel": "diesel"}).status_code == 422
    assert house.api("agent", tenant).post("/garage/vehicle", {"plate": "G 3"}).status_code == 422


def test_another_tenant_is_not_held_to_it(house, rule, api):
    rule(PRICE)
    elsewhere = house.api("owner", house.new_tenant())
    assert elsewhere.post("/garage/vehicle", {"plate": "E 1", "state": "sold"}).status_code == 201
    assert api.post("/garage/vehicle", {"plate": "E 1", "state": "sold"}).status_code == 422


def test_fields_of_the_tenant_and_a_plugin_that_is_off(house, tenant, rule, api):
    house.add(
        CustomFieldDef(resource=VEHICLE, key="yard", label="Yard", kind="text", required=True), tenant=tenant
    )  # fmt: skip
    rule([{"do": "show", "field": "custom.yard"}], name="Yard of the sold")
    assert api.post("/garage/vehicle", {"plate": "C 1"}).status_code == 201
    assert api.post("/garage/vehicle", {"plate": "C 2", "state": "sold"}).status_code == 422
    with house.inside(tenant) as session:
        session.delete(session.query(CustomFieldDef).one())
        session.commit()
    assert api.post("/garage/vehicle", {"plate": "C 3", "state": "sold"}).status_code == 201
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    assert house.browser("owner", tenant).go("/console/form-rules/").status_code == 200


# --- making rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "then", "field"),
    [
        ([[{"field": "nothing", "operator": "is", "values": ["x"]}]], PRICE, "conditions"),
        ([[{"field": "odometer", "operator": "is", "values": ["many"]}]], PRICE, "conditions"),
        ([[{"field": "state", "operator": "is", "values": []}]], PRICE, "conditions"),
        ([[{"field": "@role", "operator": "is", "values": ["king"]}]], PRICE, "conditions"),
        ("nonsense", PRICE, "conditions"),
        (SOLD, [], "effects"),
        (SOLD, [{"do": "require", "field": "gone"}], "effects"),
        (SOLD, [{"do": "explode", "field": "price"}], "effects"),
        (SOLD, [{"do": "hide", "field": "plate"}], "effects"),
        (SOLD, [{"do": "hide", "field": "state"}], "effects"),
        (SOLD, [{"do": "hide", "field": "price"}, *PRICE], "effects"),
        (SOLD, [{"do": "readonly", "field": "price"}, *PRICE], "effects"),
        (SOLD, [{"do": "narrow", "field": "fuel", "values": ["steam"]}], "effects"),
        (SOLD, [{"do": "narrow", "field": "plate", "values": ["a"]}], "effects"),
        (SOLD, [{"do": "default", "field": "owner", "values": ["0190a8b2-0000-7000-8000-000000000000"]}], "effects"),
        (
            SOLD,
            [
                {"do": "narrow", "field": "fuel", "values": ["diesel"]},
                {"do": "default", "field": "fuel", "values": ["petrol"]},
            ],
            "effects",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(api, when, then, field):
    body = {"name": "Odd", "resource": VEHICLE, "conditions": when, "effects": then}
    answer = api.post("/console/form_rule", body)
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


def test_owners_and_admins_make_rules_and_nobody_else(house, tenant):
    body = {"name": "Fine", "resource": VEHICLE, "is_active": True, "conditions": SOLD, "effects": PRICE}
    for role, status in (("owner", 201), ("admin", 201), ("manager", 403), ("agent", 403)):
        assert house.api(role, tenant).post("/console/form_rule", body).status_code == status
        page = house.browser(role, tenant).go("/console/form-rules/")
        assert (page.status_code == 200) == (status == 201)


def test_a_rule_is_made_on_its_page_counted_tried_and_switched_on(house, tenant, browser, api, car):
    key = car(state="sold")
    path = f"/console/form-rules/new?kind={VEHICLE}"
    fields = {"name": "Sold has a price", "w.0.0.field": "state", "w.0.0.operator": "one_of", "w.0.0.value": "sold"}
    made = browser.send(path, fields | {"e.0.do": "require", "e.0.field": "price", "do": "renew"})
    assert "Sold" in page_of(made).text
    saved = browser.send(path, fields | {"e.0.do": "require", "e.0.field": "price", "do": "save"})
    assert saved.status_code == 303, page_of(saved).text
    address = saved.headers["Location"].removeprefix(browser.prefix)
    page = browser.go(address)
    assert "<bdi>Price</bdi>: 1</a>" in page.text
    assert api.patch(f"/garage/vehicle/{key}", {"odometer": 1}).status_code == 200
    assert f"{browser.prefix}/garage/vehicle/?state.one_of=sold&amp;price.empty=true" in page.text
    assert browser.go("/garage/vehicle/?state.one_of=sold&price.empty=true").text.count(str(key)) > 0
    assert "only once" in page_of(browser.go(f"{address}?record={key}")).text
    browser.send(f"{address}/switch", {"on": "1"})
    assert api.patch(f"/garage/vehicle/{key}", {"odometer": 2}).status_code == 422


def test_the_form_brings_its_rules_along(rule, browser, car):
    rule(PRICE)
    page = browser.go("/garage/vehicle/add").text
    start = page.index('data-rules="') + len('data-rules="')
    told = json.loads(page[start : page.index('"', start)].replace("&#34;", '"'))
    assert told[0]["when"][0][0] == {"field": "state", "kind": "choice", "operator": "is", "values": ["sold"]}
    assert "rules.js" in page
    assert "data-rules" not in browser.go("/contacts/company/add").text


# --- one language with lists -----------------------------------------------------------------------------------------

DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 9))
VALUES = st.fixed_dictionaries(
    {
        "fuel": st.none() | st.sampled_from(["petrol", "diesel", "electric"]),
        "odometer": st.none() | st.integers(0, 5),
        "registered_on": st.none() | DAYS,
        "insured": st.booleans(),
        "labels": st.lists(st.sampled_from(["red", "big"]), unique=True),
        "price": st.none() | st.builds(Money, st.integers(100, 105), st.sampled_from(["EUR", "USD"])),
        "hotline": st.none() | st.sampled_from(["+966501234567", "+966501234568"]),
    }
)
TESTS = st.one_of(
    st.tuples(st.just("fuel"), st.sampled_from(["is", "is_not", "one_of", "none_of"]), st.just(["petrol"])),
    st.tuples(st.just("odometer"), st.sampled_from(["is", "at_least", "at_most"]), st.sampled_from([["2"], ["4"]])),
    st.tuples(st.just("odometer"), st.just("between"), st.just(["1", "3"])),
    st.tuples(st.just("registered_on"), st.sampled_from(["is", "before", "after"]), st.just(["2026-01-05"])),
    st.tuples(st.just("insured"), st.just("is"), st.sampled_from([["true"], ["false"]])),
    st.tuples(st.just("labels"), st.just("has"), st.just(["red"])),
    st.tuples(st.just("price"), st.sampled_from(["is", "at_least", "at_most"]), st.just(["1.03 EUR"])),
    st.tuples(
        st.sampled_from(["fuel", "odometer", "registered_on", "labels", "price", "hotline"]),
        st.just("empty"),
        st.sampled_from([["true"], ["false"]]),
    ),
    st.tuples(st.just("hotline"), st.sampled_from(["is", "is_not"]), st.just(["+966501234567"])),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(VALUES, min_size=1, max_size=6), test=TESTS)
def test_a_condition_holds_where_the_list_with_it_shows_the_record(house, rows, test):
    name, operator, texts = test
    with house.inside(house.globex) as session:
        session.query(Vehicle).delete()
        made = [Vehicle(plate=f"P {at}", **values) for at, values in enumerate(rows)]
        session.add_all(made)
        session.flush()
        surface = Surface(registry().entries[VEHICLE], db.session())
        asked = parse_list(surface, MultiDict([(f"{name}.{operator}", text) for text in texts]))
        listed = {line.id for line in read_list(surface, asked).lines}
        one = filter_of(surface.fields[name], operator, texts)
        assert {row.id for row in made if holds(one, getattr(row, name))} == listed
        session.rollback()


def test_a_moment_is_compared_by_whole_days_where_only_a_day_is_said():
    from datetime import UTC, datetime

    field = Field("moment", "seen_at")
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    for operator, moved, expected in (("is", 0, True), ("before", -1, True), ("after", 0, False), ("after", 1, True)):
        one = filter_of(field, operator, ["2026-01-05"])
        assert holds(one, noon + timedelta(days=moved)) is expected


def test_show_if_is_held_to_by_what_is_stored_where_the_form_lacks_the_other_field(house, tenant, browser, car):
    key: UUID = car(fuel="electric", battery="old")
    form = page_of(browser.go(f"/garage/vehicle/{key}/edit")).guarded()
    browser.post(form.action, data=form.data(_confirmed="1", fuel=None, battery="new"))
    assert stored(house, tenant, key).battery == "new"
    submit(browser, f"/garage/vehicle/{key}/edit", fuel="petrol", battery="other")
    assert stored(house, tenant, key).battery == "new"
