"""The pages of notifications, which no generated screen can give, and their REST calls."""

from __future__ import annotations

from flask import Flask

from app.messaging import described, rest
from app.messaging.pages import notices, settings, unsubscribe
from app.screens.rest.openapi import DESCRIBED


def install_messaging(app: Flask) -> None:
    """Put the pages and REST calls into the application."""
    for blueprint in (notices.blueprint, settings.blueprint, unsubscribe.blueprint, rest.blueprint):
        app.register_blueprint(blueprint)
    app.extensions.setdefault(DESCRIBED, []).append(described)
