"""A house of two tenants and their people: acme's see acme, globex's see globex, and nobody sees both by accident."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from app.data import Record, Scope, db, platform_session, scope, utcnow
from app.host.lifecycle import switch
from app.host.provisioning import provision_tenant
from app.identity.models import Account
from app.identity.permissions import cache
from app.identity.services import add_member, issue_token, open_session
from app.identity.sessions import COOKIE
from app.tenancy.models import ROLES, Tenant

PASSWORD = "seven green horses"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser(FlaskClient):
    """A browser of the tests: knows its tenant's prefix, and sends forms as a page would."""

    prefix = ""

    def go(self, path: str, **more: Any) -> Any:
        """GET a page inside the tenant."""
        return self.get(self.prefix + path, **more)

    def send(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """POST a form inside the tenant, with the CSRF token of this browser."""
        return self.post(self.prefix + path, data={**(data or {}), "csrf_token": self.csrf()}, **more)

    def csrf(self) -> str:
        """The token of this browser's session."""
        known: str | None = getattr(self, "_csrf", None)
        if known is None:
            page = self.get("/logout/")
            found = _TOKEN.search(page.text)
            assert found, page.text[:400]
            known = self._csrf = found.group(1)
        return known


class Api:
    """A REST client with a token of one person in one tenant."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self("POST", path, json=json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Any:
        return self("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self("DELETE", path, **more)


class House:
    """Tenants `acme` and `globex`; in each `owner`, `admin`, `manager`, `agent`, `viewer`; more on demand."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._numbers = itertools.count(1)
        self._browsers: dict[tuple[str, str], Browser] = {}
        self.people: dict[tuple[str, str], Account] = {}
        self.acme = self.new_tenant("acme", "Acme")
        self.globex = self.new_tenant("globex", "Globex")

    def new_tenant(self, slug: str = "", name: str = "A tenant", **settings: Any) -> Tenant:
        """A tenant with one person for each role, all plugins on."""
        slug = slug or f"tenant{next(self._numbers)}"
        with self.app.app_context():
            tenant = provision_tenant(slug, name, **settings)
            self.switch_on_everything(tenant)
            for role in ROLES:
                self.people[slug, role] = self.new_person(role, tenant)
        return tenant

    def switch_on_everything(self, tenant: Tenant) -> None:
        registry = self.app.extensions["tenantry"]
        with scope(Scope(tenant.id, via="system")):
            for plugin in registry.plugins:
                if not plugin.core and not plugin.default_on:
                    switch(tenant, plugin.name, "on")
            db.session.commit()

    def new_person(self, role: str | None, tenant: Tenant, *, operator: bool = False) -> Account:
        """An account without a usable password (tests that need one make it), with a role in the tenant."""
        number = next(self._numbers)
        label = role or ("operator" if operator else "stranger")
        account = Account(
            username=f"{label}{number}@{tenant.slug}.example",
            email=f"{label}{number}@{tenant.slug}.example",
            first_name=label.title(),
            last_name=tenant.name,
            password="!",
            active=True,
            is_operator=operator,
            password_changed_at=utcnow(),
        )
        with self.app.app_context():
            with platform_session("a test makes an account") as session:
                session.add(account)
            if role:
                add_member(account, tenant, role)
        return account

    def browser(self, role: str | Account = "owner", tenant: Tenant | None = None, fresh: bool = False) -> Browser:
        """A signed-in browser inside a tenant (acme by default), kept for the next test unless `fresh`."""
        tenant = tenant or self.acme
        account = self.people[tenant.slug, role] if isinstance(role, str) else role
        key = account.email, tenant.slug
        if not fresh and key in self._browsers:
            return self._browsers[key]
        self.app.test_client_class = Browser
        client: Any = self.app.test_client()
        with self.app.test_request_context():
            client.set_cookie(COOKIE, open_session(account.id))
        client.prefix = f"/t/{tenant.slug}"
        self._browsers[key] = client
        return client  # type: ignore[no-any-return]

    def api(self, role: str | Account = "owner", tenant: Tenant | None = None, scopes: tuple[str, ...] = ("*",)) -> Api:
        """A REST client for a person of a tenant (acme by default)."""
        tenant = tenant or self.acme
        account = self.people[tenant.slug, role] if isinstance(role, str) else role
        with self.app.test_request_context():
            token, _kept = issue_token(account.id, tenant.id, "test", scopes)
        return Api(self.app, token)

    @contextmanager
    def inside(self, tenant: Tenant | None = None, actor: UUID | None = None) -> Iterator[Any]:
        """Work on a tenant's records directly: gives the session; commit is the test's."""
        with self.app.test_request_context(), scope(Scope((tenant or self.acme).id, actor, "system")):
            yield db.session

    def add(self, *rows: Record, tenant: Tenant | None = None) -> list[UUID]:
        """Store records in a tenant; returns their ids. The objects keep their values and can be read afterwards."""
        with self.inside(tenant) as session:
            session.add_all(rows)
            session.flush()
            session.expunge_all()
            session.commit()
        return [row.id for row in rows]

    def forget_permissions(self) -> None:
        """Empty the application's cache of permission sets."""
        with self.app.app_context():
            cache().clear()
