"""Features: each kind is decided by somebody else, and holds on screens, in REST, for jobs, hooks and menu."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.data import Scope, db, platform_session, scope, utcnow
from app.features import has_feature
from app.features.decided import is_within
from app.features.gate import can, is_open, work_refused
from app.features.models import UserCapability
from app.features.parts import open_parts
from app.host import Feature
from app.host.claims import ClaimError
from app.host.declarations import Plugin
from app.host.feature import check_covered, check_features
from app.identity.acting import find_acting
from app.identity.principal import acting_as
from app.installation.features import flags_of, forget_flag, set_flag, switch_feature
from app.jobs.person import forget_people
from app.reports.cards import offered
from app.tenancy.models import Membership
from tests.plugins_for_tests.garage.models import Diary, Repair, Vehicle


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def switch(house, tenant, name, is_on):
    with house.inside(tenant) as session:
        switch_feature(name, is_on)
        session.commit()


def person(house, tenant, role="owner"):
    return find_acting(house.people[tenant.slug, role].uid, tenant.id).principal


def flag(house, tenant, name, is_on, **more):
    with house.app.app_context():
        set_flag(name, tenant.id if tenant is not None else None, is_on, "a test", **more)


@pytest.fixture
def flags(house):
    """Takes back what a test says of all tenants."""
    yield
    with house.app.app_context():
        for one, _slug in flags_of("garage"):
            if one.tenant_id is None:
                forget_flag(one.feature_key, None)


def test_a_switch_closes_screen_rest_menu_documentation_and_search(house, samples, tenant):
    with house.inside(tenant) as session:
        key = samples.record(session, Diary, "sunflower").id
        session.commit()
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    assert browser.go("/garage/diary/").status_code == 200
    assert "/garage/diary" in api.get("/openapi.json").text
    switch(house, tenant, "garage.diaries", False)
    assert browser.go("/garage/diary/").status_code == 404
    assert browser.go(f"/garage/diary/{key}").status_code == 404
    assert api.get("/garage/diary").status_code == 404
    assert api.post("/garage/diary", {"title": "x"}).status_code == 404
    home = browser.go("/").text
    assert "/garage/diary/" not in home
    assert "/garage/vehicle/" in home
    assert "/api/v1/garage/diary" not in api.get("/openapi.json").json["paths"]
    assert "/garage/diary/" not in browser.go("/search/?q=sunflower").text
    switch(house, tenant, "garage.diaries", True)
    assert browser.go("/garage/diary/").status_code == 200
    assert house.browser("owner").go("/garage/diary/").status_code == 200, "others never noticed"


def test_a_switch_closes_a_page_of_the_plugins_own(house, tenant):
    browser = house.browser("owner", tenant)
    assert browser.go("/orchard/map").status_code == 200
    switch(house, tenant, "orchard.mapping", False)
    assert browser.go("/orchard/map").status_code == 404
    assert "/orchard/map" not in browser.go("/").text
    assert browser.go("/orchard/tree/").status_code == 200


def test_what_a_feature_covers_is_there_or_nearly():
    with pytest.raises(ClaimError, match=r"did you mean “garage\.map\.open”"):
        check_covered([Feature("garage.mapping", "Mapping", covers="garage.map")], ["garage.map.open", "garage.visit"])


def test_a_switch_closes_jobs_and_cards(app, house, tenant):
    with app.app_context():
        info = person(house, tenant).tenant
        with scope(Scope(tenant.id, via="system")):
            assert work_refused("garage.shout", info) is None
    switch(house, tenant, "garage.diaries", False)
    switch(house, tenant, "garage.figures", False)
    forget_people()
    with app.app_context(), scope(Scope(tenant.id, via="system")):
        someone = person(house, tenant)
        assert "Diaries" in work_refused("garage.shout", someone.tenant)
        assert work_refused("garage.wash", someone.tenant) is None
        with acting_as(someone):
            keys = {one.key for one in offered(db.session(), lambda key: True)}
        assert not {"garage.states", "garage.costs"} & keys
        assert "garage.latest" in keys


def test_an_admin_switches_on_the_page(house, tenant):
    admin = house.browser("admin", tenant)
    page = admin.go("/console/plugins/garage")
    assert "Diaries" in page.text
    assert "What mechanics note." in page.text
    answer = admin.send("/console/plugins/garage/features", {"feature.garage.figures": "true"})
    assert answer.status_code == 303
    assert house.api("owner", tenant).get("/garage/diary").status_code == 404
    assert house.browser("agent", tenant).send("/console/plugins/garage/features", {}).status_code == 403
    answer = admin.send("/console/plugins/garage/features", {"feature.garage.diaries": "true"})
    assert house.api("owner", tenant).get("/garage/diary").status_code == 200


def test_a_flag_is_the_operators(house, samples, tenant, flags):
    with house.inside(tenant) as session:
        key = samples.record(session, Repair, status="booked").id
        session.commit()
    address = f"/garage/repair/{key}/actions/finish"
    flag(house, tenant, "garage.express", False)
    assert house.api("owner", tenant).post(address, {"remark": "x"}).status_code == 404
    assert house.api("owner", tenant).get("/garage/repair").status_code == 200
    assert "actions/finish" not in house.browser("owner", tenant).go(f"/garage/repair/{key}").text
    flag(house, None, "garage.express", True)
    assert house.api("owner", tenant).post(address, {"remark": "x"}).status_code == 404, "its own word goes before"
    with house.app.app_context():
        forget_flag("garage.express", tenant.id)
    assert house.api("owner", tenant).post(address, {"remark": "x"}).status_code == 200


def test_a_share_of_tenants_is_always_the_same_and_grows(house, tenant, flags):
    keys = [uid for (_slug, _role), uid in ((one, account.uid) for one, account in house.people.items())]
    for smaller, larger in ((0, 30), (30, 60), (60, 100)):
        ahead = {key for key in keys if is_within("garage.valet", key, smaller)}
        assert ahead <= {key for key in keys if is_within("garage.valet", key, larger)}
    assert not any(is_within("garage.valet", key, 0) for key in keys)
    assert all(is_within("garage.valet", key, 100) for key in keys)
    for share in (0, 100):
        flag(house, None, "garage.valet", True, percent=share)
        with house.app.app_context(), scope(Scope(tenant.id, via="system")):
            assert has_feature("garage.valet", person(house, tenant)) is (share == 100)


def test_a_flag_expires_without_anybody_saying_so(house, tenant, monkeypatch):
    flag(house, tenant, "garage.valet", True, until=utcnow() + timedelta(hours=1))
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        someone = person(house, tenant)
        assert has_feature("garage.valet", someone)
        monkeypatch.setattr("app.features.decided.utcnow", lambda: utcnow() + timedelta(hours=2))
        assert not has_feature("garage.valet", someone)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("garage.valet", {"percent": 101}, "0 to 100"),
        ("garage.valet", {"until": utcnow() - timedelta(days=1)}, "passed"),
        ("garage.diaries", {}, "no flag"),
        ("nothing.at_all", {}, "no flag"),
    ],
)
def test_bad_flags_are_refused(house, tenant, name, more, words):
    with pytest.raises(ValueError, match=words):
        flag(house, tenant, name, True, **more)


def test_a_capability_is_a_members(house, samples, tenant):
    with house.inside(tenant) as session:
        vehicle = samples.record(session, Vehicle).id
        member = session.scalars(
            select(Membership.id).where(Membership.account_uid == house.people[tenant.slug, "manager"].uid)
        ).one()
        session.commit()
    owner = house.api("owner", tenant)
    body = {"membership": str(member), "feature_key": "garage.scrapping", "enabled": False}
    assert owner.post("/console/capability", {**body, "feature_key": "garage.diaries"}).status_code == 422
    made = owner.post("/console/capability", body)
    assert made.status_code == 201, made.text
    scrap = f"/garage/vehicle/{vehicle}/actions/scrap"
    refused = house.api("manager", tenant).post(scrap, {})
    assert refused.status_code == 403
    assert "member by member" in refused.text
    assert house.api("owner", tenant).post(scrap, {}).status_code == 200
    said = owner.get(
        "/console/why", query_string={"member": str(member), "resource": "garage.vehicle", "verb": "scrap"}
    ).json
    assert said["refused_by"] == "capability"
    assert "Capabilities" in said["checks"][-1]["who_can_change_it"]


def test_the_plan_is_asked_about_features(house, tenant):
    with house.app.app_context(), platform_session("a test makes a tenant thrifty") as session:
        row = session.get_one(type(tenant), tenant.id)
        row.name, row.config_version = "Thrifty", row.config_version + 1
    refused = house.api("owner", tenant).get("/garage/diary")
    assert refused.status_code == 403
    assert "no diaries" in refused.text
    assert house.api("owner", tenant).get("/garage/vehicle").status_code == 200


def test_the_steps_are_asked_in_order(house, tenant, flags):
    """Every “no” at once: each that is taken away leaves the next one."""
    switch(house, tenant, "garage.diaries", False)
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        viewer = person(house, tenant, "viewer")
        assert can("garage.diary", "delete", viewer).gate == "switch"
        assert can("garage.repair", "finish", viewer).gate == "permission"
    flag(house, tenant, "garage.express", False)
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        viewer = person(house, tenant, "viewer")
        assert can("garage.repair", "finish", viewer).gate == "flag"
        assert is_open("garage.repair", viewer.tenant, viewer).allowed


def test_it_costs_no_statement(house, tenant, statements):
    switch(house, tenant, "garage.figures", False)
    api = house.api("owner", tenant)
    api.get("/garage/diary")
    statements.clear()
    api.get("/garage/diary")
    with_features = len(statements)
    statements.clear()
    api.get("/contacts/company")
    assert with_features == len(statements) or with_features <= 3
    assert not [one for one in statements if "tenant_feature" in one or "feature_flag" in one]


def test_the_open_parts_are_remembered_until_something_is_decided(house, tenant, monkeypatch, statements):
    """Every page asks for them; an expired flag needs nobody to say so."""

    def parts(role="owner"):
        someone = person(house, tenant, role)
        return open_parts(someone), someone

    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        found, someone = parts()
        assert {"garage", "orchard", "garage.diaries", "garage.scrapping"} <= found
        assert "garage.valet" not in found
        asked = []
        monkeypatch.setattr(
            "app.features.parts.is_open", lambda name, *more: asked.append(name) or is_open(name, *more)
        )
        statements.clear()
        assert open_parts(someone) == found
        assert not statements
        capabilities = {
            name for name, one in house.app.extensions["tenantry"].features.items() if one.kind == "capability"
        }
        assert set(asked) == capabilities & found
    switch(house, tenant, "garage.diaries", False)
    flag(house, tenant, "garage.valet", True, until=utcnow() + timedelta(hours=1))
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        found, someone = parts()
        assert "garage.diaries" not in found
        assert "garage.valet" in found
        later = utcnow() + timedelta(hours=2)
        monkeypatch.setattr("app.features.parts.utcnow", lambda: later)
        monkeypatch.setattr("app.features.decided.utcnow", lambda: later)
        assert "garage.valet" not in open_parts(someone)


def test_has_feature_asks_for_who_is_asking(house, tenant):
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        assert not has_feature("garage.diaries"), "nobody asks"
        with acting_as(person(house, tenant)):
            assert has_feature("garage.diaries")
        with pytest.raises(LookupError):
            has_feature("garage.nothing")


@pytest.mark.parametrize(
    "feature",
    [
        Feature("other.x", "x"),
        Feature("garage.X", "x"),
        Feature("garage.x", "x", kind="wish"),
        Feature("garage.x", "x", covers="contacts.contact"),
        Feature("garage.x", "x", covers="garage.nothing"),
    ],
)
def test_bad_features_are_refused(feature):
    def check():
        check_features(Plugin("garage", "Garage"), [feature])
        check_covered([feature], {"garage.vehicle"})

    with pytest.raises(ClaimError):
        check()


def test_capabilities_are_rows_with_a_history(house, tenant):
    with house.inside(tenant) as session:
        member = session.scalars(select(Membership.id).limit(1)).one()
        session.add(UserCapability(membership_id=member, feature_key="garage.scrapping", enabled=True))
        session.commit()
    assert "garage.scrapping" in house.browser("owner", tenant).go("/console/capability/").text
