"""The pages of notifications, which no generated screen can give, and their REST calls."""

from __future__ import annotations

from functools import partial

from flask import Flask

from app.data import Choice
from app.data.choices import give_choices
from app.host import Registry
from app.host.extending import is_here
from app.messaging import described, rest
from app.messaging.models import CHANNELS, MESSAGE_CHANNELS
from app.messaging.pages import notices, settings, unsubscribe
from app.screens.rest.openapi import DESCRIBED


def install_messaging(app: Flask, installed: Registry) -> None:
    """Put the pages and REST calls into the application."""
    for blueprint in (notices.blueprint, settings.blueprint, unsubscribe.blueprint, rest.blueprint):
        app.register_blueprint(blueprint)
    of_plugins = [
        Choice(name, one.title, here=partial(is_here, one.plugin)) for name, one in installed.channels.items()
    ]
    give_choices(app, CHANNELS, [*MESSAGE_CHANNELS, *of_plugins])
    app.extensions.setdefault(DESCRIBED, []).append(described)
