"""The pages of reports."""

from __future__ import annotations

from flask import Flask

from app.host import Registry
from app.reports.pages.routes import add_routes
from app.reports.words import value_words


def install_reports(app: Flask, registry: Registry) -> None:
    """Put pages and REST calls into the application."""
    app.jinja_env.filters["report_value"] = value_words
    add_routes(app, registry)
