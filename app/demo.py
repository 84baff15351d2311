"""The demo: two tenants with their people, filled by every plugin's `demo_data`; an interrupted load goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select

from app.contacts.models import Contact
from app.data import Scope, db, platform_session, scope, utcnow
from app.host import registry
from app.host.provisioning import provision_tenant
from app.identity.models import Account
from app.identity.services import add_member, create_account, find_account, is_member
from app.tenancy.models import Tenant
from app.tenancy.services import find_tenant

TENANTS: dict[str, dict[str, Any]] = {
    "acme": {
        "name": "Acme Trading",
        "locale": "en",
        "timezone": "America/New_York",
        "currency": "USD",
        "country": "US",
    },
    "globex": {"name": "جلوبكس", "locale": "ar", "timezone": "Asia/Riyadh", "currency": "SAR", "country": "SA"},
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person of the demo and the roles they play."""

    email: str
    first_name: str
    last_name: str
    roles: tuple[tuple[str, str], ...]
    words: str


SIGN_INS = (
    SignIn("owner@acme.example", "Olivia", "Bennett", (("acme", "owner"),), "owner of acme"),
    SignIn("agent@acme.example", "Adam", "Shaw", (("acme", "agent"),), "agent in acme"),
    SignIn("viewer@acme.example", "Violet", "Hart", (("acme", "viewer"),), "viewer in acme"),
    SignIn("owner@globex.example", "عمر", "الشمري", (("globex", "owner"),), "owner of globex, in Arabic"),
    SignIn(
        "both@team.example",
        "Basma",
        "Odeh",
        (("acme", "agent"), ("globex", "viewer")),
        "agent in acme, viewer in globex",
    ),
    SignIn("operator@platform.example", "Oscar", "Platt", (), "operator of the platform"),
)


def load(app: Flask, password: str) -> list[tuple[str, str, str]]:
    """Make what is missing of the demo. Returns (e-mail, password, part in words) of every sign-in."""
    with app.test_request_context():
        tenants = {slug: find_tenant(slug) or provision_tenant(slug, **values) for slug, values in TENANTS.items()}
        made: list[Account] = []
        for person in SIGN_INS:
            _settle(person, tenants, password, made)
        for tenant in tenants.values():
            _fill(tenant)
    return [(person.email, password, person.words) for person in SIGN_INS]


def _settle(person: SignIn, tenants: dict[str, Tenant], password: str, made: list[Account]) -> None:
    account = find_account(person.email)
    if account is None:
        account = _copy(made[0], person) if made else _create(person, password)
        made.append(account)
    for slug, role in person.roles:
        if not is_member(account.id, tenants[slug].id):
            add_member(account, tenants[slug], role)


def _create(person: SignIn, password: str) -> Account:
    return create_account(person.email, person.first_name, person.last_name, password, operator=not person.roles)


def _copy(first: Account, person: SignIn) -> Account:
    """An account with the password of another: hashing is slow on purpose, and the demo has one password for all."""
    account = Account(
        email=person.email,
        username=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        password=first.password,
        active=True,
        is_operator=not person.roles,
        password_changed_at=utcnow(),
    )
    with platform_session("the demo's accounts belong to no tenant") as session:
        session.add(account)
    return account


def _fill(tenant: Tenant) -> None:
    """Let every plugin write its demo records, all in one transaction: an interrupted one leaves nothing."""
    with scope(Scope(tenant.id, via="system")):
        if db.session.scalar(select(func.count()).select_from(Contact)):
            return
        for plugin in registry().plugins:
            write_demo(tenant, plugin.name)
        db.session.commit()


def write_demo(tenant: Tenant, plugin: str) -> None:
    """What one plugin shows, in the tenant's language and in the transaction in force."""
    with force_locale(tenant.locale):
        registry().call("demo_data", plugin, tenant=tenant)
