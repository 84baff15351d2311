"""The OpenAPI document: valid, typed, true to what the API does, kept until the tenant's configuration changes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.data import platform_session
from app.host.custom_fields import CustomFieldDef
from app.host.provisioning import provision_tenant
from app.identity.models import Account
from app.testing.counting import Statements
from app.testing.house import Api, House


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner")


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    answer = api.get("/openapi.json")
    assert answer.status_code == 200, answer.text[:500]
    made: dict[str, Any] = answer.get_json()
    return made


def test_it_is_a_valid_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_view_of_the_api_is_in_it(house: House, document: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    for rule in house.app.url_map.iter_rules():
        if rule.endpoint.startswith(("api-", "api_files.", "api_search.", "api_transfer.")):
            path = re.sub(r"<uuid:(\w+)>", r"{\1}", rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert (path, method) in described, rule


def test_every_example_validates(document: dict[str, Any]) -> None:
    seen = 0
    for schema, value in _examples(document, document):
        Draft202012Validator(_resolvable(schema, document)).validate(value)
        seen += 1
    assert seen > 20


def _examples(node: Any, document: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        for value in node.get("examples", ()) if isinstance(node.get("examples"), list) else ():
            yield node, value
        for child in node.values():
            yield from _examples(child, document)
    elif isinstance(node, list):
        for child in node:
            yield from _examples(child, document)


def _resolvable(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document["components"]}


def test_kinds_are_typed(document: dict[str, Any]) -> None:
    record = document["components"]["schemas"]["garage.vehicle"]["properties"]
    assert record["fuel"]["enum"] == ["petrol", "diesel", "electric", None]
    assert record["odometer"]["type"] == ["integer", "null"]
    assert record["odometer"]["minimum"] == 0
    assert record["seen_at"]["format"] == "date-time"
    assert record["state"]["type"] == "string"
    new = document["components"]["schemas"]["garage.vehicle.new"]
    assert (new["required"], new["additionalProperties"]) == (["plate"], False)
    assert "vin" in new["properties"]
    change = document["components"]["schemas"]["garage.vehicle.change"]
    assert ("vin" in change["properties"], "required" in change) == (False, False)
    assert "created_at" not in new["properties"]


def test_every_filter_is_a_typed_parameter(document: dict[str, Any]) -> None:
    listed = document["paths"]["/api/v1/garage/vehicle"]["get"]["parameters"]
    found = {one["name"]: one["schema"] for one in listed if "name" in one}
    assert found["fuel.one_of"]["items"]["enum"] == ["petrol", "diesel", "electric"]
    assert found["odometer.between"]["minItems"] == 2
    assert found["registered_on.before"] == {"type": "string", "format": "date"}
    assert found["plate.empty"] == {"type": "boolean"}
    assert "-odometer" in found["sort"]["enum"]
    assert {"q", "cursor", "size", "count", "fields", "expand", "trash"} <= set(found)


def test_actions_with_their_parameters(document: dict[str, Any]) -> None:
    path = "/api/v1/garage/repair/{record_id}/actions/finish"
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["remark"]
    assert body["properties"]["how"]["enum"] == ["well", "badly", None]
    many = document["paths"]["/api/v1/garage/repair/actions/finish"]["post"]
    assert {"ids", "filter"} <= set(many["requestBody"]["content"]["application/json"]["schema"]["properties"])
    assert "/api/v1/garage/repair/actions/reopen" not in document["paths"]


def test_files_go_in_as_parts_and_come_out_as_bytes(document: dict[str, Any]) -> None:
    upload = document["paths"]["/api/v1/files"]["post"]
    parts = upload["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert parts["properties"]["file"]["format"] == "binary"
    assert "garage.vehicle" in parts["properties"]["target_type"]["enum"]
    assert "Location" in upload["responses"]["201"]["headers"]
    download = document["paths"]["/api/v1/files/{attachment_id}"]["get"]
    assert list(download["responses"]["200"]["content"]) == ["application/octet-stream"]


def test_it_is_kept_until_the_configuration_changes(house: House) -> None:
    tenant = house.new_tenant()
    api = house.api("owner", tenant)
    first = api.get("/openapi.json")
    known = {"If-None-Match": first.headers["ETag"]}
    assert api.get("/openapi.json", headers=known).status_code == 304
    house.add(
        CustomFieldDef(resource="contacts.company", key="grade", label="Grade", kind="choice", options="A\nB"),
        tenant=tenant,
    )
    second = api.get("/openapi.json", headers=known)
    assert second.status_code == 200
    schemas = second.get_json()["components"]["schemas"]
    grade = schemas["contacts.company.new"]["properties"]["custom_fields"]["properties"]["grade"]
    assert grade["enum"] == ["A", "B", None]
    assert (
        "custom_fields"
        not in house.api("owner")
        .get("/openapi.json")
        .get_json()["components"]["schemas"]["contacts.company.new"]["properties"]
    )
    Draft202012Validator.check_schema(schemas["contacts.company.new"])


def test_the_second_time_costs_next_to_nothing(house: House, api: Api, statements: Statements) -> None:
    api.get("/openapi.json")
    statements.clear()
    api.get("/openapi.json")
    assert len(statements) <= 1, statements.report()


def test_a_plugin_that_is_off_is_not_in_it(house: House) -> None:
    with house.app.app_context():
        tenant = provision_tenant("bare", "Bare")
        account = house.new_person("owner", tenant)
    api = house.api(account, tenant)
    document = api.get("/openapi.json").get_json()
    assert not any("/garage/" in path for path in document["paths"])
    assert any("/contacts/" in path for path in document["paths"])
    assert api.get("/garage/vehicle").status_code == 404


def test_it_speaks_the_readers_language(house: House) -> None:
    reader = house.new_person("owner", house.acme)
    with house.app.app_context(), platform_session("a test chooses a language") as session:
        session.get_one(Account, reader.id).locale = "ar"
    arabic, english = (one.get("/openapi.json") for one in (house.api(reader), house.api("owner")))
    assert arabic.headers["ETag"] != english.headers["ETag"]
    made = [one.get_json() for one in (arabic, english)]
    names = [one["components"]["schemas"]["contacts.company"]["properties"]["name"]["title"] for one in made]
    assert names == ["الاسم", "Name"]
    assert shape(made[0]) == shape(made[1]), "words alone differ"


def shape(node: Any) -> Any:
    """A document without what it says."""
    if isinstance(node, dict):
        return {key: shape(one) for key, one in node.items()}
    return [shape(one) for one in node] if isinstance(node, list) else type(node)


def test_the_page_loads_nothing_from_elsewhere(house: House) -> None:
    browser = house.browser("owner")
    page = browser.go("/api/v1/docs")
    assert page.status_code == 200
    sources = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    assert len(sources) >= 5
    for source in sources:
        assert source.startswith("/"), source
        assert browser.get(source).status_code == 200, source
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert browser.go("/api/v1/docs/assets/swagger-ui.js").status_code == 404


def test_only_for_those_who_are_signed_in(house: House) -> None:
    for path in ("/api/v1/openapi.json", "/api/v1/docs"):
        assert house.app.test_client().get(path).status_code == 401
