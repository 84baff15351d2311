"""A tenant whose advertising accounts are at servers of ours."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from app.testing.pumping import discard_pending
from plugins.lead_ads import graph as talking
from plugins.lead_ads.tests.account import Account
from plugins.lead_ads.tests.server import GraphServer

pytest_plugins = ["app.testing.fixtures"]


@pytest.fixture
def graph(app, monkeypatch):
    """The name graph.facebook.com leads to a server of ours, which this installation allows to be called."""
    discard_pending(app)
    here = {"outbound_http": True, "outbound_ports": tuple(range(1024, 65536)), "outbound_networks": ("127.0.0.0/8",)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **here))
    ask = socket.getaddrinfo

    def resolve(host, *more, **named):
        return ask("127.0.0.1" if host == "graph.facebook.com" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with GraphServer() as running:
        monkeypatch.setattr(talking, "API", f"http://graph.facebook.com:{running.port}")
        yield running


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


@pytest.fixture
def meta(app, house, tenant, graph):
    """An account at Meta that is connected: address, app secret, token."""
    account = Account(app, house, tenant, "meta")
    account.act("keep_keys", app_secret=graph.secret, access_token=graph.token)
    return account


@pytest.fixture
def google(app, house, tenant):
    discard_pending(app)
    return Account(app, house, tenant, "google")
