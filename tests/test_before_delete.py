"""Rules before deletion: of a resource and of a plugin that extends it, asked wherever something is deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.contacts.models import Contact
from app.data import db
from app.host import registry
from app.host.lifecycle import switch
from app.screens.reading import Surface
from app.screens.writing import NotAllowed, restore, trash
from app.tenancy.models import Tenant
from tests.plugins_for_tests.market.plugin import Stall
from tests.plugins_for_tests.orchard.models import Tree
from tests.transfer_house import bring, take_back

SENTENCE = "An ancient tree stays."


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def trees(house, tenant):
    """An ancient tree and a young one."""
    return house.add(Tree(name="Ancient oak"), Tree(name="Young oak"), tenant=tenant)


def names(house, tenant):
    with house.inside(tenant) as session:
        return {tree.name for tree in session.query(Tree)}


def test_on_screen_over_rest_and_of_many(house, tenant, trees):
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    ancient, young = trees
    answer = browser.send(f"/orchard/tree/{ancient}/delete", follow_redirects=True)
    assert SENTENCE in answer.text
    answer = api.delete(f"/orchard/tree/{ancient}")
    assert (answer.status_code, answer.json["detail"]) == (409, SENTENCE)
    both = {"id": [str(ancient), str(young)], "_run": "1"}
    assert SENTENCE in browser.send("/orchard/tree/bulk-delete", both, follow_redirects=True).text
    assert names(house, tenant) == {"Ancient oak", "Young oak"}, "all of them or none"
    assert api.delete(f"/orchard/tree/{young}").status_code == 204
    assert names(house, tenant) == {"Ancient oak"}


def test_the_undo_of_an_import_keeps_what_a_rule_keeps(app, house, tenant):
    owner = house.people[tenant.slug, "owner"]
    record = bring(app, tenant, "orchard.tree", b"Name\nAncient elm\nYoung elm\n", owner)
    assert names(house, tenant) == {"Ancient elm", "Young elm"}
    _outcome, undone = take_back(app, tenant, record, owner)
    assert undone.state == "undone"
    assert names(house, tenant) == {"Ancient elm"}


def test_a_rule_of_another_plugin_holds_while_that_is_on(house, tenant):
    [full] = house.add(Stall(name="Full", custom_fields={"orchard__crates": 4000}), tenant=tenant)
    api = house.api("owner", tenant)
    answer = api.delete(f"/market/stall/{full}")
    assert (answer.status_code, answer.json["detail"]) == (409, "There are crates in this stall.")
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "orchard", "off")
        session.commit()
    assert api.delete(f"/market/stall/{full}").status_code == 204


def test_a_rule_that_breaks_lets_nothing_through(house, tenant):
    [row] = house.add(Stall(name="Odd", custom_fields={"orchard__crates": 3999}), tenant=tenant)
    answer = house.api("owner", tenant).delete(f"/market/stall/{row}")
    assert answer.status_code == 409
    assert "could not be checked by “Orchard”" in answer.json["detail"]
    assert house.api("owner", tenant).get(f"/market/stall/{row}").status_code == 200


def test_it_is_asked_before_the_trash_too(house, tenant):
    def refuse(row):
        raise ValueError("Not this one.")

    [key] = house.add(Contact(first_name="Nora", full_name="Nora"), tenant=tenant)
    with house.inside(tenant):
        entry = registry().entries["contacts.contact"]
        surface = Surface(replace(entry, resource=replace(entry.resource, before_delete=refuse)), db.session())
        contact = surface.get(key)
        with pytest.raises(NotAllowed, match="Not this one"):
            trash(surface, contact)
        trash(Surface(entry, db.session()), contact)
        restore(surface, contact)
        assert contact.deleted_at is None
