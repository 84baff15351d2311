"""REST for every resource of the registry, with its OpenAPI document. See `resource_api`, `pipeline` and `openapi`."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder import AppBuilder

from app.host import Registry
from app.screens.rest.docs import docs
from app.screens.rest.openapi import init_documents
from app.screens.rest.problems import init_problems
from app.screens.rest.rate_limit import init_rate_limit
from app.screens.rest.resource_api import register_resources

__all__ = ["register_apis"]


def register_apis(appbuilder: AppBuilder, registry: Registry) -> None:
    """Put the API into the application: problem documents, rate limit, one API a resource, the document and its page.

    Call it once, inside the application context.
    """
    init_problems(current_app)
    init_rate_limit(current_app)
    init_documents(current_app)
    register_resources(appbuilder, registry)
    current_app.register_blueprint(docs)
