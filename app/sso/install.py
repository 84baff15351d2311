"""Putting the ways of the settings into the application."""

from __future__ import annotations

from flask import Flask

from app.identity.ways import Directory, GroupRole, Provider, Registration, Ways, use_ways
from app.sso.proxy import TrustedProxy
from app.sso.settings import LdapSettings, SignInSettings


def install_sso(app: Flask, settings: SignInSettings) -> None:
    """Let people come in as the operator says. Nobody is called yet: providers and directories may start later.

    What is not switched on is not even imported.
    """
    register, proxy = settings.registration, settings.proxy
    chosen = Ways(
        passwords=settings.passwords,
        directory=_directory(settings.ldap) if settings.ldap else None,
        providers=_install_providers(app, settings),
        registration=Registration(register.tenant, register.role, register.domains) if register else None,
        group_roles=tuple(GroupRole(*rule) for rule in settings.ldap.roles) if settings.ldap else (),
        proxy_sign_out=proxy.sign_out if proxy else "",
        **({"asserted": TrustedProxy(proxy).asserted} if proxy else {}),
    )
    use_ways(app, chosen)


def _directory(settings: LdapSettings) -> Directory:
    from app.sso.ldap import Ldap

    found = Ldap(settings)
    return Directory(settings.name, found.issuer, found.ask)


def _install_providers(app: Flask, settings: SignInSettings) -> tuple[Provider, ...]:
    """The buttons, those of OpenID first."""
    if not (settings.providers or settings.saml):
        return ()
    from app.sso.pages import EXTENSION, Client, sso

    clients: list[Client] = []
    if settings.providers:
        from app.sso.openid import OpenId
        from app.sso.openid_pages import openid

        clients.extend(map(OpenId, settings.providers))
        app.register_blueprint(openid)
    if settings.saml:
        from app.sso.saml import Saml
        from app.sso.saml_pages import saml

        public_url = app.config["TENANTRY"].public_url
        clients.extend(Saml(one, public_url) for one in settings.saml)
        app.register_blueprint(saml)
    app.extensions[EXTENSION] = {one.provider.key: one for one in clients}
    app.register_blueprint(sso)
    return tuple(one.provider for one in clients)
