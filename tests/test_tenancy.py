"""Tenants in the directory, their addresses, and two tabs in two tenants."""

from __future__ import annotations

import pytest

from app.contacts.models import Company
from app.tenancy.services import create_tenant, map_domain


@pytest.mark.parametrize("slug", ["", "Acme", "a b", "-a", "a-", "a" * 64, "a/b", "ä", "a_b"])
def test_slugs_are_checked(app, slug):
    with app.app_context(), pytest.raises(ValueError, match="address"):
        create_tenant(slug, "Name")


def test_a_slug_is_taken_once(app, house):
    with app.app_context(), pytest.raises(ValueError, match="already"):
        create_tenant("acme", "Another")


def test_a_host_name_leads_to_its_tenant_and_to_no_other(app, house):
    tenant = house.new_tenant()
    house.add(Company(name="Behind the host"), tenant=tenant)
    with app.app_context():
        map_domain(tenant.slug, "Office.Example.COM.")
        with pytest.raises(ValueError, match="another tenant"):
            map_domain("globex", "office.example.com")
        assert map_domain(tenant.slug, "office.example.com").is_primary
    page = at_host(app, house.browser("owner", tenant), "/contacts/company/")
    assert page.status_code == 200
    assert "Behind the host" in page.text
    assert 'href="/contacts/company/' in page.text, "addresses carry no /t/ prefix there"
    assert at_host(app, house.browser("owner"), "/contacts/company/").status_code == 404


def at_host(app, browser, path, host="office.example.com"):
    """What the person of this browser sees under the tenant's own host name."""
    client = app.test_client()
    client.set_cookie("tenantry_session", browser.get_cookie("tenantry_session").value, domain=host)
    return client.get(path, base_url=f"http://{host}")


@pytest.mark.parametrize(
    "host", ["", "localhost", "a b.example", "http://x.example", "x.example/path", "1.2.3.4", "-x.example"]
)
def test_host_names_are_checked(app, house, host):
    with app.app_context(), pytest.raises(ValueError, match="host name"):
        map_domain("acme", host)


def test_two_tabs_in_two_tenants_never_mix(house):
    from app.identity.services import add_member

    one, other = house.new_tenant(), house.new_tenant()
    for tenant, name in ((one, "In the one"), (other, "In the other")):
        house.add(Company(name=name), tenant=tenant)
    person = house.people[one.slug, "agent"]
    with house.app.app_context():
        add_member(person, other, "viewer")
    browser = house.browser(person, one, fresh=True)
    for _turn in range(3):
        for tenant, mine, foreign in ((one, "In the one", "In the other"), (other, "In the other", "In the one")):
            page = browser.get(f"/t/{tenant.slug}/contacts/company/").text
            assert mine in page
            assert foreign not in page
            assert f'href="/t/{tenant.slug}/contacts/contact/"' in page
    assert browser.get(f"/t/{other.slug}/contacts/company/add").status_code == 403, "a viewer there, an agent here"
    assert browser.get(f"/t/{one.slug}/contacts/company/add").status_code == 200


def test_static_files_are_not_prefixed(house):
    page = house.browser("owner").go("/contacts/contact/").text
    assert 'href="/assets/' in page
    assert "/t/acme/assets/" not in page


def test_an_unknown_tenant_and_a_foreign_one_look_the_same(house):
    browser = house.browser("owner")
    unknown, foreign = browser.get("/t/no-such-tenant/"), browser.get("/t/globex/")
    assert unknown.status_code == foreign.status_code == 404
