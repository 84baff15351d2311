"""Kinds of a tenant's own fields: amounts, links, tags, languages; and how links follow merges."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.contacts.models import Contact
from app.host.custom_fields import CustomFieldDef
from app.installation.owned import belongs_to_plugin
from app.search.index import SearchToken
from app.search.making import tokens_of
from app.testing.whole import differences, dump
from tests.merging_house import inside, merge_now, undo_now
from tests.plugins_for_tests.market.plugin import Stall
from tests.plugins_for_tests.orchard.models import Tree


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


@pytest.fixture
def buyer(house, tenant):
    [key] = house.add(Contact(full_name="Sara Haddad", first_name="Sara"), tenant=tenant)
    return key


@pytest.fixture
def own_fields(house, tenant):
    """A tenant's own fields of contacts."""

    def field(key, kind, **more):
        return CustomFieldDef(resource="contacts.contact", key=key, label=key.title(), kind=kind, **more)

    fields = field("budget", "money"), field("agent", "link", links="contacts.contact"), field("likes", "tags")
    house.add(*fields, field("speaks", "language"), tenant=tenant)


class TestTenantsOwn:
    def test_they_are_defined_by_admins(self, api):
        body = {"resource": "contacts.contact", "key": "agent", "label": "Agent", "kind": "link"}
        answer = api.post("/console/custom_field", body)
        assert list(answer.json["errors"]) == ["links"]
        assert api.post("/console/custom_field", {**body, "links": "nobody.knows"}).status_code == 422
        assert api.post("/console/custom_field", {**body, "links": "console.member"}).status_code == 201

    def test_those_that_lead_to_records_of_a_plugin_go_with_it(self, api, house, tenant):
        body = {"resource": "contacts.contact", "key": "seller", "label": "Seller", "kind": "link"}
        assert api.post("/console/custom_field", {**body, "links": "market.stall"}).status_code == 201
        with house.inside(tenant) as session:
            goes = belongs_to_plugin(CustomFieldDef.__table__, "market")
            assert session.scalars(select(CustomFieldDef.key).where(goes)).all() == ["seller"]

    def test_they_hold_what_those_of_plugins_do(self, api, own_fields, buyer):
        custom = {
            "budget": {"amount": "5.00", "currency": "USD"},
            "agent": str(buyer),
            "likes": ["tea"],
            "speaks": "ar",
        }
        made = api.post("/contacts/contact?confirm=1", {"first_name": "Ali", "custom_fields": custom})
        assert made.status_code == 201, made.json
        assert made.json["custom_fields"] == custom
        found = api.get(f"/contacts/contact?custom.agent.is={buyer}&custom.budget.at_least=4 USD").json["data"]
        assert [one["id"] for one in found] == [made.json["id"]]

    def test_links_follow_a_merge_and_its_undo(self, app, house, tenant, own_fields, buyer):
        """Of the tenant's own fields and of the plugin's."""
        [other, friend] = house.add(
            Contact(full_name="Sara H.", first_name="Sara"),
            Contact(full_name="Ali", first_name="Ali", custom_fields={"agent": str(buyer)}),
            tenant=tenant,
        )  # fmt: skip
        [tree] = house.add(Tree(name="Apple", custom_fields={"market__buyer": str(buyer)}), tenant=tenant)
        before = dump(app, tenant)
        done = merge_now(app, tenant, [other, buyer])
        with inside(app, tenant) as session:
            assert session.get(Contact, friend).custom_fields == {"agent": str(other)}
            row = session.get(Tree, tree)
            assert row.custom_fields["market__buyer"] == str(other)
            entry = app.extensions["tenantry"].entries["orchard.tree"]
            stored = session.scalars(select(SearchToken.token).where(SearchToken.record_id == row.id))
            assert set(stored) == set(tokens_of(session, entry, row))
        undo_now(app, tenant, done)
        assert differences(before, dump(app, tenant)) == []

    def test_merged_records_share_tags_and_lead_to_nobody_among_them(self, app, house, tenant, own_fields):
        first, second = house.add(
            Contact(full_name="A", first_name="A"), Contact(full_name="B", first_name="B"), tenant=tenant
        )
        with house.inside(tenant) as session:
            session.get(Contact, first).custom_fields = {"likes": ["tea"], "budget": {"amount": "1", "currency": "USD"}}
            session.get(Contact, second).custom_fields = {"likes": ["tea", "figs"], "agent": str(first)}
            session.commit()
        merge_now(app, tenant, [first, second])
        with house.inside(tenant) as session:
            found = session.get(Contact, first).custom_fields
        assert found == {"likes": ["tea", "figs"], "budget": {"amount": "1", "currency": "USD"}}

    def test_a_link_with_a_column_of_its_own_can_be_empty_too(self, house, tenant, api):
        [tree] = house.add(Tree(name="Pear"), tenant=tenant)
        house.add(Stall(name="One"), Stall(name="Two"), Stall(name="Of the pear", tree=tree), tenant=tenant)
        found = {query: len(api.get(f"/market/stall?tree.empty={query}").json["data"]) for query in ("true", "false")}
        assert found == {"true": 2, "false": 1}

    def test_no_value_lies_in_a_table_of_another_tenant(self, house, tenant, own_fields):
        with house.inside(house.globex) as session:
            assert session.scalar(text("SELECT count(*) FROM custom_field_def WHERE key = 'agent'")) == 0
