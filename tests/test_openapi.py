"""The OpenAPI document: valid, typed, true to what the API does, kept until the tenant's configuration changes."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

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
        if rule.endpoint.startswith("api-"):
            path = rule.rule.replace("<uuid:record_id>", "{record_id}")
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
