"""Kinds of fields that a plugin adds to another's records, and tenants to any: amounts, links, tags, countries."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.features.access_rules import AccessRule
from app.host import Extension
from app.host.claims import ClaimError
from app.host.extending import applied
from app.host.lifecycle import switch
from app.installation.added import forget_added
from app.sdk import Contact as SdkContact
from app.sdk import belongs_to, image, json, record_id, record_link
from app.search.index import SearchToken
from app.testing.pages import page_of
from tests.plugins_for_tests.market.plugin import Stall
from tests.plugins_for_tests.orchard.models import Tree
from tests.transfer_house import bring, problems, take_out

TREES = "/orchard/tree"


@pytest.fixture
def tenant(house):
    return house.new_tenant(currency="SAR", country="SA")


@pytest.fixture
def stalls(house, tenant):
    return house.add(Stall(name="Corner"), Stall(name="Middle"), tenant=tenant)


@pytest.fixture
def buyer(house, tenant):
    [key] = house.add(Contact(full_name="Sara Haddad", first_name="Sara"), tenant=tenant)
    return key


@pytest.fixture
def full(stalls, buyer):
    """What REST says of a tree with everything."""
    return {
        "market__price": 7, "market__grade": "best",
        "market__deposit": {"amount": "12.50", "currency": "SAR"}, "market__stall": str(stalls[0]),
        "market__buyer": str(buyer), "market__uses": ["Cider", "Jam"], "market__origin": "TR",
    }  # fmt: skip


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def tree(api, full):
    made = api.post(TREES, {"name": "Apple", "custom_fields": full})
    assert made.status_code == 201, made.json
    return made.json["id"]


def names(api, query):
    answer = api.get(f"{TREES}?{query}")
    assert answer.status_code == 200, answer.json
    return {row["name"] for row in answer.json["data"]}


class TestOneRecord:
    def test_rest_gives_back_what_it_was_given(self, api, tree, full):
        assert api.get(f"{TREES}/{tree}").json["custom_fields"] == full
        emptied = {"market__deposit": None, "market__stall": None, "market__uses": [], "market__origin": None}
        assert api.patch(f"{TREES}/{tree}", {"custom_fields": emptied}).status_code == 200
        seen = api.get(f"{TREES}/{tree}").json["custom_fields"]
        assert {name: seen[name] for name in emptied} == emptied

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("deposit", {"amount": "12.505", "currency": "SAR"}),
            ("deposit", {"amount": "12.50", "currency": "XXQ"}),
            ("deposit", "12.50"),
            ("stall", "Corner"),
            ("stall", "0199a5c2-6f10-7d3e-8a41-3b5c7d9e1f20"),
            ("buyer", 7),
            ("uses", "Cider"),
            ("origin", "Atlantis"),
        ],
    )
    def test_what_is_none_is_refused_at_its_field(self, api, tree, full, name, value):
        answer = api.patch(f"{TREES}/{tree}", {"custom_fields": {f"market__{name}": value}})
        assert answer.status_code == 422
        assert list(answer.json["errors"]) == [f"custom.market__{name}"], answer.json
        assert api.get(f"{TREES}/{tree}").json["custom_fields"] == full

    def test_the_form_holds_it_and_saves_it(self, api, browser, tree, full, stalls):
        form = page_of(browser.go(f"{TREES}/{tree}/edit")).guarded()
        sent = form.data()
        assert sent["custom.market__deposit"] == "12.50"
        assert sent["custom.market__deposit-currency"] == "SAR"
        assert sent["custom.market__stall"] == str(stalls[0])
        assert sent["custom.market__uses"] == "Cider, Jam"
        assert browser.post(form.action, data=sent).status_code == 303
        assert api.get(f"{TREES}/{tree}").json["custom_fields"] == full
        changed = {
            "custom.market__deposit": "٩٩", "custom.market__deposit-currency": "USD",
            "custom.market__stall": str(stalls[1]), "custom.market__uses": "Juice", "custom.market__origin": "SA",
        }  # fmt: skip
        answer = browser.post(form.action, data=form.data(**changed, _confirmed="1"))
        assert answer.status_code == 303, answer.text
        seen = api.get(f"{TREES}/{tree}").json["custom_fields"]
        assert seen["market__deposit"] == {"amount": "99.00", "currency": "USD"}
        assert (seen["market__stall"], seen["market__uses"], seen["market__origin"]) == (
            str(stalls[1]),
            ["Juice"],
            "SA",
        )

    def test_the_page_calls_everything_by_its_name(self, browser, tree, stalls, buyer):
        page = browser.go(f"{TREES}/{tree}").text
        for words in ("12.50", "Corner", "Sara Haddad", "Cider", "Türkiye"):
            assert words in page, words
        assert f'/market/stall/{stalls[0]}"' in page
        assert f'/contacts/contact/{buyer}"' in page

    def test_a_value_is_changed_in_its_place(self, browser, tree, stalls):
        path = f"{TREES}/{tree}/field/custom.market__stall"
        assert "Corner" in browser.go(path, headers={"X-Fragment": "1"}).text
        page = page_of(browser.go(f"{TREES}/{tree}/edit"))
        data = {"custom.market__stall": str(stalls[1]), "_version": page.guarded().data()["_version"],
                "_was": str(stalls[0]), "csrf_token": browser.csrf()}  # fmt: skip
        answer = browser.send(path, data, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        assert "Middle" in answer.json["html"]

    def test_a_picker_finds_what_may_be_chosen(self, browser, tree):
        found = browser.go(f"{TREES}/pick/custom.market__stall?q=Mid").json
        assert [one["label"] for one in found["results"]] == ["Middle"]

    def test_a_picker_offers_the_tags_that_the_field_holds(self, api, browser, tree):
        assert api.post(TREES, {"name": "B", "custom_fields": {"market__uses": ["Cider"]}}).status_code == 201
        found = browser.go(f"{TREES}/pick/custom.market__uses?q=ci").json["results"]
        assert [(one["label"], one["hint"].partition(" ")[0]) for one in found] == [("Cider", "2")]

    def test_history_tells_what_it_was_called(self, api, browser, tree, stalls):
        other = {"market__deposit": {"amount": "1.00", "currency": "USD"}, "market__stall": str(stalls[1])}
        assert api.patch(f"{TREES}/{tree}", {"custom_fields": other}).status_code == 200
        page = browser.go(f"{TREES}/{tree}/history").text
        assert "Corner" in page
        assert "Middle" in page
        assert str(stalls[0]) not in page.replace(f'/market/stall/{stalls[0]}"', "")

    def test_who_was_slower_chooses_between_words(self, api, browser, tree, stalls):
        form = page_of(browser.go(f"{TREES}/{tree}/edit")).guarded()
        assert api.patch(f"{TREES}/{tree}", {"custom_fields": {"market__stall": str(stalls[1])}}).status_code == 200
        answer = browser.post(form.action, data=form.data(**{"custom.market__stall": ""}))
        assert answer.status_code == 409
        assert "Somebody else saved first" in answer.text
        assert "Middle" in answer.text


class TestLists:
    @pytest.fixture(autouse=True)
    def _more(self, api, tree, stalls):
        for name, custom in {
            "Bare": {},
            "Cheap": {"market__deposit": {"amount": "-3", "currency": "SAR"}, "market__uses": ["cider"]},
            "Dear": {"market__deposit": {"amount": "100", "currency": "SAR"}, "market__stall": str(stalls[1])},
            "Foreign": {"market__deposit": {"amount": "50", "currency": "JPY"}, "market__origin": "SA"},
        }.items():
            assert api.post(TREES, {"name": name, "custom_fields": custom}).status_code == 201

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("custom.market__deposit.is=12.5", "Apple"),
            ("custom.market__deposit.at_least=12.50 SAR", "Apple Dear"),
            ("custom.market__deposit.at_most=12.50", "Apple Cheap"),
            ("custom.market__deposit.between=-5,13", "Apple Cheap"),
            ("custom.market__deposit.between=1 SAR&custom.market__deposit.between=99 JPY", ""),
            ("custom.market__deposit.currency=JPY", "Foreign"),
            ("custom.market__deposit.empty=true", "Bare"),
            ("custom.market__deposit.empty=false", "Apple Cheap Dear Foreign"),
            ("custom.market__stall.is={0}", "Apple"),
            ("custom.market__stall.one_of={0},{1}", "Apple Dear"),
            ("custom.market__stall.none_of={0}", "Bare Cheap Dear Foreign"),
            ("custom.market__stall.empty=true", "Bare Cheap Foreign"),
            ("custom.market__stall.empty=false", "Apple Dear"),
            ("custom.market__uses.has=CIDER", "Apple Cheap"),
            ("custom.market__uses.has=cider&custom.market__uses.has=jam", "Apple"),
            ("custom.market__uses.empty=true", "Bare Dear Foreign"),
            ("custom.market__origin.is=tr", "Apple"),
            ("custom.market__origin.one_of=TR,SA", "Apple Foreign"),
        ],
    )
    def test_filters(self, api, stalls, query, expected):
        assert names(api, query.format(*stalls)) == set(expected.split())

    def test_columns_show_words(self, browser):
        page = browser.go(f"{TREES}/?columns=name,custom.market__stall,custom.market__deposit").text
        for words in ("Corner", "Middle", "100.00", "50"):
            assert words in page

    def test_the_panel_offers_them(self, browser, stalls):
        page = browser.go(f"{TREES}/filters?custom.market__stall.is={stalls[0]}").text
        assert "Corner" in page

    def test_more_rows_cost_no_more_statements(self, api, browser, stalls, statements):
        def count():
            browser.go(f"{TREES}/")
            statements.clear()
            browser.go(f"{TREES}/")
            return len(statements)

        few = count()
        for number in range(15):
            custom = {"market__stall": str(stalls[number % 2]), "market__deposit": {"amount": "1", "currency": "USD"}}
            assert api.post(TREES, {"name": f"T{number}", "custom_fields": custom}).status_code == 201
        assert count() == few <= 8

    def test_links_to_any_number_of_kinds_cost_one_statement(self, browser, api, tree, stalls, buyer, statements):
        def count(custom):
            assert api.patch(f"{TREES}/{tree}", {"custom_fields": custom}).status_code == 200
            browser.go(f"{TREES}/{tree}")
            statements.clear()
            assert browser.go(f"{TREES}/{tree}").status_code == 200
            return len(statements)

        assert count({"market__stall": str(stalls[0]), "market__buyer": None}) == count({"market__buyer": str(buyer)})

    def test_many_are_changed_at_once(self, api, browser, tree, stalls):
        form = page_of(browser.send(f"{TREES}/bulk-edit", {"id": [tree]})).form("/bulk-edit")
        data = form.data(**{"custom.market__stall": str(stalls[1]), "custom.market__uses": "Wood"})
        for name in ("custom.market__stall", "custom.market__uses"):
            data.add("change", name)
        assert browser.post(f"{browser.prefix}{TREES}/bulk-edit", data=data).status_code == 303
        seen = api.get(f"{TREES}/{tree}").json["custom_fields"]
        assert seen["market__stall"] == str(stalls[1])
        assert seen["market__uses"] == ["Cider", "Jam", "Wood"]

    def test_reports_add_up_amounts_by_currency(self, api):
        def run(asked):
            answer = api.get(f"/reports/run?source=orchard.tree&{asked}")
            assert answer.status_code == 200, answer.text
            return answer.json

        [total] = run("measure=sum.custom.market__deposit")["cells"]
        assert total["values"] == [[{"amount": "109.50", "currency": "SAR"}, {"amount": "50", "currency": "JPY"}]]
        assert {one["label"] for one in run("by=custom.market__stall")["rows"]} == {"Corner", "Middle", "Not set"}
        assert {"Cider", "Jam"} <= {one["label"] for one in run("by=custom.market__uses")["rows"]}
        assert {one["label"] for one in run("by=custom.market__origin")["rows"]} >= {"Türkiye", "Saudi Arabia"}
        assert {one["label"] for one in run("by=custom.market__deposit")["rows"]} >= {"SAR", "JPY"}


class TestReach:
    def test_a_link_never_leads_into_another_tenant(self, house, api, tree):
        [foreign] = house.add(Stall(name="Secret stall"), tenant=house.globex)
        answer = api.patch(f"{TREES}/{tree}", {"custom_fields": {"market__stall": str(foreign)}})
        assert answer.status_code == 422
        assert "Secret" not in answer.text

    def test_who_does_not_reach_a_record_sees_a_tombstone_and_cannot_choose_it(self, house, tenant, tree, buyer):
        house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
        browser, api = house.browser("agent", tenant), house.api("agent", tenant)
        page = browser.go(f"{TREES}/{tree}").text
        assert "Sara Haddad" not in page
        assert "No longer there" in page
        assert api.post(TREES, {"name": "X", "custom_fields": {"market__buyer": str(buyer)}}).status_code == 422
        agent = house.people[tenant.slug, "agent"]
        assert b"Sara" not in take_out(house.app, tenant, "orchard.tree", "csv", agent, "", ("custom.market__buyer",))

    def test_what_was_deleted_is_a_tombstone_that_may_stay(self, house, tenant, api, browser, tree, stalls):
        with house.inside(tenant) as session:
            session.delete(session.get(Stall, stalls[0]))
            session.commit()
        assert "No longer there" in browser.go(f"{TREES}/").text
        form = page_of(browser.go(f"{TREES}/{tree}/edit")).guarded()
        assert browser.post(form.action, data=form.data(name="Renamed")).status_code == 303
        assert api.get(f"{TREES}/{tree}").json["custom_fields"]["market__stall"] == str(stalls[0])


class TestFiles:
    def test_what_goes_out_comes_in_by_its_names(self, app, house, tenant, api, tree, full):
        owner = house.people[tenant.slug, "owner"]
        columns = ("name", *(f"custom.{name}" for name in full))
        data = take_out(app, tenant, "orchard.tree", account=owner, columns=columns)
        [row] = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        assert row["Best stall"] == "Corner"
        assert row["Deposit"] == "12.50 SAR"
        assert (row["Uses"], row["Origin"], row["Grade"]) == ("Cider, Jam", "Türkiye", "Best")
        record = bring(app, tenant, "orchard.tree", data.replace(b"Apple", b"Pear"), owner)
        assert record.failed == 0, problems(app, tenant, record)
        [pear] = api.get(f"{TREES}?name.is=Pear").json["data"]
        assert pear["custom_fields"] == full

    def test_names_of_nobody_and_of_others_are_refused(self, app, house, tenant, buyer):
        owner = house.people[tenant.slug, "owner"]
        [foreign] = house.add(Stall(name="Elsewhere"), tenant=house.globex)
        data = f"Name,Best stall,Deposit\nA,Nowhere,1\nB,{foreign},1\nC,,many\n".encode()
        record = bring(app, tenant, "orchard.tree", data, owner)
        assert (record.created, record.failed) == (0, 3)

    def test_json_holds_amounts_as_rest_does(self, app, house, tenant, tree):
        owner = house.people[tenant.slug, "owner"]
        data = take_out(app, tenant, "orchard.tree", "json", owner, columns=("name", "custom.market__deposit"))
        assert b'{"amount": "12.50", "currency": "SAR"}' in data.replace(b'":"', b'": "').replace(b'","', b'", "')


class TestTheGuestGoes:
    def test_off_it_is_hidden_and_kept(self, house, tenant, api, browser, tree, full):
        with house.inside(tenant) as session:
            switch(tenant, "market", "off")
            session.commit()
        assert "Deposit" not in browser.go(f"{TREES}/{tree}/edit").text
        assert "market__deposit" not in api.get(f"{TREES}/{tree}").json.get("custom_fields", {})
        assert api.patch(f"{TREES}/{tree}", {"name": "Renamed"}).status_code == 200
        with house.inside(tenant) as session:
            switch(tenant, "market", "on")
            session.commit()
        assert api.get(f"{TREES}/{tree}").json["custom_fields"] == full

    def test_purged_nothing_is_left(self, house, tenant, tree):
        with house.inside(tenant) as session:
            forget_added(session, "market")
            assert session.get(Tree, tree).custom_fields == {}
            left = select(SearchToken.token).where(SearchToken.token.startswith("=market__"))
            assert session.scalars(left).all() == []

    def test_what_a_field_was_before_breaks_nothing(self, house, tenant, api, browser, tree):
        with house.inside(tenant) as session:
            odd = {"market__deposit": "12", "market__stall": "Corner", "market__uses": "Jam", "market__buyer": [1]}
            session.get(Tree, tree).custom_fields = odd
            session.commit()
        assert browser.go(f"{TREES}/?columns=name,custom.market__deposit,custom.market__uses").status_code == 200
        assert browser.go(f"{TREES}/{tree}").status_code == 200
        assert api.get(f"{TREES}/{tree}").json["custom_fields"]["market__deposit"] is None
        assert api.get("/reports/run?source=orchard.tree&by=custom.market__uses").status_code == 200
        assert api.get("/reports/run?source=orchard.tree&measure=sum.custom.market__deposit").status_code == 200


REFUSED = {
    "relation": (belongs_to(SdkContact, name="a"), "record_link"),
    "vague id": (record_id(name="a"), "say what it leads to"),
    "picture": (image(name="a"), "record of your own"),
    "json": (json(name="a"), "record of your own"),
    "secret": (record_link("market.stall", name="a", secret=True), "cannot be secret"),
    "slip": (record_link("orchard.bush", name="a"), "nobody declares"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_added_is_refused_with_what_to_do_instead(app, case):
    field, words = REFUSED[case]
    known = app.extensions["tenantry"]
    with pytest.raises(ClaimError, match=words):
        applied(known.entries, "market", [Extension("orchard.tree", fields=(field,))], known.names)
