"""What the identity tests share: an application with probe routes, people, browsers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.data import current_scope, platform_session
from app.host import EXTENSION, Plugin
from app.identity import access, principal
from app.identity.models import Account
from app.identity.permissions import DeclaredPermission, cache
from app.identity.services import add_member, create_account
from app.identity.sync import sync_permissions
from app.tenancy.models import Tenant, TenantPlugin

PASSWORD = "seven green horses"
PLUGIN = "probe"
RESOURCE = "probe.thing"
DECLARED = [
    DeclaredPermission(RESOURCE, "read", ("owner", "admin", "agent", "viewer")),
    DeclaredPermission(RESOURCE, "update", ("owner", "agent")),
    DeclaredPermission(RESOURCE, "delete", ("owner",)),
]


class Lab:
    """An application, two tenants, and people on demand."""

    _numbers = itertools.count(1)

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.acme = self._tenant("idacme", "Acme")
            self.globex = self._tenant("idglobex", "Globex")
            with platform_session("test") as session:
                sync_permissions(session, DECLARED)
                for tenant in (self.acme, self.globex):
                    self._switch_on(session, tenant)

    def person(self, role: str | None = "agent", *, tenant: Tenant | None = None, operator: bool = False) -> Account:
        """A new account, a member of acme unless told otherwise."""
        with self.app.app_context():
            account = create_account(
                f"person{next(self._numbers)}@lab.example", "Pat", "Person", PASSWORD, operator=operator
            )
            if role:
                add_member(account, tenant or self.acme, role)
        return account

    def join(self, account: Account, tenant: Tenant, role: str, **more: Any) -> None:
        with self.app.app_context():
            add_member(account, tenant, role, **more)

    def browser(self, account: Account | None = None, **config: Any) -> FlaskClient:
        """A browser, signed in when an account is given."""
        client = self.app.test_client(**config)
        if account is not None:
            answer = self.sign_in(client, account.email)
            assert answer.status_code == 303, answer.text
        return client

    def sign_in(
        self, client: FlaskClient, name: str, password: str = PASSWORD, path: str = "/login/", **more: Any
    ) -> Any:
        return client.post(path, data={"username": name, "password": password, "csrf_token": csrf(client)}, **more)

    def post(self, client: FlaskClient, path: str, **data: Any) -> Any:
        """Send a form as its page would."""
        return client.post(path, data={"csrf_token": csrf(client), **data})

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.app.app_context(), platform_session("test") as session:
            result = session.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def forget_permissions(self) -> None:
        with self.app.app_context():
            cache().clear()

    def unlock(self) -> None:
        """Forget all counted sign-in attempts."""
        self.sql("DELETE FROM sign_in_throttle")

    def tenant(self, slug: str, name: str) -> Tenant:
        """A further tenant, made once."""
        with self.app.app_context():
            return self._tenant(slug, name)

    def _tenant(self, slug: str, name: str) -> Tenant:
        with platform_session("test") as session:
            found = session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
            if found is None:
                found = Tenant(slug=slug, name=name)
                session.add(found)
                session.flush()
                self._switch_on(session, found)
        return found

    def _switch_on(self, session: Any, tenant: Tenant) -> None:
        wanted = TenantPlugin.tenant_id == tenant.id, TenantPlugin.plugin_key == PLUGIN
        if session.scalars(select(TenantPlugin).where(*wanted)).first() is None:
            session.add(TenantPlugin(tenant_id=tenant.id, plugin_key=PLUGIN, state="on"))


def csrf(client: FlaskClient) -> str:
    """The CSRF token that a page of this browser carries."""
    page = client.get("/logout/") if client.get_cookie("tenantry_session") else client.get("/login/")
    if page.status_code != 200:
        page = client.get("/login/")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found.group(1)


def add_probes(app: Flask) -> None:
    """Routes that say who asks."""

    def who() -> dict[str, Any]:
        person = principal()
        scope = current_scope()
        return {
            "account": person.username if person else None,
            "tenant": person.tenant.slug if person and person.tenant else None,
            "roles": list(person.roles) if person else [],
            "scope": str(scope.tenant_id),
            "via": scope.via,
        }

    def probe(rule: str) -> Callable[[], dict[str, Any]]:
        @access(rule)
        def view() -> dict[str, Any]:
            return who()

        return view

    for verb, method in (("read", "GET"), ("update", "POST"), ("delete", "DELETE")):
        for path in ("/probe/thing", "/api/v1/probe/thing"):
            app.add_url_rule(path, f"probe{path}:{verb}", probe(f"{RESOURCE}.{verb}"), methods=[method])
    app.add_url_rule("/probe/me", "probe_me", probe("signed-in"))
    app.add_url_rule("/probe/operator", "probe_operator", probe("operator"))
    app.add_url_rule("/probe/open", "probe_open", probe("public"), methods=["GET", "POST"])
    app.add_url_rule("/probe/unmarked", "probe_unmarked", lambda: "never")


@pytest.fixture(scope="session")
def lab(app: Flask, settings: Any) -> Lab:
    """A second application on the same database, with the probe routes."""
    return lab_of(settings)


def lab_of(settings: Any) -> Lab:
    """An application with these settings and the probe routes."""
    from app import create_app

    made = create_app(settings)
    installed = made.extensions[EXTENSION]
    made.extensions[EXTENSION] = replace(
        installed,
        plugins=(*installed.plugins, Plugin(PLUGIN, title="Probe")),
        pages={**installed.pages, PLUGIN: ()},
    )
    made.config["SIGN_IN_ATTEMPTS_PER_ADDRESS"] = 100_000
    made.config["FAB_PASSWORD_HASH_METHOD"] = "scrypt:1024:8:1"
    add_probes(made)
    return Lab(made)
