"""What the contract's tests share: one tenant full of samples, whose people are not slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.host import Entry, Registry
from app.tenancy.models import Tenant
from app.testing.house import House
from app.testing.subject import Subject


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
def subject(installed: Registry, pytestconfig: pytest.Config) -> Subject:
    """What is asked about."""
    return Subject(installed, pytestconfig.getoption("--tenantry-plugin"))


@pytest.fixture(scope="session")
def whole(subject: Subject) -> bool:
    """Whether everything installed is asked about: of one plugin nobody can say how much there must be."""
    return subject.is_whole


@pytest.fixture(scope="session")
def entries(subject: Subject) -> list[Entry]:
    """The resources that are asked about."""
    if not subject.entries:
        pytest.skip(f"{subject.plugin} has no records and adds nothing to any")
    return list(subject.entries)


@pytest.fixture(scope="session")
def written(subject: Subject) -> list[Entry]:
    """The resources whose forms, rules and values are asked about."""
    if not subject.written:
        pytest.skip(f"{subject.plugin} has no records and no say in any")
    return list(subject.written)


@pytest.fixture(scope="module")
def tenant(house: House) -> Tenant:
    """A tenant for the tests of one file."""
    return house.new_tenant()
