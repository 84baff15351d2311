"""A record with the rows inside it in one call: made, changed, refused at the row's path, held to each row's rights."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.contacts.models import ContactChannel
from app.features.access_rules import AccessRule
from app.testing.house import Api, House

CONTACT = "/contacts/contact"
WHOLE = "expand=channels,addresses"


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner", house.new_tenant())


def mail() -> dict[str, Any]:
    return {"kind": "email", "value": f"n-{uuid4().hex[:12]}@mail.example"}


def nora(api: Api, **more: Any) -> dict[str, Any]:
    body = {"first_name": "Nora", "channels": [mail(), mail()], "addresses": [{"city": "Jeddah"}], **more}
    answer = api.post(f"{CONTACT}?confirm=1&{WHOLE}", body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.get_json()
    return row


def read(api: Api, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{CONTACT}/{row['id']}?{WHOLE}").get_json()
    return found


def test_a_contact_comes_with_its_channels_and_addresses(api: Api) -> None:
    row = nora(api)
    assert [one["kind"] for one in row["channels"]] == ["email", "email"]
    assert [one["city"] for one in row["addresses"]] == ["Jeddah"]
    assert row == read(api, row)


def test_a_change_leaves_what_is_not_sent_and_replaces_a_list_that_is(api: Api) -> None:
    row = nora(api)
    first, second = row["channels"]
    assert api.patch(f"{CONTACT}/{row['id']}", {"position": "Buyer"}).status_code == 200
    assert read(api, row)["channels"] == row["channels"]
    added = {**mail(), "label": "home"}
    sent = [{"id": second["id"], "version": second["version"], "label": "work"}, added]
    answer = api.patch(f"{CONTACT}/{row['id']}?{WHOLE}", {"channels": sent})
    assert answer.status_code == 200, answer.text
    kept, new = answer.get_json()["channels"]
    assert (kept["id"], kept["label"], kept["value"]) == (second["id"], "work", second["value"])
    assert (new["value"], new["label"]) == (added["value"], "home")
    assert first["id"] not in (kept["id"], new["id"])
    assert answer.get_json()["addresses"] == row["addresses"], "a collection that is not sent stays"
    emptied = api.patch(f"{CONTACT}/{row['id']}?{WHOLE}", {"channels": []}).get_json()
    assert (emptied["channels"], emptied["position"]) == ([], "Buyer")


def test_sent_as_it_was_read_nothing_changes(api: Api) -> None:
    row = nora(api)
    rows = [{key: one[key] for key in ("id", "version", "kind", "value", "is_primary")} for one in row["channels"]]
    assert api.patch(f"{CONTACT}/{row['id']}", {"channels": rows}).status_code == 200
    assert read(api, row) == row


def test_errors_have_the_path_of_the_faulty_row_and_nothing_is_kept(api: Api) -> None:
    before = api.get(f"{CONTACT}?count=exact").get_json()["count"]
    rows = [mail(), {"kind": "email", "value": "nobody"}, {"kind": "fax", "value": "1"}, {"kind": "email"}, 7]
    body = {"first_name": "Omar", "channels": rows, "addresses": [{"town": "x"}]}
    answer = api.post(f"{CONTACT}?confirm=1", body)
    assert answer.status_code == 422
    wrong = set(answer.get_json()["errors"])
    assert {"channels.2.kind", "channels.3.value", "channels.4", "addresses.0.town"} <= wrong, wrong
    refused = api.post(f"{CONTACT}?confirm=1", {"first_name": "Omar", "channels": [mail(), rows[1]]})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["channels.1.value"])
    assert api.post(f"{CONTACT}?confirm=1", {"first_name": "O", "channels": {}}).get_json()["errors"].keys() == {
        "channels"
    }
    assert api.get(f"{CONTACT}?count=exact").get_json()["count"] == before
    many = api.post(f"{CONTACT}/bulk?confirm=1", {"data": [{"first_name": "A", "channels": [rows[1]]}]})
    assert list(many.get_json()["errors"]) == ["data.0.channels.0.value"]


def test_rows_of_another_record_and_old_rows_are_refused(api: Api, house: House) -> None:
    mine, others = nora(api), nora(api)
    stolen = {"channels": [{"id": others["channels"][0]["id"], "label": "mine"}]}
    answer = api.patch(f"{CONTACT}/{mine['id']}", stolen)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["channels.0.id"])
    foreign = nora(house.api("owner", house.new_tenant()))
    answer = api.patch(f"{CONTACT}/{mine['id']}", {"channels": [{"id": foreign["channels"][0]["id"]}]})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["channels.0.id"])
    one = mine["channels"][0]
    twice = [{"id": one["id"], "label": "a"}, {"id": one["id"], "label": "b"}]
    assert list(api.patch(f"{CONTACT}/{mine['id']}", {"channels": twice}).get_json()["errors"]) == ["channels.1.id"]
    assert api.patch(f"/contacts/channel/{one['id']}", {"label": "newer"}).status_code == 200
    old = {"channels": [{"id": one["id"], "version": one["version"], "label": "older"}]}
    answer = api.patch(f"{CONTACT}/{mine['id']}", old)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["channels.0.version"])
    assert len(read(api, mine)["channels"]) == 2


def test_a_key_makes_it_once(api: Api) -> None:
    key, body = {"Idempotency-Key": uuid4().hex}, {"first_name": "Once", "channels": [mail()]}
    first = api.post(f"{CONTACT}?confirm=1&{WHOLE}", body, headers=key)
    again = api.post(f"{CONTACT}?confirm=1&{WHOLE}", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_rows_are_held_to_the_rights_of_each(api: Api, house: House) -> None:
    tenant = house.new_tenant()
    owner, manager = house.api("owner", tenant), house.api("manager", tenant)
    row = nora(owner)
    house.add(AccessRule(resource="contacts.channel", role="manager", readonly=["label"]), tenant=tenant)
    one = row["channels"][0]
    sent = {"channels": [{"id": one["id"], "label": "x"}]}
    answer = manager.patch(f"{CONTACT}/{row['id']}", sent)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["channels.0.label"])
    viewer = house.api("viewer", tenant)
    assert viewer.patch(f"{CONTACT}/{row['id']}", {"channels": []}).status_code == 403
    agent = house.api("agent", tenant)
    assert agent.delete(f"/contacts/channel/{one['id']}").status_code == 403, "agents may not delete"
    refused = agent.patch(f"{CONTACT}/{row['id']}", {"channels": []})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["channels"])
    with house.inside(tenant) as session:
        assert session.query(ContactChannel).count() == 2


def test_the_document_tells_what_a_list_does(api: Api) -> None:
    document = api.get("/openapi.json").get_json()
    new = document["components"]["schemas"]["contacts.contact.new"]["properties"]["channels"]
    change = document["components"]["schemas"]["contacts.contact.change"]["properties"]["channels"]
    assert (new["items"]["required"], "id" in new["items"]["properties"]) == (["value"], False)
    assert {"id", "version", "value"} <= set(change["items"]["properties"])
    assert "contact" not in change["items"]["properties"]
    said = document["paths"][f"/api/v1{CONTACT}/{{record_id}}"]["patch"]["description"]
    assert "channels" in said
    assert "PUT" in said


def test_rows_out_of_reach_are_neither_missed_nor_changed(house: House) -> None:
    tenant = house.new_tenant()
    row = nora(house.api("owner", tenant))
    house.add(AccessRule(resource="contacts.channel", role="agent", row_scope="own"), tenant=tenant)
    agent, theirs = house.api("agent", tenant), row["channels"][0]["id"]
    stolen = agent.patch(f"{CONTACT}/{row['id']}", {"channels": [{"id": theirs, "label": "mine"}]})
    assert (stolen.status_code, list(stolen.get_json()["errors"])) == (422, ["channels.0.id"])
    own = {**mail(), "label": "mine"}
    answer = agent.patch(f"{CONTACT}/{row['id']}?expand=channels", {"channels": [own]})
    assert answer.status_code == 200, answer.text
    assert [one["label"] for one in answer.get_json()["channels"]] == ["mine"]
    with house.inside(tenant) as session:
        assert session.query(ContactChannel).count() == 3, "the others are still there"
