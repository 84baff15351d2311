"""REST, end to end: lists, records, versions, trash, bulk, actions, expansion - over every kind of column."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.contacts.models import Company, Contact, ContactChannel
from app.data import Money
from app.features.access_rules import AccessRule
from app.host.custom_fields import CustomFieldDef
from app.testing.counting import Statements
from app.testing.house import Api, House
from tests.plugins_for_tests.garage.models import Door, Repair, Vehicle

CONTACT = "/contacts/contact"
COMPANY = "/contacts/company"
VEHICLE = "/garage/vehicle"
REPAIR = "/garage/repair"


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner")


def plate() -> str:
    return f"P-{uuid4().hex[:10]}"


def made(api: Api, path: str, **values: Any) -> dict[str, Any]:
    answer = api.post(f"{path}?confirm=1", values)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.get_json()
    return row


def test_create_read_change_delete_restore(api: Api) -> None:
    answer = api.post(f"{COMPANY}?confirm=1", {"name": "Delta Steel", "tags": ["vip"], "size": "11-50"})
    row = answer.get_json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1{COMPANY}/{row['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert (row["name"], row["tags"], row["size"], row["version"]) == ("Delta Steel", ["vip"], "11-50", 1)
    one = f"{COMPANY}/{row['id']}"
    assert api.get(one).get_json() == row
    assert api.get(one, headers={"If-None-Match": '"1"'}).status_code == 304
    changed = api.patch(one, {"city": "Jeddah"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.get_json()["city"], changed.headers["ETag"]) == (200, "Jeddah", '"2"')
    late = api.patch(one, {"city": "Riyadh"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.get_json()["version"], late.headers["ETag"]) == (412, 2, '"2"')
    assert api.delete(one, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404
    assert row["id"] in {one["id"] for one in api.get(f"{COMPANY}?trash=1").get_json()["data"]}
    back = api.post(f"{one}/restore")
    assert (back.status_code, back.get_json()["city"]) == (200, "Jeddah")
    assert api.post(f"{one}/restore").status_code == 404


EVERYTHING: dict[str, Any] = {
    "vin": "1HGCM82633A004352",
    "history": "first line\nsecond line\n\n- end",
    "fuel": "electric",
    "state": "used",
    "battery": "60 kWh",
    "price": {"amount": "92233720368547758.07", "currency": "USD"},
    "odometer": 9223372036854775807,
    "balance": -5,
    "consumption": "7.125",
    "weight": "1234567890.123456789012",
    "insured": False,
    "stolen": True,
    "registered_on": "2024-02-29",
    "seen_at": "2026-01-31T14:30:15.123456Z",
    "equipment": {"radio": [1, 2.5, None, "é"], "big": 123456789012345678901234567890},
    "labels": ["vip", "ليل"],
    "hotline": "+966501234567",
    "mail": "mona@example.com",
    "page": "https://example.com/a?b=c",
    "device": "01890a5d-ac96-774b-bcce-b302099a8057",
}


def test_every_kind_survives_and_an_unchanged_patch_changes_nothing(api: Api) -> None:
    owner = made(api, CONTACT, first_name="Mona", last_name="Saleh")["id"]
    sent = {"plate": plate(), **EVERYTHING, "owner": owner}
    row = made(api, VEHICLE, **sent)
    assert {name: row[name] for name in sent} == sent
    writable = {name: value for name, value in row.items() if name in sent and name != "vin"}
    again = api.patch(f"{VEHICLE}/{row['id']}", writable)
    assert (again.status_code, again.get_json()) == (200, row)
    emptied = dict.fromkeys(("price", "odometer", "weight", "seen_at", "equipment", "mail", "owner"))
    gone = api.patch(f"{VEHICLE}/{row['id']}", emptied).get_json()
    assert {name: gone[name] for name in emptied} == emptied


def test_lists_page_both_ways_and_link(api: Api, house: House) -> None:
    house.add(*(Vehicle(plate=plate(), battery="paging", odometer=n // 2) for n in range(7)))
    first = api.get(f"{VEHICLE}?battery.is=paging&size=3&sort=odometer&count=capped")
    page = first.get_json()
    assert (len(page["data"]), page["previous"], page["count"]) == (3, None, {"value": 7, "capped": False})
    assert 'rel="next"' in first.headers["Link"]
    seen, cursor, pages = page["data"], page["next"], 1
    while cursor:
        page = api.get(f"{VEHICLE}?battery.is=paging&size=3&sort=odometer&cursor={cursor}").get_json()
        seen, cursor, pages = seen + page["data"], page["next"], pages + 1
    assert [row["odometer"] for row in seen] == [0, 0, 1, 1, 2, 2, 3]
    assert (len({row["id"] for row in seen}), pages) == (7, 3)
    back = api.get(f"{VEHICLE}?battery.is=paging&size=3&sort=odometer&cursor={page['previous']}").get_json()
    assert [row["id"] for row in back["data"]] == [row["id"] for row in seen[3:6]]


def test_filters_search_and_order(api: Api) -> None:
    word = f"w{uuid4().hex[:8]}"
    red = made(api, VEHICLE, plate=plate(), history=f"{word} red", fuel="diesel", odometer=10, labels=[word])
    blue = made(api, VEHICLE, plate=plate(), history=f"{word} blue", fuel="petrol", odometer=90,
                price={"amount": "5.00", "currency": "USD"})  # fmt: skip

    def found(query: str) -> list[str]:
        answer = api.get(f"{VEHICLE}?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.get_json()["data"]]

    assert set(found(f"q={word}")) == {red["id"], blue["id"]}
    assert found(f"q={word}&fuel.is=diesel") == [red["id"]]
    assert found(f"q={word}&fuel.one_of=petrol,electric") == [blue["id"]]
    assert found(f"q={word}&odometer.between=5,20") == [red["id"]]
    assert found(f"q={word}&price.empty=false") == [blue["id"]]
    assert found(f"q={word}&price.at_least=4.99 USD") == [blue["id"]]
    assert found(f"q={word}&sort=odometer") == [red["id"], blue["id"]]
    assert found(f"q={word}&sort=-odometer") == [blue["id"], red["id"]]
    assert found(f"labels.has={word}") == [red["id"]]


def test_sparse_fields_and_expansion(api: Api) -> None:
    company = made(api, COMPANY, name="Red Sea Trading")
    contact = made(api, CONTACT, first_name="Omar", company=company["id"])
    api.post("/contacts/channel?confirm=1", {"contact": contact["id"], "kind": "other", "value": "door 4"})
    path = f"{CONTACT}/{contact['id']}"
    assert set(api.get(f"{path}?fields=full_name").get_json()) == {"id", "version", "full_name"}
    full = api.get(f"{path}?fields=full_name&expand=company,channels").get_json()
    assert (full["company"]["label"], full["company"]["id"]) == ("Red Sea Trading", company["id"])
    assert full["company"]["name"] == "Red Sea Trading"
    assert [channel["value"] for channel in full["channels"]] == ["door 4"]
    listed = api.get(f"{CONTACT}?expand=company,channels&fields=full_name&company.is={company['id']}").get_json()
    assert listed["data"] == [full]
    assert api.get(f"{path}?fields=nonsense").status_code == 422
    assert api.get(f"{path}?expand=full_name").status_code == 422


def test_rows_without_a_resource_are_read_with_their_parent(api: Api, house: House) -> None:
    row = made(api, VEHICLE, plate=plate())
    house.add(Door(vehicle_id=UUID(row["id"]), side="right", worth=Money(1250, "USD"), marks=["old"]))
    doors = api.get(f"{VEHICLE}/{row['id']}?expand=doors").get_json()["doors"]
    assert [(one["side"], one["worth"], one["marks"]) for one in doors] == [
        ("right", {"amount": "12.50", "currency": "USD"}, ["old"])
    ]


def test_expansion_obeys_the_other_resource(house: House, api: Api) -> None:
    company = made(api, COMPANY, name="Hidden Harbour", city="Yanbu")
    contact = made(api, CONTACT, first_name="Rana", company=company["id"])
    only_contacts = house.api("owner", scopes=("contacts.contact.*",))
    path = f"{CONTACT}/{contact['id']}"
    assert only_contacts.get(path).status_code == 200
    refused = only_contacts.get(f"{path}?expand=company")
    assert (refused.status_code, "expand" in refused.get_json()["errors"]) == (422, True)
    api.delete(f"{COMPANY}/{company['id']}")
    assert api.get(f"{path}?expand=company").get_json()["company"] == {"id": company["id"], "label": None}


def test_a_token_that_is_too_narrow_is_told_apart_from_a_role(house: House) -> None:
    """Whoever made it would look for the fault in their role, which allows it."""
    narrow, viewer = house.api("owner", scopes=("read",)), house.api("viewer", scopes=("*",))
    refused = narrow.post(COMPANY, {"name": "Narrow Ltd"})
    assert (refused.status_code, "made for “read” alone" in refused.get_json()["detail"]) == (403, True)
    refused = viewer.post(COMPANY, {"name": "Narrow Ltd"})
    assert (refused.status_code, "None of your roles" in refused.get_json()["detail"]) == (403, True)
    both = house.api("viewer", scopes=("read",)).post(COMPANY, {"name": "Narrow Ltd"})
    assert both.status_code == 403


def test_hidden_fields_stay_hidden_everywhere(house: House) -> None:
    tenant = house.new_tenant()
    boss, agent = house.api("owner", tenant), house.api("agent", tenant)
    rule = AccessRule(role="agent", resource="garage.vehicle", row_scope="all", hidden=["price"], readonly=["history"])
    house.add(rule, tenant=tenant)
    row = made(boss, VEHICLE, plate=plate(), price={"amount": "1", "currency": "USD"}, history="old")
    one = f"{VEHICLE}/{row['id']}"
    seen = agent.get(one).get_json()
    assert ("price" in seen, seen["history"]) == (False, "old")
    for query in ("fields=price", "price.empty=0", "sort=price"):
        assert agent.get(f"{VEHICLE}?{query}").status_code == 422, query
    for change in ({"price": None}, {"history": "new"}):
        assert agent.patch(one, change).status_code == 422, change
    assert boss.get(one).get_json()["price"] == {"amount": "1.00", "currency": "USD"}


def test_custom_fields_are_in_the_record_the_filters_and_the_order_of_things(house: House) -> None:
    tenant = house.new_tenant()
    api = house.api("owner", tenant)
    house.add(
        CustomFieldDef(resource="contacts.company", key="rating", label="Rating", kind="integer"),
        CustomFieldDef(resource="contacts.company", key="colour", label="Colour", kind="choice", options="red\nblue"),
        CustomFieldDef(resource="contacts.company", key="worth", label="Worth", kind="decimal"),
        tenant=tenant,
    )
    sent = {"rating": 5, "colour": "red", "worth": "12.5"}
    row = made(api, COMPANY, name="Custom", custom_fields=sent)
    assert row["custom_fields"] == sent
    assert api.get(f"{COMPANY}?custom.rating.at_least=5&fields=custom_fields").get_json()["data"] == [
        {"id": row["id"], "version": 1, "custom_fields": sent}
    ]
    wrong = api.patch(f"{COMPANY}/{row['id']}", {"custom_fields": {"colour": "green", "size": 1}})
    assert set(wrong.get_json()["errors"]) == {"custom.colour", "custom.size"}
    cleared = api.patch(f"{COMPANY}/{row['id']}", {"custom_fields": {"rating": None}}).get_json()
    assert cleared["custom_fields"] == {**sent, "rating": None}


def test_no_mass_assignment_and_no_record_beside_it(api: Api, house: House) -> None:
    for name, value in {
        "id": str(uuid4()), "tenant_id": str(house.globex.id), "created_by": str(uuid4()), "version": 7,
        "created_at": "2020-01-01T00:00:00Z", "deleted_at": None, "owner_id": str(uuid4()),
    }.items():  # fmt: skip
        answer = api.post(VEHICLE, {"plate": plate(), name: value})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [name]), answer.text
    inside = api.post(VEHICLE, {"plate": plate(), "doors": [{"side": "left", "vehicle": str(uuid4())}]})
    assert (inside.status_code, list(inside.get_json()["errors"])) == (422, ["doors.0.vehicle"])
    nested = api.post(VEHICLE, {"plate": plate(), "owner": {"first_name": "Made by the way"}})
    assert (nested.status_code, list(nested.get_json()["errors"])) == (422, ["owner"])


def test_doubts_are_told_and_can_be_confirmed(api: Api) -> None:
    asked = api.post(VEHICLE, {"plate": "strange rest"})
    body = asked.get_json()
    assert (asked.status_code, body["code"], body["confirm"]) == (409, "confirm", "?confirm=1")
    assert body["warnings"] == [{"code": "strange", "message": "A strange plate.", "href": None}]
    assert api.post(f"{VEHICLE}?confirm=1", {"plate": "strange rest"}).status_code == 201
    taken = api.post(f"{VEHICLE}?confirm=1", {"plate": "strange rest"})
    assert (taken.status_code, list(taken.get_json()["errors"])) == (422, ["plate"])
    refused = api.post(VEHICLE, {"plate": "refused"})
    assert refused.get_json()["errors"] == {"plate": "This plate is refused."}


def test_bulk_is_all_or_nothing(api: Api) -> None:
    good, other = plate(), plate()
    rows = [{"plate": good}, {"plate": other, "odometer": -1}, {"plate": good}, {"plate": "strange rest"}]
    answer = api.post(f"{VEHICLE}/bulk", {"data": rows})
    body = answer.get_json()
    assert (answer.status_code, set(body["errors"])) == (422, {"data.1.odometer", "data.2.plate", "data.3"})
    assert [(row["index"], row["status"]) for row in body["rows"]] == [(1, 422), (2, 422), (3, 409)]
    assert api.get(f"{VEHICLE}?plate.is={good}").get_json()["data"] == []
    fine = api.post(f"{VEHICLE}/bulk", {"data": [{"plate": good}, {"plate": other}]})
    assert (fine.status_code, [row["plate"] for row in fine.get_json()["data"]]) == (201, [good, other])


def test_bulk_each_on_its_own(api: Api) -> None:
    good = plate()
    answer = api.post(f"{VEHICLE}/bulk?atomic=0", {"data": [{"plate": good}, {"plate": good}, {}, 7]})
    body = answer.get_json()
    assert (answer.status_code, body["created"], body["refused"]) == (200, 1, 3)
    assert [row["status"] for row in body["rows"]] == [201, 422, 422, 422]
    assert len(api.get(f"{VEHICLE}?plate.is={good}").get_json()["data"]) == 1
    for wrong in ({}, {"data": []}, {"data": [{}] * 101}, [], {"data": {}}, {"data": [{"plate": "x"}], "more": 1}):
        assert api.post(f"{VEHICLE}/bulk", wrong).status_code == 422, wrong


def new_repair(api: Api, status: str = "booked") -> dict[str, Any]:
    vehicle = made(api, VEHICLE, plate=plate())
    return made(api, REPAIR, vehicle=vehicle["id"], cost={"amount": "10.00", "currency": "USD"}, status=status)


def test_actions_on_one(api: Api) -> None:
    repair = new_repair(api)
    path = f"{REPAIR}/{repair['id']}/actions/finish"
    wrong = api.post(path, {"hours": -1, "nonsense": 1})
    assert set(wrong.get_json()["errors"]) == {"remark", "hours", "nonsense"}
    assert api.post(path, {"remark": "x", "ids": []}).status_code == 422
    assert api.post(path, {"remark": "late"}, headers={"If-Match": '"9"'}).status_code == 412
    done = api.post(path, {"remark": "polished", "hours": 2, "labels": ["a"], "on": "2026-01-01"})
    assert (done.status_code, done.get_json()["message"]) == (200, "1 finished."), done.text
    assert (done.get_json()["data"]["status"], done.get_json()["data"]["version"]) == ("done", 2)
    twice = api.post(path, {"remark": "again"})
    assert (twice.status_code, twice.get_json()["detail"]) == (409, "This repair is done already.")
    assert api.post(f"{REPAIR}/{repair['id']}/actions/reopen").get_json()["data"]["status"] == "booked"
    assert api.post(f"{REPAIR}/{uuid4()}/actions/reopen").status_code == 404


def test_actions_on_many(api: Api) -> None:
    word = f"w{uuid4().hex[:8]}"
    repairs = [new_repair(api) for _ in range(3)]
    for repair in repairs:
        api.patch(f"{REPAIR}/{repair['id']}", {"remark": word})
    ids, path = [repair["id"] for repair in repairs], f"{REPAIR}/actions/finish"
    absent = api.post(path, {"ids": [ids[0], str(uuid4())], "remark": "x"})
    assert (absent.status_code, len(absent.get_json()["missing"])) == (422, 1)
    done = api.post(path, {"ids": ids[:2], "remark": word})
    assert (done.status_code, done.get_json()["count"]) == (200, 2), done.text
    stopped = api.post(path, {"filter": {"q": word}, "remark": word})
    assert stopped.status_code == 409  # two of the three are done already, so nothing happens to the third
    assert api.get(f"{REPAIR}/{ids[2]}").get_json()["status"] == "booked"
    rest = api.post(path, {"filter": {"q": word, "status.one_of": ["booked", "in_work"]}, "remark": word})
    assert rest.get_json() == {"message": "1 finished.", "count": 1}
    for wrong in ({}, {"ids": ids, "filter": {}}, {"ids": []}, {"ids": [7]}, {"filter": {"sort": "x"}}, {"all": 1},
                  {"filter": {"status.is": 5}}, {"filter": []}, {"ids": "x"},
                  {"filter": {"no.such": "x"}}):  # fmt: skip
        assert api.post(path, {**wrong, "remark": "x"}).status_code == 422, wrong
    assert api.post(f"{REPAIR}/actions/reopen", {"ids": ids}).status_code == 404  # on rows only: no such address


def test_what_stands_in_the_way_of_deletion_is_named(api: Api) -> None:
    repair = new_repair(api)
    assert api.delete(f"{REPAIR}/{repair['id']}").status_code == 204
    assert api.get(f"{REPAIR}/{repair['id']}").status_code == 404
    assert api.get(f"{REPAIR}?trash=1").status_code == 422  # these records have no trash


def test_own_rows_only(house: House, api: Api) -> None:
    diary = made(api, "/garage/diary", title="mine")
    other = house.api("admin")
    assert other.get(f"/garage/diary/{diary['id']}").status_code == 404
    assert diary["id"] not in other.get("/garage/diary").text
    assert other.patch(f"/garage/diary/{diary['id']}", {"title": "theirs"}).status_code == 404
    assert other.delete(f"/garage/diary/{diary['id']}").status_code == 404


def test_permissions_and_tenants(house: House, api: Api) -> None:
    row = made(api, COMPANY, name="Only Acme")
    one = f"{COMPANY}/{row['id']}"
    stranger, viewer = house.api("owner", house.globex), house.api("viewer")
    for method, path, body in (("GET", one, None), ("PATCH", one, {"name": "x"}), ("DELETE", one, None),
                               ("POST", f"{one}/restore", None)):  # fmt: skip
        assert stranger(method, path, json=body).status_code == 404, method
    assert stranger.post(CONTACT, {"first_name": "x", "company": row["id"]}).status_code == 422
    assert viewer.get(one).status_code == 200
    for method, path in (("POST", COMPANY), ("POST", f"{COMPANY}/bulk"), ("PATCH", one), ("DELETE", one)):
        refused = viewer(method, path, json={"name": "x"})
        assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    anonymous = house.app.test_client().get(f"/api/v1{COMPANY}")
    assert (anonymous.status_code, anonymous.mimetype) == (401, "application/problem+json")
    assert "WWW-Authenticate" in anonymous.headers


def test_below_the_tenant_prefix_by_session(house: House) -> None:
    browser = house.browser("owner")
    house.add(Company(name="Another"), Company(name="And one more"))
    address = f"{browser.prefix}/api/v1{COMPANY}"
    refused = browser.post(address, json={"name": "By cookie"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "csrf")
    answer = browser.post(f"{address}?confirm=1", json={"name": "By cookie"}, headers={"X-CSRFToken": browser.csrf()})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].startswith(address)
    assert browser.get(answer.headers["Location"]).get_json()["name"] == "By cookie"
    assert browser.get(f"{address}?size=1").headers["Link"].startswith(f"<{address}?")


def test_lists_have_tags(api: Api) -> None:
    first = api.get(f"{COMPANY}?size=5")
    assert api.get(f"{COMPANY}?size=5", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    made(api, COMPANY, name="One more")
    assert api.get(f"{COMPANY}?size=5", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("rows", [3, 60])
def test_a_list_costs_the_same_number_of_statements(house: House, rows: int, statements: Statements) -> None:
    tenant = house.new_tenant()
    company = Company(name="Counted")
    house.add(company, tenant=tenant)
    contacts = [Contact(first_name=f"C{n}", full_name=f"C{n}", company_id=company.id) for n in range(rows)]
    house.add(*contacts, tenant=tenant)
    channels = [
        ContactChannel(contact_id=one.id, kind="other", value=f"v{n}", value_normalised=f"v{n}")
        for n, one in enumerate(contacts)
    ]
    house.add(*channels, tenant=tenant)
    api = house.api("owner", tenant)
    path = f"{CONTACT}?size=100&expand=company,channels&count=exact&q=c"
    api.get(path)
    statements.clear()
    answer = api.get(path)
    assert (answer.status_code, len(answer.get_json()["data"])) == (200, rows)
    assert len(statements) <= 8, statements.report()


def test_huge_json_numbers_do_not_break_the_writer(api: Api) -> None:
    row = made(api, VEHICLE, plate=plate(), equipment={"n": 10**40})
    assert json.loads(api.get(f"{VEHICLE}/{row['id']}").data)["equipment"] == {"n": 10**40}


def test_repairs_are_listed_with_their_money(api: Api, house: House) -> None:
    repair = new_repair(api)
    with house.inside() as session:
        assert session.get(Repair, UUID(repair["id"])).cost == Money(1000, "USD")
    assert repair["cost"] == {"amount": "10.00", "currency": "USD"}


def test_a_program_is_told_the_codes_of_choices(house):
    api = house.api("owner", house.acme)
    said = api.post("/garage/repair", {"status": "Booked"}).get_json()["errors"]["status"]
    assert said.startswith("“Booked” is not one of: booked, ")
    asked = api.get("/garage/repair?status.is=Booked").get_json()["errors"]["status.is"]
    assert asked == said


def test_a_filter_without_its_operator_is_told_those_there_are(house):
    answer = house.api("owner", house.acme).get("/garage/repair?status=booked")
    assert answer.status_code == 422
    assert "status.is, " in answer.get_json()["errors"]["status"]
