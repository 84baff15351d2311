"""A tenant that takes payments by Stripe, which is a server of ours."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import pytest

from app.installation.settings import save_settings
from app.testing.pumping import discard_pending
from plugins.stripe_payments import client as talking
from plugins.stripe_payments.tests.server import KEY, SIGNING, Stripe, signed
from plugins.stripe_payments.tests.shop import CHECKOUT

pytest_plugins = ["app.testing.fixtures"]


@pytest.fixture
def stripe(app, monkeypatch):
    """The name api.stripe.com leads to a server of ours, which this installation allows to be called."""
    discard_pending(app)
    here = {"outbound_http": True, "outbound_ports": tuple(range(1024, 65536)), "outbound_networks": ("127.0.0.0/8",)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **here))
    ask = socket.getaddrinfo

    def resolve(host, *more, **named):
        return ask("127.0.0.1" if host == "api.stripe.com" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with Stripe() as running:
        monkeypatch.setattr(talking, "API", f"http://api.stripe.com:{running.port}")
        yield running


@pytest.fixture
def tenant(house, stripe):
    made = house.new_tenant()
    with house.inside(made) as session:
        save_settings("stripe_payments", {"secret_key": KEY, "signing_secret": SIGNING})
        session.commit()
    return made


@pytest.fixture
def send(app, house, tenant):
    """Sends events to the tenant's address, signed."""
    browser = house.browser("admin", tenant)
    browser.send("/payments/providers/", {"provider": CHECKOUT})
    path = re.search(
        r"http://localhost(/hooks/stripe_payments/checkout/[^<]+)<", browser.go("/payments/providers/").text
    )

    def post(event, **more):
        body, headers = signed(event, **more)
        return app.test_client().post(path.group(1), data=body, headers=headers)

    return post
