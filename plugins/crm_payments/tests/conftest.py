"""A tenant whose Stripe is set up. Nothing is sent there: a payment's page is ours first."""

from __future__ import annotations

import pytest

from app.installation.settings import save_settings

pytest_plugins = ["app.testing.fixtures"]


@pytest.fixture
def tenant(house):
    made = house.new_tenant()
    with house.inside(made) as session:
        save_settings("stripe_payments", {"secret_key": "sk_test_a", "signing_secret": "whsec_a"})
        session.commit()
    return made
