"""The page that a payer sees, the page where admins connect providers, and where outcomes come in."""

from __future__ import annotations

from functools import partial

from flask import Flask

from app.data import Choice
from app.data.choices import give_choices
from app.host import Registry
from app.host.extending import is_here
from app.host.payments import OUTCOMES
from app.payments.models import PROVIDERS
from app.payments.outcomes import take_outcome
from app.payments.pages import pay, providers


def install_payments(app: Flask, installed: Registry) -> None:
    """Put the pages into the application, and the function that takes what providers say."""
    app.extensions[OUTCOMES] = take_outcome
    providers_here = [
        Choice(name, one.title, here=partial(is_here, one.plugin)) for name, one in installed.providers.items()
    ]
    give_choices(app, PROVIDERS, providers_here)
    for blueprint in (pay.blueprint, providers.blueprint):
        app.register_blueprint(blueprint)
