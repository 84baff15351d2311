"""Laws 3 and 5: every route says who may call it; every resource has every surface; no name is taken twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Flask

from app.host import Entry, Registry
from app.identity.access import is_rule, undeclared_endpoints
from app.ops.routes_table import UNCLASSIFIED, rows
from app.testing.house import House
from app.testing.pages import page_of

SAFE = frozenset({"GET"})
PUBLIC = frozenset(
    {
        "HomeView.language", "SignInView.link", "SignInView.login", "SignInView.logout", "SignInView.proxy",
        "api_docs.asset", "api_docs.static", "branding.accent", "branding.logo",
        "hooks.receive", "ops.healthz", "ops.metrics", "ops.readyz", "pay.go", "pay.show", "security_api.login",
        "unsubscribe.act", "unsubscribe.ask", "web.file",
    }
)  # fmt: skip
"""All that anybody may call without signing in."""


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    assert list(undeclared_endpoints(app)) == []
    for row in rows(app):
        assert row.permission != UNCLASSIFIED, row
        assert is_rule(row.permission), row


def test_every_permission_of_a_route_is_declared(app: Flask, installed: Registry) -> None:
    declared = {f"{one.resource}.{one.verb}" for one in installed.declared_permissions()}
    asked = {row.permission for row in rows(app) if "." in row.permission}
    assert asked <= declared, sorted(asked - declared)


def test_only_known_routes_are_public(app: Flask, installed: Registry) -> None:
    """A plugin's lie where everybody sees that they are."""
    of_plugins = tuple(f"/{plugin.name}/public/" for plugin in installed.plugins if not plugin.core)
    public = [row for row in rows(app) if row.permission == "public" and not row.path.startswith(of_plugins)]
    assert {row.endpoint for row in public} <= PUBLIC


def test_no_get_asks_for_a_permission_to_change(app: Flask) -> None:
    """A page that only asks (add, edit, delete) is reached by who may do it; REST never changes by GET."""
    for row in rows(app):
        if row.path.startswith("/api/") and row.method in SAFE:
            assert row.permission.rpartition(".")[2] in ("read", "signed-in", "public"), row


def test_names_are_unique(app: Flask, installed: Registry) -> None:
    addresses = Counter((row.path, row.method) for row in rows(app))
    assert [one for one, times in addresses.items() if times > 1] == []
    permissions = Counter((one.resource, one.verb) for one in installed.declared_permissions())
    assert [one for one, times in permissions.items() if times > 1] == []
    for name in ("path", "api_path", "key"):
        assert len({getattr(entry, name) for entry in installed.entries.values()}) == len(installed.entries), name
    tables = Counter(entry.model.__table__.fullname for entry in installed.by_model.values())  # type: ignore[attr-defined]
    assert max(tables.values()) == 1


def test_every_resource_has_every_surface(app: Flask, entries: list[Entry]) -> None:
    found = {(row.path, row.method): row.permission for row in rows(app)}
    for entry in entries:
        for (path, method), verb in _expected(entry).items():
            assert found.get((path, method)) == f"{entry.key}.{verb}", f"{method} {path}"


def _expected(entry: Entry) -> dict[tuple[str, str], str]:
    screen, rest, one = entry.path, entry.api_path, "/<uuid:record_id>"
    routes = {
        (f"{screen}/", "GET"): "read", (screen + one, "GET"): "read",
        (rest, "GET"): "read", (rest + one, "GET"): "read",
        (f"{screen}/add", "GET"): "create", (f"{screen}/add", "POST"): "create", (rest, "POST"): "create",
        (f"{rest}/bulk", "POST"): "create",
        (f"{screen}{one}/edit", "GET"): "update", (f"{screen}{one}/edit", "POST"): "update",
        (rest + one, "PATCH"): "update",
        (f"{screen}{one}/delete", "POST"): "delete", (rest + one, "DELETE"): "delete",
    }  # fmt: skip
    if entry.model.__soft_delete__:
        routes |= {(f"{screen}/trash", "GET"): "delete", (f"{rest}{one}/restore", "POST"): "delete"}
    routes |= {(f"{screen}/pdf", "GET"): "export", (f"{screen}{one}/pdf", "GET"): "read"}
    if entry.resource.board:
        routes[f"{screen}/board", "GET"] = "read"
    if entry.resource.gallery:
        routes[f"{screen}/gallery", "GET"] = "read"
    if any(field.kind == "image" for field in entry.fields.values()):
        routes[f"{screen}/pictures/<name>/<key>/<size>", "GET"] = "read"
        routes[f"{screen}/pictures/<name>", "POST"] = "read"
    if entry.resource.calendar:
        routes[f"{screen}/calendar", "GET"] = "read"
    if entry.resource.tree:
        routes |= {(f"{screen}/tree", "GET"): "read", (f"{screen}/tree{one}", "GET"): "read"}
    for name, action in entry.actions.items():
        routes[f"{screen}/actions/{name}", "POST"] = name
        if action.on in ("row", "both"):
            routes[f"{rest}{one}/actions/{name}", "POST"] = name
        if action.on in ("bulk", "both"):
            routes[f"{rest}/actions/{name}", "POST"] = name
    return {where: verb for where, verb in routes.items() if verb in entry.verbs}


def test_every_rest_route_is_documented(app: Flask, house: House) -> None:
    document = house.api("owner").get("/openapi.json")
    assert document.status_code == 200
    documented = {(path, method) for path, item in document.json["paths"].items() for method in item}
    for row in rows(app):
        if row.endpoint.startswith("api-"):
            path = row.path.replace("<uuid:record_id>", "{record_id}").replace("<uuid:entry_id>", "{entry_id}")
            assert (path, row.method.lower()) in documented, row


def test_every_resource_of_the_menu_is_in_the_menu_once(house: House, entries: list[Entry]) -> None:
    browser = house.browser("owner")
    links: Any = Counter(link.split("?")[0].rstrip("/") for link in page_of(browser.go("/")).links)
    for entry in entries:
        times = links[browser.prefix + entry.path]
        assert times >= 1 if entry.resource.menu else times == 0, entry.key
