"""What all tests share beside the fixtures of `app.testing`."""

from __future__ import annotations

import hypothesis
import pytest

from app.data import platform_session
from app.host.models import InstalledPlugin
from app.installation.approval import accept_all
from app.installation.features import tell_tenants
from tests.pump_house import pumps_of

pytest_plugins = ["app.testing.fixtures"]
# What an example takes, and its making, says how busy the machine is.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")
collect_ignore = ["vendor_plugin"]
"""A package of its own: `test_vendor.py` installs it into a fresh environment and runs its tests there."""


LONG = {"browser", "contract"}
"""Folders whose files take minutes."""


def pytest_collection_modifyitems(items):
    """A worker takes a file at a time, so what its tests share is made once. Those that take long come first: one at
    the end would keep a worker busy while the others have nothing left."""
    long = {item.path for item in items if item.get_closest_marker("slow") or LONG & {*item.path.parts}}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture
def not_accepted(app):
    """The operator has not accepted yet what the garage asks for."""
    with app.app_context(), platform_session("a test takes a yes back") as session:
        session.get_one(InstalledPlugin, "garage").approved = None
        tell_tenants(session)
    yield
    with app.app_context():
        accept_all("tests")


@pytest.fixture
def pumps(settings, pytestconfig):
    """Two processes of relay and workers; `pumps()` kills one without a word and starts another in its place."""
    with pumps_of(settings, pytestconfig) as kill:
        yield kill
