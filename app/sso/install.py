"""Putting the ways of the settings into the application."""

from __future__ import annotations

from flask import Flask

from app.identity.ways import Directory, GroupRole, Registration, Ways, use_ways
from app.sso.ldap import Ldap
from app.sso.openid import OpenId
from app.sso.pages import EXTENSION, sso
from app.sso.proxy import TrustedProxy
from app.sso.settings import SignInSettings


def install_sso(app: Flask, settings: SignInSettings) -> None:
    """Let people come in as the operator says. Nobody is called yet: providers and directories may start later."""
    providers = app.extensions[EXTENSION] = {one.key: OpenId(one) for one in settings.providers}
    directory = Ldap(settings.ldap) if settings.ldap else None
    register, proxy = settings.registration, settings.proxy
    chosen = Ways(
        passwords=settings.passwords,
        directory=Directory(directory.settings.name, directory.issuer, directory.ask) if directory else None,
        providers=tuple(one.provider for one in providers.values()),
        registration=Registration(register.tenant, register.role, register.domains) if register else None,
        group_roles=tuple(GroupRole(*rule) for rule in settings.ldap.roles) if settings.ldap else (),
        proxy_sign_out=proxy.sign_out if proxy else "",
        **({"asserted": TrustedProxy(proxy).asserted} if proxy else {}),
    )
    use_ways(app, chosen)
    app.register_blueprint(sso)
