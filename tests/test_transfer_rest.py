"""Imports and exports over REST."""

from __future__ import annotations

import io
import json

import pytest

from app.jobs import run_due


@pytest.fixture
def api(house):
    tenant = house.new_tenant()
    return house.api("owner", tenant)


def send(api, data, **more):
    form = {"resource": "garage.vehicle", "file": (io.BytesIO(data), "cars.csv"), **more}
    return api("POST", "/transfer/imports", data=form, content_type="multipart/form-data")


def test_a_file_in_and_out_again(app, api):
    made = send(api, b"Kfz,Odometer\nA 1,5\nA 2,-1\n", mapping=json.dumps({"Kfz": "plate", "Odometer": "odometer"}))
    assert made.status_code == 201, made.text
    assert (made.json["state"], made.json["mode"]) == ("waiting", "insert")
    run_due(app)
    there = f"/transfer/imports/{made.json['id']}"
    found = api.get(there).json
    assert (found["state"], found["created"], found["failed"]) == ("done", 1, 1)
    assert found["problems"] == [{"line": 3, "reason": "Odometer: This must be at least 0."}]
    assert api.get(f"/transfer/import/{made.json['id']}").json["created"] == 1
    assert "A 2" in api.get(there + "/errors").text
    asked = api.post("/transfer/exports", {"resource": "garage.vehicle", "columns": ["plate"], "format": "json"})
    assert asked.status_code == 202, asked.text
    run_due(app)
    assert api.get(f"/transfer/exports/{asked.json['id']}/file").get_json(force=True) == [{"plate": "A 1"}]
    assert api.post(there + "/undo").status_code == 202
    run_due(app)
    assert api.get(there).json["state"] == "undone"
    assert "A 1" not in api.get("/garage/vehicle").text


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"mapping": "[]"}, "mapping"), ({"mapping": "{"}, "mapping"), ({"mapping": '{"Plate": "nothing"}'}, "mapping"),
        ({"mode": "guess"}, "mode"), ({"mapping": '{"Plate": "history"}'}, "mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_at_its_name(api, more, name):
    refused = send(api, b"Plate\nA\n", **more)
    assert refused.status_code == 422, refused.text
    assert name in refused.json["errors"]


def test_a_token_does_no_more_than_its_scopes(app, house):
    tenant = house.new_tenant()
    narrow = house.api("owner", tenant, ("garage.vehicle.import", "garage.vehicle.read"))
    assert send(narrow, b"Plate\nA\n").status_code == 422
    wide = house.api("owner", tenant, ("garage.vehicle.*", "transfer.*"))
    made = send(wide, b"Plate\nA\n")
    assert made.status_code == 201, made.text
    run_due(app)
    assert wide.get(f"/transfer/imports/{made.json['id']}").json["created"] == 1
    reader = house.api("viewer", tenant)
    assert send(reader, b"Plate\nA\n").status_code == 403
    assert reader.get(f"/transfer/imports/{made.json['id']}").status_code == 404
