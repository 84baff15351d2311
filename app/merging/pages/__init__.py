"""The pages and REST calls of merging: what a generated screen cannot do."""

from __future__ import annotations

from flask import Flask

from app.merging import described
from app.merging.pages import compare, merges, pairs
from app.merging.rest import blueprint as rest
from app.screens.rest.openapi import DESCRIBED


def install_merging(app: Flask) -> None:
    """Put the pages and REST calls into the application."""
    for blueprint in (compare.blueprint, merges.blueprint, pairs.blueprint, rest):
        app.register_blueprint(blueprint)
    app.extensions.setdefault(DESCRIBED, []).append(described)
