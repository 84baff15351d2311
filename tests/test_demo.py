"""The demo: what `tenantry up` shows on its first run."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app import demo
from app.contacts.models import Company, Consent, Contact, ContactChannel, Note, Suppression
from app.host.custom_fields import CustomFieldDef
from app.identity.passwords import password_matches
from app.identity.services import find_account
from app.screens.saved_views import SavedView
from app.search.index import SearchToken
from app.search.tags import Tag
from app.tenancy.services import find_tenant

PASSWORD = "seven green horses"
KINDS = (Company, Consent, Contact, ContactChannel, CustomFieldDef, Note, SavedView, SearchToken, Suppression, Tag)


@pytest.fixture(scope="module")
def tenants(app):
    """The demo under other names: the house of the tests has an acme and a globex of its own."""
    original = demo.TENANTS, demo.SIGN_INS
    demo.TENANTS = {f"demo-{slug}": values for slug, values in demo.TENANTS.items()}
    demo.SIGN_INS = tuple(
        demo.SignIn(one.email, one.first_name, one.last_name, tuple((f"demo-{t}", r) for t, r in one.roles), one.words)
        for one in demo.SIGN_INS
    )
    try:
        sign_ins = demo.load(app, PASSWORD)
        assert demo.load(app, "another password, later") is not None
        with app.app_context():
            yield sign_ins, [find_tenant(slug) for slug in demo.TENANTS]
    finally:
        demo.TENANTS, demo.SIGN_INS = original


def contents(house, tenant):
    with house.inside(tenant) as session:
        return {kind.__name__: session.scalar(select(func.count()).select_from(kind)) for kind in KINDS}


def test_each_sign_in_works_and_says_its_part(app, tenants):
    sign_ins = tenants[0]
    assert len(sign_ins) == 6
    assert all(part for _email, _password, part in sign_ins)
    with app.app_context():
        hashes = {find_account(email).password for email, _password, _part in sign_ins}
        assert all(password_matches(one, PASSWORD) for one in hashes)
        assert find_account("operator@platform.example").is_operator


def test_both_tenants_are_filled_once(house, tenants, app):
    for tenant in tenants[1]:
        filled = contents(house, tenant)
        assert filled["Contact"] == 1_500
        assert filled["Company"] == 300
        assert filled["ContactChannel"] == 3_000
        assert filled["SearchToken"] > 15_000
        assert min(filled.values()) > 0, filled
        with house.inside(tenant) as session:
            assert session.scalar(select(func.count()).where(Contact.deleted_at.is_not(None))) > 0
            assert session.scalar(select(func.count(func.distinct(func.date(Contact.created_at))))) > 200


def test_people_are_found_and_every_saved_view_opens(house, tenants, app):
    for tenant, owner in zip(tenants[1], ("owner@acme.example", "owner@globex.example"), strict=True):
        with app.app_context():
            browser = house.browser(find_account(owner), tenant)
        with house.inside(tenant) as session:
            views = session.execute(select(SavedView.resource, SavedView.query)).all()
            person = session.scalars(select(Contact).where(Contact.is_live()).limit(1)).one()
            name, address = person.full_name, person.channels[0].value
        for words in (name, address):
            assert name in browser.go("/contacts/contact/", query_string={"q": words}).text
        for resource, query in views:
            assert browser.go(f"/{resource.replace('.', '/')}/?{query}").status_code == 200
