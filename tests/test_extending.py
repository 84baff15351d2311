"""Two plugins that extend each other: all that one adds to the other, and each of them absent in turn."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from app import create_app
from app.audit.models import AuditEntry
from app.host import Extension
from app.host.claims import ClaimError
from app.host.discovery import Found, discover
from app.host.extending import applied
from app.host.lifecycle import switch
from app.identity.sync import sync_all
from app.sdk import Action, Related, text
from app.testing.house import Browser
from app.testing.pumping import pump
from tests.plugins_for_tests.market.plugin import Stall
from tests.plugins_for_tests.orchard.models import Harvest, Tree

ORCHARD = Found("orchard", "tests.plugins_for_tests.orchard.plugin")
MARKET = Found("market", "tests.plugins_for_tests.market.plugin")
FIELD = "market__price"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def tree(house, tenant):
    """A tree with a price, and a stall that sells its fruit."""
    row = Tree(name="Apple", custom_fields={FIELD: 7})
    [key] = house.add(row, tenant=tenant)
    house.add(Stall(name="Corner", tree=key), tenant=tenant)
    return key


def off(house, tenant, plugin, state="off"):
    with house.inside(tenant) as session:
        switch(tenant, plugin, state)
        session.commit()


class TestBothAreOn:
    def test_field_and_column(self, house, tenant, tree):
        browser = house.browser("owner", tenant)
        assert "Price of a crate" in browser.go(f"/orchard/tree/{tree}/edit").text
        page = browser.go("/orchard/tree/").text
        assert "Price of a crate" in page
        assert "Grade" not in page, "only the columns that were named"
        answer = house.api("owner", tenant).get(f"/orchard/tree?custom.{FIELD}.is=7")
        assert [row["custom_fields"][FIELD] for row in answer.json["data"]] == [7]

    def test_the_field_is_checked_as_any_other(self, house, tenant, tree):
        api = house.api("owner", tenant)
        answer = api.patch(f"/orchard/tree/{tree}", {"custom_fields": {FIELD: -1}})
        assert answer.status_code == 422
        assert api.patch(f"/orchard/tree/{tree}", {"custom_fields": {FIELD: 8}}).status_code == 200

    def test_a_rule_may_call_added_fields_as_it_declared_them(self, house, tenant, tree):
        answer = house.api("owner", tenant).patch(f"/orchard/tree/{tree}", {"custom_fields": {FIELD: 14}})
        assert set(answer.json["errors"]) == {"custom.market__price", "custom.market__grade", "name"}
        page = house.browser("owner", tenant).send(
            f"/orchard/tree/{tree}/edit", {"name": "Apple", "custom.market__price": "14", "custom.market__grade": ""}
        )
        assert page.status_code == 422
        assert page.text.count("Nobody pays 14.") == 2, "above the form and at the field"

    def test_a_program_is_told_where_added_fields_are(self, house, tenant, tree):
        answer = house.api("owner", tenant).patch(f"/orchard/tree/{tree}", {FIELD: 8, "colour": "red"})
        said = answer.json["errors"]
        assert "custom_fields" in said[FIELD]
        assert said["colour"] == "There is no field of this name."

    def test_tab_and_panel(self, house, tenant, tree):
        browser = house.browser("owner", tenant)
        page = browser.go(f"/orchard/tree/{tree}").text
        assert "Stalls that sell it" in page
        assert "Offers" in page
        assert "Corner" in browser.go(f"/orchard/tree/{tree}/related/market-stall-tree").text
        assert "7 a crate" in browser.go(f"/orchard/tree/{tree}/related/market__offers").text

    def test_a_broken_panel_breaks_nothing_else(self, house, tenant):
        [key] = house.add(Tree(name="Rotten"), tenant=tenant)
        browser = house.browser("owner", tenant)
        assert browser.go(f"/orchard/tree/{key}").status_code == 200
        answer = browser.go(f"/orchard/tree/{key}/related/market__offers")
        assert answer.status_code == 200
        assert "could not be shown" in answer.text

    def test_action_on_screen_and_rest(self, house, tenant, tree):
        browser, api = house.browser("owner", tenant), house.api("owner", tenant)
        assert "Praise" in browser.go(f"/orchard/tree/{tree}").text
        answer = api.post(f"/orchard/tree/{tree}/actions/market__praise", {})
        assert answer.status_code == 200, answer.json
        assert answer.json["data"]["custom_fields"]["market__grade"] == "best"
        assert house.api("viewer", tenant).post(f"/orchard/tree/{tree}/actions/market__praise", {}).status_code == 403

    def test_validation(self, house, tenant, tree):
        api = house.api("owner", tenant)
        answer = api.patch(f"/orchard/tree/{tree}", {"custom_fields": {FIELD: 13}})
        assert answer.status_code == 422
        assert "Nobody pays 13." in answer.text
        assert api.patch(f"/orchard/tree/{tree}", {"custom_fields": {FIELD: 2000}}).status_code == 409
        answer = api.post("/orchard/tree", {"name": "Broken"})
        assert answer.status_code in (422, 503), "what could not be checked is not saved"
        assert "could not be checked by “Market”" in answer.text

    def test_card(self, house, tenant, tree):
        keys = {one.key for one in house.app.extensions["tenantry"].figures.cards.values()}
        assert "market.stalls" in keys
        assert "Corner" in house.browser("owner", tenant).go("/reports/cards/market.stalls").text

    def test_handler(self, app, house, tenant):
        [key] = house.add(Tree(name="Pear"), tenant=tenant)
        pump(app)
        with house.inside(tenant) as session:
            told = session.query(AuditEntry).filter_by(action="market.welcomed").all()
        assert [json.loads(one.body)["details"]["tree"] for one in told] == [str(key)]

    def test_menu(self, house, tenant):
        page = house.browser("owner", tenant).go("/").text
        menu = page[page.index("<nav") :]
        assert menu.index("Orchard") < menu.index("Prices") < menu.index("Market")

    def test_own_hook(self, house, tenant, tree):
        answer = house.api("owner", tenant).post(f"/orchard/tree/{tree}/actions/appraise", {})
        assert answer.json["message"] == "Offers: [7]"

    def test_the_other_way_round(self, house, tenant):
        api = house.api("owner", tenant)
        made = api.post("/market/stall", {"name": "Middle", "custom_fields": {"orchard__crates": 3}})
        assert made.status_code == 201, made.json
        key = made.json["id"]
        done = api.post(f"/market/stall/{key}/actions/orchard__deliver", {})
        assert done.json["data"]["custom_fields"] == {"orchard__crates": 12}
        assert api.patch(f"/market/stall/{key}", {"custom_fields": {"orchard__crates": 5000}}).status_code == 422

    def test_links_have_names(self, house, tenant, tree):
        browser = house.browser("owner", tenant)
        page = browser.go("/market/stall/").text
        assert f'/orchard/tree/{tree}"' in page
        assert "Apple" in page
        found = browser.go("/market/stall/pick/tree?q=App").json
        assert [one["label"] for one in found["results"]] == ["Apple"]

    def test_a_link_leads_only_to_what_is_there(self, house, tenant):
        answer = house.api("owner", tenant).post("/market/stall", {"name": "Nowhere", "tree": str(uuid4())})
        assert answer.status_code == 422
        assert "does not exist" in answer.text


class TestTheGuestIsOff:
    """The market is installed, and off for the tenant."""

    @pytest.fixture(autouse=True)
    def _off(self, house, tenant, tree):
        off(house, tenant, "market")

    def test_nothing_of_it_is_seen(self, house, tenant, tree):
        browser, api = house.browser("owner", tenant), house.api("owner", tenant)
        for path in ("/orchard/tree/", f"/orchard/tree/{tree}", f"/orchard/tree/{tree}/edit", "/"):
            text_of = browser.go(path).text
            for words in ("Price of a crate", "Praise", "Stalls", "Offers", "Prices"):
                assert words not in text_of, (path, words)
        assert browser.go(f"/orchard/tree/{tree}/related/market__offers").status_code == 404
        assert api.post(f"/orchard/tree/{tree}/actions/market__praise", {}).status_code == 404
        assert FIELD not in api.get(f"/orchard/tree/{tree}").json.get("custom_fields", {})

    def test_nothing_of_it_is_asked(self, app, house, tenant):
        api = house.api("owner", tenant)
        assert api.post("/orchard/tree", {"name": "Broken"}).status_code == 201
        key = api.post("/orchard/tree", {"name": "Plum"}).json["id"]
        answer = api.post(f"/orchard/tree/{key}/actions/appraise", {})
        assert answer.json["message"] == "Offers: []"
        pump(app)
        with house.inside(tenant) as session:
            assert session.query(AuditEntry).filter_by(action="market.welcomed").count() == 0

    def test_its_values_wait(self, house, tenant, tree):
        api = house.api("owner", tenant)
        assert api.patch(f"/orchard/tree/{tree}", {"name": "Better apple"}).status_code == 200
        off(house, tenant, "market", "on")
        assert api.get(f"/orchard/tree/{tree}").json["custom_fields"][FIELD] == 7

    def test_documents_do_not_tell_of_it(self, house, tenant):
        paths = house.api("owner", tenant).get("/openapi.json").json["paths"]
        assert "/api/v1/orchard/tree/{record_id}/actions/pick" in {path[path.index("/api") :] for path in paths}
        assert not [path for path in paths if "market" in path]
        docs = house.browser("owner", tenant).go("/console/docs/").text
        assert "market" not in docs


def test_nobody_finds_by_what_they_cannot_see(app, house, tenant, tree):
    """The added field is searched while the plugin is on: by its latest values."""

    def found(words):
        return house.api("owner", tenant).get(f"/orchard/tree?q={words}").json["data"]

    api = house.api("owner", tenant)
    assert api.patch(f"/orchard/tree/{tree}", {"custom_fields": {"market__grade": "best"}}).status_code == 200
    assert found("best")
    off(house, tenant, "market")
    pump(app)
    assert not found("best")
    assert found("Apple")
    off(house, tenant, "market", "on")
    pump(app)
    assert found("best")


class TestTheHostIsOff:
    """The orchard is installed, and off for the tenant."""

    @pytest.fixture(autouse=True)
    def _off(self, house, tenant, tree):
        off(house, tenant, "orchard")

    def test_links_are_tombstones(self, house, tenant, tree):
        browser, api = house.browser("owner", tenant), house.api("owner", tenant)
        page = browser.go("/market/stall/").text
        assert "Not shown: Orchard is not switched on" in page
        assert str(tree) not in page
        stall = api.get("/market/stall").json["data"][0]
        assert stall["tree"] == str(tree), "nothing is lost"
        shown = browser.go(f"/market/stall/{stall['id']}").text
        assert "Not shown: Orchard is not switched on" in shown
        assert api.patch(f"/market/stall/{stall['id']}", {"name": "New", "tree": str(tree)}).status_code == 200
        assert api.patch(f"/market/stall/{stall['id']}", {"tree": str(uuid4())}).status_code == 422

    def test_the_menu_keeps_the_page(self, house, tenant):
        assert "Prices" in house.browser("owner", tenant).go("/").text


def test_a_link_to_what_was_deleted_is_a_tombstone(house, tenant, tree):
    with house.inside(tenant) as session:
        session.delete(session.get(Tree, tree))
        session.commit()
    assert "No longer there" in house.browser("owner", tenant).go("/market/stall/").text


def test_a_link_to_another_tenants_record_tells_nothing(house, tenant):
    [foreign] = house.add(Tree(name="Secret tree"), tenant=house.globex)
    house.add(Stall(name="Spy", tree=foreign), tenant=tenant)
    page = house.browser("owner", tenant).go("/market/stall/").text
    assert "Secret tree" not in page
    assert "No longer there" in page


def test_links_cost_one_statement_a_kind(house, tenant, statements):
    def count():
        browser.go("/market/stall/")
        statements.clear()
        browser.go("/market/stall/")
        return len(statements)

    browser = house.browser("owner", tenant)
    [first] = house.add(Tree(name="T"), tenant=tenant)
    house.add(Stall(name="S", tree=first), tenant=tenant)
    few = count()
    for number in range(20):
        [key] = house.add(Tree(name=f"T{number}"), tenant=tenant)
        house.add(Stall(name=f"S{number}", tree=key), tenant=tenant)
    assert count() == few <= 8


@pytest.fixture(params=["orchard", "market"])
def without(request, app, settings):
    """An application without one of the two."""
    others = [one for one in (ORCHARD, MARKET) if one.name != request.param]
    garage = Found("garage", "tests.plugins_for_tests.garage.plugin")
    made = create_app(settings, [*discover(), garage, *others])
    assert dict(made.extensions["tenantry"].quarantined) == {}
    sync_all(made)
    yield request.param, made
    sync_all(app)


class TestOneIsNotInstalled:
    def test_each_application_has_its_own_words(self, app, without):
        absent, made = without
        kinds = AuditEntry.__fields__["target_type"]
        for one, is_there in ((app, True), (made, False)):
            with one.app_context():
                named = {choice.value for choice in kinds.choices}
            assert bool([name for name in named if name.startswith(f"{absent}.")]) is is_there

    def test_the_other_one_works(self, without, house, tenant, tree):
        absent, made = without
        there = {"orchard": "market.stall", "market": "orchard.tree"}[absent]
        made.test_client_class = Browser
        client = made.test_client()
        cookie = house.browser("owner", tenant).get_cookie("tenantry_session")
        client.set_cookie("tenantry_session", cookie.value)
        stem = f"/t/{tenant.slug}/{there.replace('.', '/')}/"
        page = client.get(stem)
        assert page.status_code == 200
        assert client.get(f"/t/{tenant.slug}/{absent}/").status_code == 503, "it is on here, and gone"
        entry = made.extensions["tenantry"].entries[there]
        assert not [name for name in entry.actions if name.startswith(absent)]
        assert entry.added == ()
        if absent == "orchard":
            assert "Not shown: orchard is not switched on" in page.text
        else:
            assert "Price of a crate" not in page.text


def test_purging_takes_what_was_added(app, house, settings, tenant, tree):
    from app.installation.added import extended_models, forget_added, has_added

    with house.inside(tenant) as session:
        assert Tree in set(extended_models("market"))
        assert session.query(Tree).filter(has_added(Tree, "market")).count() == 1
        forget_added(session, "market")
        assert session.query(Tree).filter(has_added(Tree, "market")).count() == 0
        assert session.get(Tree, tree).name == "Apple"


BAD = {
    "its own": (Extension("market.stall"), "say it in the resource itself"),
    "no such resource": (Extension("orchard.bush"), "does not declare"),
    "nameless field": (Extension("orchard.tree", fields=(text(),)), "needs a name of its own"),
    "unique field": (Extension("orchard.tree", fields=(text(name="a", unique=True),)), "cannot be"),
    "column of nothing": (Extension("orchard.tree", columns="a"), "none of the fields"),
    "action twice": (Extension("orchard.tree", actions=(Action("a", "A", print), Action("a", "A", print))), "taken"),
    "list of others": (Extension("orchard.tree", related=(Related(Harvest, "tree"),)), "only its own records"),
    "list by nothing": (Extension("orchard.tree", related=(Related(Stall, "nothing"),)), "no field"),
    "takes no fields": (Extension("events.event", fields=(text(name="a"),)), "takes none"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_refused(app, case):
    extension, words = BAD[case]
    known = app.extensions["tenantry"]
    with pytest.raises(ClaimError, match=words):
        applied(known.entries, "market", [extension], known.names)


def test_a_tenants_own_key_cannot_look_like_an_added_one(house, tenant):
    body = {"resource": "orchard.tree", "key": FIELD, "label": "Mine", "kind": "text"}
    answer = house.api("owner", tenant).post("/console/custom_field", body)
    assert answer.status_code == 422, answer.json
    assert "for fields that plugins add" in answer.text
