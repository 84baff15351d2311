"""A tenant with a tree of territories: EMEA, in it DACH and the Gulf, in DACH Germany and Bavaria."""

from __future__ import annotations

import pytest

from plugins.crm.tests.territories.market import Market


@pytest.fixture
def market(app, house):
    return Market(app, house)
