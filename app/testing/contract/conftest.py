"""What the contract's tests share: one tenant full of samples, whose people are not slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.host import Entry, Registry
from app.tenancy.models import Tenant
from app.testing.house import House


@pytest.fixture(autouse=True)
def without_rate_limit(app: Flask) -> Iterator[None]:
    """The suite asks more in a minute than any person may."""
    limit: Any = app.extensions["tenantry.rate_limit"]
    before, limit.per_minute = limit.per_minute, 10**9
    yield
    limit.per_minute = before


@pytest.fixture(scope="session")
def installed(app: Flask) -> Registry:
    """All that is installed."""
    found: Registry = app.extensions["tenantry"]
    return found


@pytest.fixture(scope="session")
def whole(pytestconfig: pytest.Config) -> bool:
    """Whether everything installed is asked about: of one plugin nobody can say how much there must be."""
    return pytestconfig.getoption("--tenantry-plugin") is None


@pytest.fixture(scope="session")
def entries(installed: Registry, pytestconfig: pytest.Config) -> list[Entry]:
    """Every resource, or those of the one plugin that is asked about."""
    only = pytestconfig.getoption("--tenantry-plugin")
    return [one for one in installed.entries.values() if only in (None, one.plugin.name)]


@pytest.fixture(scope="module")
def tenant(house: House) -> Tenant:
    """A tenant for the tests of one file."""
    return house.new_tenant()
