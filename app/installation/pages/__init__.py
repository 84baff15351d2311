"""Pages about plugins: a tenant's cards and settings, the operator's overview, and why somebody may not do a thing."""

from __future__ import annotations

from flask import Flask

from app.host.faults import watch_requests
from app.installation.pages import admin, docs, leaving, operator, why


def install_plugin_screens(app: Flask) -> None:
    """Register them, and begin to count what breaks in plugins."""
    for module in (admin, docs, leaving, operator, why):
        app.register_blueprint(module.blueprint)
    watch_requests(app)
