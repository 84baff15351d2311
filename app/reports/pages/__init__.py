"""The pages of reports."""

from __future__ import annotations

from flask import Flask

from app.host import Registry
from app.identity.views import use_home
from app.reports import described, rest
from app.reports.pages import home, hub, saved
from app.reports.pages.routes import add_routes
from app.reports.words import value_words
from app.screens.rest.openapi import DESCRIBED


def install_reports(app: Flask, registry: Registry) -> None:
    """Put pages and REST calls into the application."""
    app.jinja_env.filters["report_value"] = value_words
    add_routes(app, registry)
    for module in (saved, hub, home, rest):
        app.register_blueprint(module.blueprint)
    use_home(app, home.home)
    app.extensions.setdefault(DESCRIBED, []).append(described)
