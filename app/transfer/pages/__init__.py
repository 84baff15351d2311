"""The pages of imports and exports: what a generated screen cannot do."""

from __future__ import annotations

from flask import Flask

from app.host import EXTENSION
from app.screens.rest.openapi import DESCRIBED
from app.transfer import described
from app.transfer.naming import name_kinds
from app.transfer.pages import exports, imports, plans
from app.transfer.pages import tray as _tray  # noqa: F401  (adds its address to those of exports)
from app.transfer.rest import blueprint as rest


def install_transfer(app: Flask) -> None:
    """Put the pages and REST calls into the application."""
    name_kinds(app, app.extensions[EXTENSION])
    for blueprint in (imports.blueprint, plans.blueprint, exports.blueprint, rest):
        app.register_blueprint(blueprint)
    app.extensions.setdefault(DESCRIBED, []).append(described)
