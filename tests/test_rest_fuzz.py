"""The OpenAPI document taken at its word: generated requests to every operation, right and wrong ones.

No answer may be a 5xx, every answer must be one that the document describes, and it must look as described.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.screens.rest import rate_limit
from app.testing.house import Api, House

PARTS = 4
CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner", house.new_tenant())


@pytest.fixture(scope="module")
def operations(house: House, api: Api) -> list[Any]:
    """Every operation of the document."""
    document = api.get("/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    schema.app = signed_in(house.app, api.headers["Authorization"])
    return [found.ok() for found in schema.get_all_operations()]


def signed_in(app: Any, authorization: str) -> Any:
    """The application for one owner: requests come through to the resources whatever credentials are generated."""

    def inner(environ: dict[str, Any], start_response: Any) -> Any:
        environ["HTTP_AUTHORIZATION"] = authorization
        return app(environ, start_response)

    return inner


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation(
    operations: list[Any], house: House, monkeypatch: pytest.MonkeyPatch, mode: GenerationMode, part: int
) -> None:
    with house.app.app_context():
        monkeypatch.setattr(rate_limit.limiter(), "per_minute", 1_000_000)
    for operation in operations[part::PARTS]:
        check_operation(operation, mode)


def check_operation(operation: Any, mode: GenerationMode) -> None:
    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        answer = case.call_and_validate(checks=CHECKS)
        assert answer.status_code not in (401, 403), "an owner's call must come through to the resource"

    check()
