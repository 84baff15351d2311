"""The plugin host: what is outside a plugin's name is refused, order follows requirements, off means not there."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from app import create_app
from app.contacts.models import Contact
from app.data import Field
from app.data.fields import Choice
from app.host import Action, ListView, Plugin, Related, Resource, Section, hookimpl
from app.host.claims import RESERVED, ClaimError
from app.host.discovery import CORE_PLUGINS, Found, discover
from app.host.registry import build
from app.identity.sync import sync_all
from app.ops.routes_table import rows
from app.tenancy.models import Membership
from app.testing.counting import count_statements
from app.testing.house import Browser
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Door, Repair, Vehicle
from tests.plugins_for_tests.many.plugin import COUNT

CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]


@pytest.fixture
def install():
    """Makes modules that exist for one test: `install("name", manifest, resources=...)`."""
    made = []

    def make(name, manifest, **hooks):
        module = ModuleType(f"plugin_made_by_a_test_{name}")
        module.plugin = manifest
        for hook, answer in hooks.items():

            def implementation(answer=answer):
                return answer

            setattr(module, hook, hookimpl(implementation))
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        return Found(name, module.__name__)

    yield make
    for name in made:
        del sys.modules[name]


def act(rows, **parameters):
    return None


def garage(install, *resources, **manifest):
    return install("garage", Plugin("garage", title="Garage", **manifest), resources=list(resources))


BAD_MANIFESTS = {
    "core": Plugin("core", title="x"), "api": Plugin("api", title="x"), "t": Plugin("t", title="x"),
    "Garage": Plugin("Garage", title="x"), "1st": Plugin("1st", title="x"), "a-b": Plugin("a-b", title="x"),
    "": Plugin("", title="x"), "x" * 42: Plugin("x" * 42, title="x"), "pg_x": Plugin("pg_x", title="x"),
    "../etc": Plugin("../etc", title="x"), "found_as_this": Plugin("calls_itself_that", title="x"),
    "contacts": Plugin("contacts", title="x"), "claims_core": Plugin("claims_core", title="x", core=True),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_MANIFESTS)
def test_a_bad_manifest_is_refused(install, name):
    with pytest.raises(ClaimError):
        build([*CORE, install(name, BAD_MANIFESTS[name])])


def test_a_module_without_manifest_is_refused(install):
    with pytest.raises(LookupError, match="no manifest"):
        build([*CORE, install("empty", None)])


BAD_RESOURCES = {
    "another's table": [Resource(Contact)],
    "twice": [Resource(Vehicle), Resource(Vehicle)],
    "two names alike": [Resource(Vehicle), Resource(Repair, name="vehicle")],
    "name": [Resource(Vehicle, name="Vehicle!")],
    "list": [Resource(Vehicle, list="plate nothing")],
    "form": [Resource(Vehicle, form="nothing")],
    "section": [Resource(Vehicle, sections=(Section("x", "nothing"),))],
    "detail": [Resource(Vehicle, detail=(Section("x", "nothing"),))],
    "filters": [Resource(Vehicle, filters="nothing")],
    "picker": [Resource(Vehicle, picker="nothing")],
    "quick create": [Resource(Vehicle, quick_create="nothing")],
    "search": [Resource(Vehicle, search="nothing")],
    "search without the child's field": [Resource(Vehicle, search="doors")],
    "search in a child": [Resource(Vehicle, search="doors.nothing")],
    "search below a text": [Resource(Vehicle, search="plate.nothing")],
    "sort": [Resource(Vehicle, sort="history")],
    "sort by nothing": [Resource(Vehicle, sort="-nothing")],
    "board": [Resource(Vehicle, board="plate")],
    "calendar": [Resource(Vehicle, calendar="state")],
    "tree of a text": [Resource(Vehicle, tree="plate")],
    "tree of nothing": [Resource(Vehicle, tree="nothing")],
    "tree of another kind": [Resource(Vehicle, tree="owner")],
    "inlines": [Resource(Vehicle, inlines="plate")],
    "owner field": [Resource(Vehicle, owner_field="plate")],
    "related": [Resource(Vehicle, related=(Related(Repair, "nothing"),))],
    "view by nothing": [Resource(Vehicle, views=(ListView("a", "x", "nothing.is=1"),))],
    "view twice": [Resource(Vehicle, views=(ListView("a", "x", "q=a"), ListView("a", "x", "q=b")))],
    "view name": [Resource(Vehicle, views=(ListView("A b", "x", "q=a"),))],
    "verb": [Resource(Vehicle, verbs="read fly")],
    "granted verb": [Resource(Vehicle, grants={"owner": "read fly"})],
    "granted role": [Resource(Vehicle, grants={"king": "read"})],
    "action is a verb": [Resource(Vehicle, actions=(Action("delete", "x", act),))],
    "action twice": [Resource(Vehicle, actions=(Action("a", "x", act), Action("a", "x", act)))],
    "action name": [Resource(Vehicle, actions=(Action("A b", "x", act),))],
    "action role": [Resource(Vehicle, actions=(Action("a", "x", act, roles=("king",)),))],
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_RESOURCES)
def test_a_bad_resource_is_refused(install, what):
    with pytest.raises(ClaimError):
        build([*CORE, garage(install, *BAD_RESOURCES[what])])


def test_a_record_outside_the_plugins_schema_is_refused(install):
    with pytest.raises(ClaimError, match="outside its name"):
        build([*CORE, install("garage", Plugin("garage", title="x"), records=[Door, Membership])])


def test_a_hook_that_does_not_exist_is_refused(install):
    with pytest.raises(Exception, match="unknown hook"):
        build([*CORE, install("garage", Plugin("garage", title="x"), no_such_hook=[])])


def test_a_good_declaration_is_taken(install):
    parameters = {"how": Field("choice", choices=(Choice("well"),))}
    vehicle = Resource(
        Vehicle, list="plate", search="plate doors.note", inlines="doors", board="state", calendar="seen_at",
        related=(Related(Repair, "vehicle"),), actions=(Action("wash", "Wash", act, parameters=parameters),),
    )  # fmt: skip
    registry = build([*CORE, garage(install, vehicle)])
    entry = registry.entries["garage.vehicle"]
    assert (entry.path, entry.api_path) == ("/garage/vehicle", "/api/v1/garage/vehicle")
    assert {one.verb for one in registry.declared_permissions() if one.resource == entry.key} >= {"read", "wash"}


def test_the_registry_is_frozen(app):
    registry = app.extensions["tenantry"]
    with pytest.raises(TypeError):
        registry.entries["x.y"] = None
    with pytest.raises(AttributeError):
        registry.plugins = ()


def order(*found):
    return [plugin.name for plugin in build([*CORE, *found]).plugins]


def test_plugins_come_after_what_they_require(install):
    first = install("zz_base", Plugin("zz_base", title="x", order=900))
    second = install("aa_top", Plugin("aa_top", title="x", order=1, requires=("zz_base", "contacts")))
    names = order(second, first)
    assert names.index("contacts") < names.index("zz_base") < names.index("aa_top")
    assert names[: len(CORE)] == [name for name in names if name in CORE_PLUGINS], "the core comes first"


def test_a_missing_requirement_is_named(install):
    with pytest.raises(LookupError, match="“nowhere”"):
        order(install("lonely", Plugin("lonely", title="x", requires=("nowhere",))))


@pytest.mark.parametrize("circle", [("a",), ("a", "b"), ("a", "b", "c")])
def test_a_circle_is_named(install, circle):
    following = dict(zip(circle, circle[1:] + circle[:1], strict=True))
    found = [install(name, Plugin(name, title="x", requires=(following[name],))) for name in circle]
    with pytest.raises(LookupError, match="circle"):
        order(*found)


def test_the_names_of_the_cores_own_addresses_are_reserved(app):
    plugins = {plugin.name for plugin in app.extensions["tenantry"].plugins}
    for row in rows(app):
        parts = [part for part in row.path.removeprefix("/api/v1").split("/") if part and not part.startswith("<")]
        if parts and parts[0] not in plugins:
            assert parts[0].partition(".")[0] in RESERVED, row.path


def test_discovery_finds_the_cores_plugins_first():
    assert [one.name for one in discover()][: len(CORE)] == list(CORE_PLUGINS)


# --- off for a tenant ------------------------------------------------------------------------------------------------


@pytest.fixture
def without_garage(house, samples):
    """A tenant that had the garage, used it, and switched it off."""
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        vehicle = str(samples.record(session, Vehicle).id)
        session.commit()
    browser = house.browser("owner", tenant)
    assert browser.go(f"/garage/vehicle/{vehicle}").status_code == 200
    row = garage_of(house, tenant)
    form = page_of(browser.go(f"/console/plugin/{row['id']}/edit")).guarded()
    assert browser.post(form.action, data=form.data(state="off")).status_code in (302, 303)
    return tenant, vehicle, browser


def garage_of(house, tenant):
    """The row of the garage among the tenant's plugins."""
    found = house.api("owner", tenant).get("/console/plugin").json["data"]
    return next(row for row in found if row["plugin_key"] == "garage")


def test_a_plugin_that_is_off_is_not_there(app, house, without_garage):
    tenant, vehicle, browser = without_garage
    api = house.api("owner", tenant)
    for row in rows(app):
        if row.owner == "garage" or row.permission.startswith("garage."):
            path = row.path.replace("<uuid:record_id>", vehicle).replace("<uuid:view_id>", vehicle)
            path = path.replace("<uuid:entry_id>", vehicle)
            path = path.replace("<name>", "x").replace("<group>", "x")
            answer = browser.open(browser.prefix + path, method=row.method, headers={"X-CSRFToken": browser.csrf()})
            assert answer.status_code == 404, f"{row.method} {path}: {answer.status}"
            if path.startswith("/api/v1"):
                assert api(row.method, path.removeprefix("/api/v1"), json={}).status_code == 404, path


def test_a_plugin_that_is_off_has_no_menu_entry_and_no_documentation(house, without_garage):
    tenant, _vehicle, browser = without_garage
    assert not [link for link in page_of(browser.go("/")).links if "/garage/" in link]
    document = house.api("owner", tenant).get("/openapi.json").json
    assert not [path for path in document["paths"] if "/garage/" in path]


def test_other_tenants_keep_it(house, without_garage):
    assert house.browser("owner").go("/garage/vehicle/").status_code == 200


def test_switched_on_again_it_is_as_it_was(house, without_garage):
    tenant, vehicle, browser = without_garage
    row = garage_of(house, tenant)
    assert house.api("owner", tenant).patch(f"/console/plugin/{row['id']}", {"state": "on"}).status_code == 200
    assert browser.go(f"/garage/vehicle/{vehicle}").status_code == 200


# --- a hundred resources ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowded(app, settings):
    """An application with a hundred resources in the menu, on the same database."""
    found = [*discover(), Found("garage", "tests.plugins_for_tests.many.plugin")]
    with count_statements() as seen:
        made = create_app(settings, found)
    made.extensions["statements_of_the_start"] = list(seen)
    sync_all(made)
    yield made
    sync_all(app)  # this garage had fewer actions than the other


def test_starting_asks_the_database_nothing(crowded):
    """Ten statements are allowed; none are needed."""
    assert len(crowded.extensions["tenantry"].entries) > COUNT
    assert crowded.extensions["statements_of_the_start"] == []


def test_a_page_costs_the_same_with_a_hundred_resources(crowded, house):
    tenant = house.new_tenant()
    crowded.test_client_class = Browser
    client = crowded.test_client()
    browser = house.browser("owner", tenant, fresh=True)
    cookie = browser.get_cookie("tenantry_session")
    client.set_cookie("tenantry_session", cookie.value)
    for path in ("/", "/garage/vehicle/", "/garage/vehicle_7/", "/garage/vehicle/add", "/contacts/contact/"):
        client.get(f"/t/{tenant.slug}{path}")
        with count_statements() as seen:
            answer = client.get(f"/t/{tenant.slug}{path}")
        assert answer.status_code == 200, path
        assert len(seen) <= 8, seen.report()
        assert len(answer.data) < 250_000
    entries = [link for link in page_of(answer).links if "/garage/" in link]
    assert len(set(entries)) == COUNT
