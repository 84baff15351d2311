"""REST over the contacts, end to end."""

from __future__ import annotations

import pytest

from app.testing.house import Api, House

CONTACT = "/contacts/contact"
COMPANY = "/contacts/company"


@pytest.fixture
def api(house: House) -> Api:
    return house.api("owner")


def new_company(api: Api, **values: object) -> dict:
    made = api.post(f"{COMPANY}?confirm=1", {"name": "Nile Foods", **values})
    assert made.status_code == 201, made.text
    return made.get_json()


def test_create_read_change_delete_restore(api: Api) -> None:
    made = api.post(f"{COMPANY}?confirm=1", {"name": "Delta Steel", "tags": ["vip"], "size": "11-50"})
    assert made.status_code == 201, made.text
    row = made.get_json()
    assert made.headers["Location"] == f"/api/v1{COMPANY}/{row['id']}"
    assert made.headers["ETag"] == '"1"'
    assert (row["name"], row["tags"], row["size"], row["version"]) == ("Delta Steel", ["vip"], "11-50", 1)
    one = api.get(f"{COMPANY}/{row['id']}")
    assert one.get_json() == row
    assert api.get(f"{COMPANY}/{row['id']}", headers={"If-None-Match": '"1"'}).status_code == 304
    changed = api.patch(f"{COMPANY}/{row['id']}", {"city": "Jeddah"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.get_json()["city"], changed.headers["ETag"]) == (200, "Jeddah", '"2"')
    late = api.patch(f"{COMPANY}/{row['id']}", {"city": "Riyadh"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.get_json()["version"], late.headers["ETag"]) == (412, 2, '"2"')
    assert api.delete(f"{COMPANY}/{row['id']}").status_code == 204
    assert api.get(f"{COMPANY}/{row['id']}").status_code == 404
    back = api.post(f"{COMPANY}/{row['id']}/restore")
    assert (back.status_code, back.get_json()["city"]) == (200, "Jeddah")
