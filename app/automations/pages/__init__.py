"""The pages of automations that no generated screen can give: making one, seeing and trying it; buttons; REST."""

from __future__ import annotations

from flask import Flask

from app.automations.buttons import own_buttons
from app.automations.models import EVENTS
from app.automations.pages import described, editor, rest, show
from app.data.choices import EXTENSION, give_choices
from app.screens.rest.openapi import DESCRIBED
from app.screens.views.own_buttons import GIVERS
from app.webhooks.models import EVENTS as WEBHOOK_EVENTS


def install_automations(app: Flask) -> None:
    """Put the pages, buttons and REST calls into the application, and name the events to wait for."""
    named = app.extensions[EXTENSION][WEBHOOK_EVENTS]
    give_choices(app, EVENTS, [one for one in named if not one.value.endswith("*")])
    for blueprint in (show.blueprint, editor.blueprint, rest.blueprint):
        app.register_blueprint(blueprint)
    app.extensions.setdefault(DESCRIBED, []).append(described)
    app.extensions.setdefault(GIVERS, []).append(own_buttons)
