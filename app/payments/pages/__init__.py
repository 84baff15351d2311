"""The page that a payer sees, the page where admins connect providers, and where outcomes come in."""

from __future__ import annotations

from flask import Flask

from app.host.payments import OUTCOMES
from app.payments.outcomes import take_outcome
from app.payments.pages import pay, providers


def install_payments(app: Flask) -> None:
    """Put the pages into the application, and the function that takes what providers say."""
    app.extensions[OUTCOMES] = take_outcome
    for blueprint in (pay.blueprint, providers.blueprint):
        app.register_blueprint(blueprint)
