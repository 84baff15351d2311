"""By which ways people come in. A password of our own is one; `app.sso`, which lies above, installs the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app
from flask_babel import gettext as _

_EXTENSION = "tenantry.ways"
PASSWORD, DIRECTORY, PROXY, LINK = "password", "ldap", "proxy", "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is by the word of one whom the operator trusts."""

    way: str
    issuer: str
    """Who says so."""
    subject: str = ""
    """Their key there, never given to anybody else. Empty where there is none (a proxy): then nothing is kept."""
    email: str = ""
    """Only an address that the issuer vouches for."""
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    groups: frozenset[str] = frozenset()
    """In lower case."""

    @property
    def name(self) -> str:
        """What they are recognised by."""
        return self.email or self.username or self.subject


@dataclass(frozen=True, slots=True)
class Provider:
    """A button on the sign-in page that leads to another site."""

    key: str
    label: str
    issuer: str
    kind: str = "oidc"
    """How it is spoken with: `oidc` or `saml`."""

    @property
    def way(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that is asked for names and passwords."""

    label: str
    issuer: str
    ask: Callable[[str, str, Callable[[str], None]], Identity | None]
    """`ask(name, password, found)`: who that is, None when the two do not belong together. `found(key)` is called for
    the person that the name leads to before the password is tried, and may raise. Raises SignInUnavailableError."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Whom an account is made for when they come in from outside for the first time."""

    tenant: str
    role: str
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupRole:
    """Who is in a directory's group has a role in a tenant, and nobody else has it."""

    group: str
    tenant: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """All that the operator has switched on."""

    passwords: bool = True
    directory: Directory | None = None
    providers: tuple[Provider, ...] = ()
    asserted: Callable[[], Identity | None] = lambda: None
    """Whom a trusted proxy names in this request."""
    proxy_sign_out: str = ""
    """Where the proxy's own session ends."""
    registration: Registration | None = None
    group_roles: tuple[GroupRole, ...] = ()

    @property
    def asks_password(self) -> bool:
        """Whether the sign-in page has a form for a name and a password."""
        return self.passwords or self.directory is not None

    def label_of(self, issuer: str) -> str:
        """What people call an issuer; itself, when it is switched off by now."""
        if self.directory and self.directory.issuer == issuer:
            return self.directory.label
        return next((one.label for one in self.providers if one.issuer == issuer), issuer)

    def words(self, way: str) -> str:
        """How a session began, for people."""
        if way == DIRECTORY and self.directory:
            return self.directory.label
        known = {PASSWORD: _("Password"), PROXY: _("Your organisation's proxy"), LINK: _("One-time link")}
        return known.get(way) or next((one.label for one in self.providers if one.way == way), way)


def use_ways(app: Flask, chosen: Ways) -> None:
    """Let people come in by these ways."""
    app.extensions[_EXTENSION] = chosen


def ways() -> Ways:
    """The ways of this application."""
    chosen: Ways = current_app.extensions.get(_EXTENSION) or Ways()
    return chosen
