"""What the calls beside the resources have in common in the document: `app.transfer`, `app.reports` and others."""

from __future__ import annotations

from flask_babel import gettext as _

from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.paths import Spec, problems

OF_CHANGES = (400, 401, 403, 404, 413, 415, 422)
"""What a call with a body about something that is there may be refused with."""


def call(tag: str, name: str, summary: str, responses: Spec, *refusals: int) -> Spec:
    """The operation `<tag>.<name>`, which answers with one of `responses` or a problem of these statuses."""
    return {
        "operationId": f"{tag}.{name}",
        "tags": [tag],
        "summary": summary,
        "responses": responses | problems(*sorted(refusals)),
    }


def json_answer(status: str, schema: str) -> Spec:
    """The answer that holds an object of a schema of the document."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {status: {"description": _("How it stands."), "headers": with_headers(), "content": content}}


def json_body(properties: Spec, *required: str) -> Spec:
    """A request's body: an object of these properties and no others."""
    schema: Spec = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        schema["required"] = list(required)
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def whole_object(properties: Spec) -> Spec:
    """The schema of an object that has all of these properties and no others."""
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
