"""Layouts by role: what a form, a page, paper and a list show, and that no layout ever loses anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contacts.models import Company, Contact, ContactChannel
from app.data import Money, db
from app.features.access_rules import AccessRule
from app.host import registry
from app.host.custom_fields import CustomFieldDef
from app.host.form_rules import FormRule
from app.host.layouts import PLACES, WIDTHS, Arranged, Layout, Part, PlacedField, arranged_of, as_stored
from app.host.lifecycle import switch
from app.screens.laying import as_declared, layable
from app.screens.reading import Surface
from app.tenancy.models import Membership, MembershipRole
from app.testing.counting import count_statements
from app.testing.pages import page_of
from app.testing.rows import differences, stored
from tests.plugins_for_tests.garage.models import Vehicle

VEHICLE = "garage.vehicle"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def car(house, tenant):
    return house.add(Vehicle(plate="LAY 1", odometer=5, fuel="diesel", balance=3), tenant=tenant)[0]


@pytest.fixture
def lay(house, tenant):
    """Publishes a layout."""

    def publish(role="everybody", position=10, resource=VEHICLE, **arranged):
        row = Layout(resource=resource, role=role, position=position, published=as_stored(Arranged(**arranged)))
        return house.add(row, tenant=tenant)[0]

    return publish


def part(*fields, title="", look="open", **placed):
    names = [PlacedField(name, "both") for name in fields]
    return Part((*names, *(PlacedField(n, place) for n, place in placed.items())), "", {"en": title}, look)


def names_on(answer):
    """The controls of a form in their order."""
    form = page_of(answer).guarded()
    return [name for name in dict.fromkeys(form.data().keys()) if not name.startswith("_")]


def test_a_form_and_a_page_are_as_the_layout_says(browser, car, lay):
    lay(parts=(part("state", "plate", title="First things", odometer="form", balance="page", fuel="none"),))
    page = browser.go(f"/garage/vehicle/{car}/edit")
    assert "First things" in page.text
    assert page.text.index('name="state"') < page.text.index('name="plate"')
    assert {"odometer", "plate"} <= set(names_on(page))
    assert not {"balance", "fuel"} & set(names_on(page))
    shown = page_of(browser.go(f"/garage/vehicle/{car}")).text
    assert "Balance" in shown
    assert "Odometer" not in shown
    assert "Fuel" not in shown
    assert "Fuel" not in page_of(browser.go(f"/garage/vehicle/{car}/preview")).text


def test_width_and_folding(browser, car, lay):
    wide = Part((PlacedField("plate", "both", "full"), PlacedField("history", "both", "half")), "", {"en": "Wide"})
    lay(parts=(wide, part("odometer", title="Seldom", look="folded")))
    form = browser.go(f"/garage/vehicle/{car}/edit").text
    assert "field-text at-full" in form
    assert '<details class="card section folded"><summary><h2>Seldom</h2>' in form
    assert '<details class="card folded"><summary><h2>Seldom</h2>' in browser.go(f"/garage/vehicle/{car}").text
    refused = page_of(browser.go(f"/garage/vehicle/{car}/edit")).guarded()
    answer = browser.post(refused.action, data=refused.data(odometer="many"))
    assert '<details class="card section folded" open>' in answer.text


def test_the_first_layout_of_a_persons_roles_holds_else_everybodys(house, tenant, lay, car):
    lay("agent", 20, parts=(part("plate", title="For agents"),))
    key = lay("manager", 10, parts=(part("plate", title="For managers"),))
    lay("everybody", 30, parts=(part("plate", title="For all"),))
    path = f"/garage/vehicle/{car}/edit"
    assert "For managers" in house.browser("manager", tenant).go(path).text
    assert "For agents" in house.browser("agent", tenant).go(path).text
    assert "For all" in house.browser("owner", tenant).go(path).text
    agent = house.people[tenant.slug, "agent"]
    with house.inside(tenant) as session:
        member = session.scalars(select(Membership).where(Membership.email == agent.email)).one()
        session.add(MembershipRole(membership_id=member.id, role="manager"))
        session.commit()
    house.forget_permissions()
    assert "For managers" in house.browser("agent", tenant).go(path).text
    owner = house.browser("owner", tenant)
    owner.send(f"/console/layouts/{VEHICLE}", {"do": "down manager"})
    assert "For agents" in house.browser("agent", tenant).go(path).text
    assert house.api("owner", tenant).get(f"/console/layout/{key}").json["position"] == 20


def test_what_a_layout_does_not_know_comes_last_and_what_is_gone_comes_back(house, tenant, browser, car, lay):
    house.add(CustomFieldDef(resource=VEHICLE, key="yard", label="Yard", kind="text"), tenant=tenant)
    lay(parts=(part("plate", "custom.yard", "never_heard_of", title="Known"),))
    names = names_on(browser.go(f"/garage/vehicle/{car}/edit"))
    assert names.index("custom.yard") < names.index("odometer")
    with house.inside(tenant) as session:
        session.delete(session.query(CustomFieldDef).one())
        session.commit()
    assert "custom.yard" not in names_on(browser.go(f"/garage/vehicle/{car}/edit"))
    house.add(CustomFieldDef(resource=VEHICLE, key="yard", label="Yard", kind="text"), tenant=tenant)
    house.add(CustomFieldDef(resource=VEHICLE, key="bay", label="Bay", kind="text"), tenant=tenant)
    names = names_on(browser.go(f"/garage/vehicle/{car}/edit"))
    assert names.index("custom.yard") < names.index("odometer")
    assert "custom.bay" in names


def test_a_plugin_that_is_off_keeps_its_layouts(house, tenant, browser, car, lay):
    lay(parts=(part("plate", title="Still here"),))
    for state in ("off", "on"):
        with house.inside(tenant) as session:
            switch(tenant, "garage", state)
            session.commit()
        assert (browser.go(f"/garage/vehicle/{car}/edit").status_code == 200) == (state == "on")
    assert "Still here" in browser.go(f"/garage/vehicle/{car}/edit").text


def test_an_access_rule_goes_before_a_layout(house, tenant, car, lay):
    house.add(AccessRule(role="agent", resource=VEHICLE, hidden=["odometer"], readonly=[]), tenant=tenant)
    lay("agent", parts=(part("plate", "odometer"),))
    agent = house.browser("agent", tenant)
    assert "odometer" not in names_on(agent.go(f"/garage/vehicle/{car}/edit"))
    assert "Odometer" not in page_of(agent.go(f"/garage/vehicle/{car}")).text


def test_what_is_left_out_is_still_in_rest_and_another_tenant_has_its_own(house, tenant, browser, car, lay):
    lay(parts=(part("plate", odometer="none"),))
    api = house.api("owner", tenant)
    assert api.get(f"/garage/vehicle/{car}").json["odometer"] == 5
    assert api.patch(f"/garage/vehicle/{car}", {"odometer": 6}).status_code == 200
    assert "odometer" in names_on(house.browser("owner", house.globex).go("/garage/vehicle/add"))


def test_a_copy_and_an_address_bring_what_the_form_leaves_out(house, tenant, browser, car, lay):
    lay(parts=(part("plate", odometer="none"),))
    for path in (f"/garage/vehicle/add?_copy={car}", "/garage/vehicle/add?odometer=5"):
        form = page_of(browser.go(path)).guarded()
        assert form.value("odometer") == "5"
        browser.post(form.action, data=form.data(plate=f"COPY {len(path)}", _confirmed="1"))
    with house.inside(tenant) as session:
        assert [row.odometer for row in session.query(Vehicle).order_by(Vehicle.plate)] == [5, 5, 5]


def test_what_a_rule_requires_stands_in_the_form(house, tenant, browser, lay):
    rule = FormRule(name="R", resource=VEHICLE, is_active=True, position=1, conditions=[],
                    effects=[{"do": "require", "field": "odometer"}])  # fmt: skip
    house.add(rule, tenant=tenant)
    lay(parts=(part("plate", odometer="none"),))
    assert "odometer" in names_on(browser.go("/garage/vehicle/add"))


def test_lists_begin_as_the_layout_says(browser, house, tenant, car, lay):
    house.add(Vehicle(plate="AAA"), tenant=tenant)
    lay(columns=("odometer", "plate"), sort="plate", view="")
    page = browser.go("/garage/vehicle/").text
    assert page.index('data-column="odometer"') < page.index('data-column="plate"')
    assert 'data-column="state"' not in page
    assert page.index("AAA") < page.index("LAY 1")
    assert browser.go("/garage/vehicle/?sort=-plate").text.index("LAY 1") < browser.go(
        "/garage/vehicle/?sort=-plate"
    ).text.index("AAA")


def test_a_list_may_begin_as_a_board(browser, lay):
    lay(resource="garage.repair", view="board")
    answer = browser.go("/garage/repair/")
    assert answer.headers["Location"].endswith("/garage/repair/board")
    board = browser.go("/garage/repair/board").text
    assert "/garage/repair/?view=all" in board
    assert browser.go("/garage/repair/?view=all").status_code == 200


def test_related_lists_are_ordered_and_chosen(house, tenant, browser, lay):
    path = f"/contacts/contact/{house.add(Contact(first_name='Nora', full_name='Nora'), tenant=tenant)[0]}"
    page = browser.go(path).text
    blocks = [one.split('"')[0].rpartition("/")[2] for one in page.split('data-fetch="')[1:]]
    lists = [one for one in blocks if one != "history"]
    assert len(lists) > 1
    lay(resource="contacts.contact", parts=(part("first_name"),), blocks=((lists[1], True), (lists[0], False)))
    page = browser.go(path).text
    assert f"/related/{lists[1]}" in page
    assert f"/related/{lists[0]}" not in page


def test_rows_inside_a_record_follow_the_layout_of_their_kind(house, tenant, browser, lay):
    key = house.add(Contact(first_name="Nora", full_name="Nora"), tenant=tenant)[0]
    house.add(
        ContactChannel(contact_id=key, kind="other", value="x", value_normalised="x", label="work"), tenant=tenant
    )
    path = f"/contacts/contact/{key}/edit"
    before = [name for name in names_on(browser.go(path)) if name.startswith("channels-0-")]
    assert before.index("channels-0-kind") < before.index("channels-0-label")
    lay(resource="contacts.channel", parts=(part("label", "kind", "value", is_primary="none"),))
    after = [name for name in names_on(browser.go(path)) if name.startswith("channels-0-")]
    assert after.index("channels-0-label") < after.index("channels-0-kind")
    assert "channels-0-is_primary" not in after


def test_no_statement_more_and_every_process_hears_of_it(house, tenant, browser, car, lay):
    path = f"/garage/vehicle/{car}/edit"
    browser.go(path)
    with count_statements() as before:
        browser.go(path)
    key = lay(parts=(part("plate", title="Once"),))
    assert "Once" in browser.go(path).text
    with count_statements() as after:
        browser.go(path)
    assert len(after) == len(before)
    api = house.api("owner", tenant)
    changed = as_stored(Arranged(parts=(part("plate", title="Twice"),)))
    assert api.patch(f"/console/layout/{key}", {"published": changed}).status_code == 200
    assert "Twice" in browser.go(path).text


# --- arranging -------------------------------------------------------------------------------------------------------


def arrange(browser, path, do, **changes):
    """Send the editor as it came, with one of its buttons."""
    form = page_of(browser.go(path)).guarded()
    return browser.post(form.action or browser.prefix + path, data=form.data(do=do, **changes))


PATH = f"/console/layouts/{VEHICLE}/agent"


def test_a_layout_is_arranged_looked_at_published_and_removed_without_scripts(house, tenant, browser, car):
    assert "Vehicle" in page_of(browser.go("/console/layouts/")).text
    moved = arrange(browser, PATH, "down field:plate")
    items = [pair[1] for pair in page_of(moved).guarded().data().items(multi=True) if pair[0] == "item"]
    assert items.index("field:plate") == 2
    look = arrange(browser, PATH, "look", **{"title.s0.en": "Sales", "place.odometer": "none"})
    assert look.status_code == 303
    page = browser.go(PATH + "/look")
    assert "Sales" in page.text
    assert "Odometer" not in page_of(page).text.partition("The form")[2]
    agent = house.browser("agent", tenant)
    assert "odometer" in names_on(agent.go("/garage/vehicle/add"))
    assert browser.send(PATH + "/publish").status_code == 303
    assert "odometer" not in names_on(agent.go("/garage/vehicle/add"))
    assert "odometer" in names_on(browser.go("/garage/vehicle/add"))
    copied = arrange(browser, f"/console/layouts/{VEHICLE}/manager", "copy", **{"from": "agent"})
    assert 'value="Sales"' in copied.text
    assert 'value="Sales"' not in arrange(browser, PATH, "reset").text
    assert browser.send(PATH + "/remove").status_code == 303
    assert "odometer" in names_on(agent.go("/garage/vehicle/add"))


def test_what_is_always_required_cannot_be_left_out(house, tenant, browser):
    answer = arrange(browser, PATH, "publish", **{"place.plate": "none"})
    assert answer.status_code == 422
    assert "always required: Plate" in page_of(answer).text
    body = as_stored(Arranged(parts=(part(plate="none"),)))
    answer = house.api("owner", tenant).post(
        "/console/layout", {"resource": VEHICLE, "role": "agent", "position": 1, "published": body}
    )
    assert answer.status_code == 422
    assert "Plate" in answer.json["errors"]["published"]


def test_nothing_malformed_is_stored(house, tenant):
    api = house.api("owner", tenant)
    for wrong in ([], {"sections": 1}, {"sectons": []}, {"view": "heap"}, {"sections": [{"fields": [{"place": "x"}]}]}):
        answer = api.post("/console/layout", {"resource": VEHICLE, "role": "viewer", "position": 1, "published": wrong})
        assert answer.status_code == 422, wrong


def test_owners_and_admins_arrange_and_nobody_else(house, tenant):
    for role, may in (("owner", True), ("admin", True), ("manager", False), ("viewer", False)):
        assert (house.browser(role, tenant).go(PATH).status_code == 200) == may
        assert (house.api(role, tenant).get("/console/layout").status_code == 200) == may


def test_the_document_tells_what_a_layout_and_a_rule_are(house, tenant):
    told = house.browser("owner", tenant).go("/api/v1/openapi.json").get_data(as_text=True)
    assert "/console/layout" in told
    assert '"narrow"' in told
    assert '"folded"' in told


def test_it_goes_from_tenant_to_tenant(house, tenant, lay):
    lay("agent", parts=(part("plate", title="Travels"),))
    row = house.api("owner", tenant).get("/console/layout").json["data"][0]
    there = house.api("owner", house.new_tenant())
    body = {name: row[name] for name in ("resource", "role", "position", "published")}
    assert there.post("/console/layout", body).status_code == 201


def test_a_published_layout_can_be_brought_back_from_the_log(house, tenant, browser, lay):
    key = lay(parts=(part("plate", title="Before"),))
    api = house.api("owner", tenant)
    api.patch(f"/console/layout/{key}", {"published": as_stored(Arranged(parts=(part("plate", title="After"),)))})
    page = browser.go(f"/console/layout/{key}/history")
    actions = [one.split('"')[0] for one in page.text.split('action="')[1:]]
    first = [one for one in actions if "/history/" in one][-1]
    sent = {"csrf_token": browser.csrf(), "_version": "2"}
    assert browser.post(first, data=sent).status_code == 303
    assert api.get(f"/console/layout/{key}").json["published"]["sections"][0]["titles"] == {"en": "Before"}


# --- no layout loses anything ----------------------------------------------------------------------------------------


def layouts(names):
    placed = st.tuples(st.sampled_from(PLACES), st.sampled_from(WIDTHS), st.integers(0, 3))
    fields = st.permutations(names).flatmap(
        lambda order: st.tuples(*(placed.map(lambda how, name=name: (name, *how)) for name in order))
    )
    return fields.map(arranged)


def arranged(fields):
    parts = []
    for number in range(4):
        inside = tuple(PlacedField(name, place, width) for name, place, width, at in fields if at == number)
        parts.append(Part(inside, "", {"en": f"Part {number}"}, "folded" if number % 2 else "open"))
    return Arranged(tuple(parts))


NAMES = sorted(name for name, one in Vehicle.__fields__.items() if one.kind != "has_many")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layout=layouts(NAMES))
def test_open_and_save_unchanged_holds_under_any_layout(house, tenant, layout):
    with house.inside(tenant) as session:
        session.query(Layout).delete()
        row = session.query(Vehicle).filter(Vehicle.plate == "ANY").one_or_none()
        if row is None:
            row = Vehicle(plate="ANY", odometer=5, battery="x", fuel="electric", price=Money(1234, "USD"), labels=["a"],
                          equipment={"a": 1}, history="long\n\ntext ", insured=False)  # fmt: skip
            session.add(row)
        session.add(Layout(resource=VEHICLE, role="everybody", position=1, published=as_stored(layout)))
        session.flush()
        key = row.id
        session.commit()
    before = stored(house.app, Vehicle, key)
    form = page_of(house.browser("owner", tenant).go(f"/garage/vehicle/{key}/edit")).guarded()
    answer = house.browser("owner", tenant).post(form.action, data=form.data(_confirmed="1"))
    assert answer.status_code == 303
    assert differences(before, stored(house.app, Vehicle, key)) == {}


@pytest.mark.parametrize("kind", ["garage.vehicle", "crm.lead", "contacts.contact", "contacts.company"])
def test_as_declared_changes_nothing(house, tenant, kind):
    if kind not in house.app.extensions["tenantry"].entries:
        pytest.skip("not installed")
    browser = house.browser("owner", tenant)
    path = registry_path(house, kind)
    before = names_on(browser.go(f"{path}/add"))
    with house.inside(tenant) as session:
        surface = Surface(registry().entries[kind], db.session())
        declared = as_declared(surface)
        assert set(declared.known) == set(layable(surface))
        assert arranged_of(json.loads(json.dumps(as_stored(declared)))) == declared
        session.add(Layout(resource=kind, role="everybody", position=1, published=as_stored(declared)))
        session.commit()
    assert names_on(browser.go(f"{path}/add")) == before


def registry_path(house, kind):
    return house.app.extensions["tenantry"].entries[kind].path


def test_titles_are_in_the_readers_language(house, lay, tenant):
    house.add(Company(name="Firm"), tenant=tenant)
    declared = next(iter(registry_titles(house, "contacts.company")))
    lay(resource="contacts.company", parts=(Part((PlacedField("name"),), declared, {}),))
    assert declared in house.browser("admin", tenant).go("/contacts/company/add").text


def registry_titles(house, kind):
    from app.screens.laying import declared_titles

    with house.app.test_request_context():
        return declared_titles(house.app.extensions["tenantry"].entries[kind])
