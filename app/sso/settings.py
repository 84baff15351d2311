"""What the operator says about sign-in, read and judged; what is unsafe or half said is refused in one sentence."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from config import _Reader

NAME = "{name}"
DEFAULT_FILTER = "(|(uid={name})(mail={name}))"
_PLUGIN_ROLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_KEY = re.compile(r"[a-z][a-z0-9]{0,29}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]{2,}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
ROLES = ("admin", "manager", "agent", "viewer")
"""What may be given without a person deciding; owners are made by people."""
PARTS = {
    "OIDC": ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME", "SCOPES"),
    "SAML": (
        *("ENTITY_ID", "SSO_URL", "CERTIFICATE", "NAME"),
        *("SUBJECT", "EMAIL", "FIRST_NAME", "LAST_NAME", "EMAIL_IS_VERIFIED"),
    ),
}
"""What may be said of each named provider, by its kind."""
NAMES = frozenset(
    """SIGN_IN_PASSWORDS REGISTER_TENANT REGISTER_ROLE REGISTER_DOMAINS LDAP_URL LDAP_STARTTLS LDAP_CA_FILE LDAP_USER_DN
    LDAP_BIND_DN LDAP_BIND_PASSWORD LDAP_BASE_DN LDAP_FILTER LDAP_KEY LDAP_NAME LDAP_ROLES OIDC_PROVIDERS SAML_PROVIDERS
    REMOTE_USER_HEADER REMOTE_USER_PROXIES REMOTE_USER_SIGN_OUT""".split()
)


@dataclass(frozen=True, kw_only=True)
class LdapSettings:
    """A directory. People are found by `filter` below `base_dn`, by `bind_dn` or, with `user_dn`, by themselves."""

    url: str
    base_dn: str
    starttls: bool = True
    ca_file: str = ""
    user_dn: str = ""
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    filter: str = DEFAULT_FILTER
    key: str = "entryUUID"
    """The attribute that never changes and is never given to another person; Active Directory has `objectGUID`."""
    name: str = "LDAP"
    roles: tuple[tuple[str, str, str], ...] = ()
    """(group, tenant, role)."""


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """An OpenID provider: a button on the sign-in page."""

    key: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    scopes: str = "openid email profile"


@dataclass(frozen=True, kw_only=True)
class SamlSettings:
    """A SAML identity provider: a button as well. Attributes without a name are looked for under the usual ones."""

    key: str
    entity_id: str
    sso_url: str
    certificates: str
    """PEM text: one, or the old and the new one while they change."""
    name: str
    subject: str = ""
    """The attribute that is never given to another person; without one it is the NameID."""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    email_is_verified: bool = True
    """Whether its addresses open the accounts that have them."""


@dataclass(frozen=True, kw_only=True)
class ProxySettings:
    """A proxy that says in a header who is there; believed only when the connection comes from one of `proxies`."""

    header: str
    proxies: tuple[str, ...]
    sign_out: str = ""


@dataclass(frozen=True, kw_only=True)
class RegisterSettings:
    """For whom an account is made when they first come in from outside."""

    tenant: str
    role: str
    domains: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """All ways in."""

    passwords: bool = True
    ldap: LdapSettings | None = None
    providers: tuple[OidcSettings, ...] = ()
    saml: tuple[SamlSettings, ...] = ()
    proxy: ProxySettings | None = None
    registration: RegisterSettings | None = None


def provider_names(environ: Mapping[str, str]) -> Iterator[str]:
    """The settings that the named providers have, without the prefix."""
    for kind, parts in PARTS.items():
        for key in environ.get(f"TENANTRY_{kind}_PROVIDERS", "").replace(",", " ").split():
            yield from (f"{kind}_{key.upper()}_{part}" for part in parts)


def read_sign_in(reader: _Reader, production: bool) -> SignInSettings:
    """Read all of it; what is wrong goes to the reader's problems."""
    found = SignInSettings(
        passwords=reader.flag("SIGN_IN_PASSWORDS", True),
        ldap=_ldap(reader, production),
        providers=tuple(_provider(reader, key, production) for key in _keys(reader, "OIDC")),
        saml=tuple(_saml(reader, key, production) for key in _keys(reader, "SAML")),
        proxy=_proxy(reader),
        registration=_registration(reader),
    )
    if not (found.passwords or found.ldap or found.providers or found.saml or found.proxy):
        reader.problems.append("TENANTRY_SIGN_IN_PASSWORDS is off and there is no other way in: nobody could sign in.")
    if {one.key for one in found.providers} & {one.key for one in found.saml}:
        reader.problems.append("TENANTRY_OIDC_PROVIDERS and TENANTRY_SAML_PROVIDERS must hold different short names.")
    return found


def _ldap(reader: _Reader, production: bool) -> LdapSettings | None:
    url, complain = reader.text("LDAP_URL"), reader.problems.append
    given = sorted(name for name in NAMES if name.startswith("LDAP_") and reader.text(name))
    if not url:
        if given:
            complain(f"TENANTRY_{given[0]} is set, but TENANTRY_LDAP_URL is not.")
        return None
    scheme = urlsplit(url).scheme if _is_url(url, ("ldap", "ldaps")) else ""
    starttls = reader.flag("LDAP_STARTTLS", scheme == "ldap")
    if not scheme:
        complain("TENANTRY_LDAP_URL must look like ldaps://dc.example.com or ldap://dc.example.com:389 (STARTTLS).")
    if scheme == "ldaps" and starttls:
        complain("TENANTRY_LDAP_STARTTLS goes with ldap://; ldaps:// is encrypted from the start.")
    if production and scheme == "ldap" and not starttls:
        complain("Production needs TENANTRY_LDAP_STARTTLS or ldaps://, so that no password travels in the clear.")
    return _ldap_search(reader, url, starttls)


def _ldap_search(reader: _Reader, url: str, starttls: bool) -> LdapSettings:
    complain = reader.problems.append
    user_dn, bind_dn = reader.text("LDAP_USER_DN"), reader.text("LDAP_BIND_DN")
    # A password is taken as it is, blanks at its ends included.
    bind_password = reader.environ.get("TENANTRY_LDAP_BIND_PASSWORD", "")
    base_dn, wanted = reader.text("LDAP_BASE_DN"), reader.text("LDAP_FILTER", DEFAULT_FILTER)
    ca_file, key = reader.text("LDAP_CA_FILE"), reader.text("LDAP_KEY", "entryUUID")
    if not _is_dn(base_dn):
        complain("TENANTRY_LDAP_BASE_DN must name where people are, such as ou=people,dc=example,dc=com.")
    if bool(bind_dn) != bool(bind_password):
        complain("TENANTRY_LDAP_BIND_DN and TENANTRY_LDAP_BIND_PASSWORD go together: set both or neither.")
    if user_dn and bind_dn:
        complain("TENANTRY_LDAP_USER_DN binds people directly, TENANTRY_LDAP_BIND_DN searches first: set one of them.")
    if user_dn and NAME not in user_dn:
        complain("TENANTRY_LDAP_USER_DN must hold {name}, such as uid={name},ou=people,dc=example,dc=com.")
    if not _is_filter(wanted):
        complain("TENANTRY_LDAP_FILTER must be an LDAP filter that holds {name}, such as (sAMAccountName={name}).")
    if ca_file and not Path(ca_file).is_file():
        complain("TENANTRY_LDAP_CA_FILE names a file that is not there.")
    if not _ATTRIBUTE.fullmatch(key):
        complain("TENANTRY_LDAP_KEY must name an attribute, such as entryUUID or objectGUID.")
    return LdapSettings(
        url=url,
        base_dn=base_dn,
        starttls=starttls,
        ca_file=ca_file,
        user_dn=user_dn,
        bind_dn=bind_dn,
        bind_password=bind_password,
        filter=wanted,
        key=key,
        name=reader.text("LDAP_NAME", "LDAP"),
        roles=tuple(_group_roles(reader)),
    )


def _group_roles(reader: _Reader) -> Iterator[tuple[str, str, str]]:
    """`group:tenant:role`, one after another with `;` between, since names of groups hold commas and blanks."""
    for rule in filter(None, (one.strip() for one in reader.text("LDAP_ROLES").split(";"))):
        group, tenant, role = (part.strip() for part in ["", "", "", *rule.rsplit(":", 2)][-3:])
        if not (_is_dn(group) and _SLUG.fullmatch(tenant) and _may_be_given(role)):
            reader.problems.append(
                "TENANTRY_LDAP_ROLES must hold rules such as cn=sales,ou=groups,dc=example,dc=com:acme:agent with ; "
                f"between them, with a role of {', '.join(ROLES)}, or of a plugin (crm.caller); not “{rule}”."
            )
        else:
            yield normal_dn(group), tenant, role


def _may_be_given(role: str) -> bool:
    """Which roles the plugins bring is known later: one that is not there is given to nobody, and said in the log."""
    return role in ROLES or _PLUGIN_ROLE.fullmatch(role) is not None


def _keys(reader: _Reader, kind: str) -> list[str]:
    """The short names of the providers of a kind; none when they are not such names."""
    keys = reader.text(f"{kind}_PROVIDERS").replace(",", " ").split()
    if len(set(keys)) == len(keys) and all(map(_KEY.fullmatch, keys)):
        return keys
    reader.problems.append(
        f"TENANTRY_{kind}_PROVIDERS must hold different short names, such as google: small letters and digits."
    )
    return []


def _provider(reader: _Reader, key: str, production: bool) -> OidcSettings:
    prefix, complain = f"OIDC_{key.upper()}_", reader.problems.append
    issuer, scopes = reader.text(prefix + "ISSUER"), reader.text(prefix + "SCOPES", "openid email profile")
    for part in ("CLIENT_ID", "CLIENT_SECRET"):
        if not reader.text(prefix + part):
            complain(f"TENANTRY_{prefix}{part} is missing: the provider gives it to you.")
    if not _is_url(issuer, ("https", "http")) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        complain(f"TENANTRY_{prefix}ISSUER must look like https://accounts.example.com.")
    elif production and not issuer.startswith("https:"):
        complain(f"TENANTRY_{prefix}ISSUER must begin with https:// in production.")
    if "openid" not in scopes.split():
        complain(f"TENANTRY_{prefix}SCOPES must hold openid.")
    return OidcSettings(
        key=key,
        issuer=issuer,
        client_id=reader.text(prefix + "CLIENT_ID"),
        client_secret=reader.text(prefix + "CLIENT_SECRET"),
        name=reader.text(prefix + "NAME", key.capitalize()),
        scopes=scopes,
    )


def _saml(reader: _Reader, key: str, production: bool) -> SamlSettings:
    prefix, complain = f"SAML_{key.upper()}_", reader.problems.append
    entity_id, sso_url = reader.text(prefix + "ENTITY_ID"), reader.text(prefix + "SSO_URL")
    if not 0 < len(entity_id) <= 250:
        complain(f"TENANTRY_{prefix}ENTITY_ID is missing, or too long: the provider's metadata names it.")
    if not _is_url(sso_url, ("https", "http")) or urlsplit(sso_url).fragment:
        complain(f"TENANTRY_{prefix}SSO_URL must look like https://login.example.com/sso (HTTP-Redirect).")
    elif production and not sso_url.startswith("https:"):
        complain(f"TENANTRY_{prefix}SSO_URL must begin with https:// in production.")
    return SamlSettings(
        key=key,
        entity_id=entity_id,
        sso_url=sso_url,
        certificates=_certificates(reader, prefix + "CERTIFICATE"),
        name=reader.text(prefix + "NAME", key.capitalize()),
        subject=reader.text(prefix + "SUBJECT"),
        email=reader.text(prefix + "EMAIL"),
        first_name=reader.text(prefix + "FIRST_NAME"),
        last_name=reader.text(prefix + "LAST_NAME"),
        email_is_verified=reader.flag(prefix + "EMAIL_IS_VERIFIED", True),
    )


def _certificates(reader: _Reader, name: str) -> str:
    """PEM text, as it stands in the setting or in the file that it names."""
    given = reader.text(name).replace("\\n", "\n")
    try:
        pem = given if not given or "-----BEGIN" in given else Path(given).read_text("ascii")
    except (OSError, ValueError):
        reader.problems.append(f"TENANTRY_{name} names a file that cannot be read as PEM text.")
        return ""
    if not _is_certificates(pem):
        reader.problems.append(
            f"TENANTRY_{name} must hold the certificate by which the provider signs, or name a file with it: PEM text, "
            "with an RSA key of 2048 bits or more, or one on an elliptic curve."
        )
    return pem


def _is_certificates(pem: str) -> bool:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        keys = [one.public_key() for one in x509.load_pem_x509_certificates(pem.encode())]
    except (ValueError, UnsupportedAlgorithm):
        return False
    strong = (isinstance(key, RSAPublicKey) and key.key_size >= 2048 for key in keys)
    return all(good or isinstance(key, EllipticCurvePublicKey) for good, key in zip(strong, keys, strict=True))


def _proxy(reader: _Reader) -> ProxySettings | None:
    header, complain = reader.text("REMOTE_USER_HEADER"), reader.problems.append
    proxies, sign_out = reader.networks("REMOTE_USER_PROXIES"), reader.text("REMOTE_USER_SIGN_OUT")
    if not header:
        if proxies or sign_out:
            complain("TENANTRY_REMOTE_USER_HEADER is missing: in which header does the proxy say who is there?")
        return None
    if not _HEADER.fullmatch(header):
        complain("TENANTRY_REMOTE_USER_HEADER must be the name of a header, such as X-Remote-User.")
    if not reader.text("REMOTE_USER_PROXIES"):
        complain(
            "TENANTRY_REMOTE_USER_PROXIES must name the proxies whose word counts, such as 10.0.0.5: without them "
            "anybody could send the header."
        )
    elif any(ipaddress.ip_network(one).prefixlen == 0 for one in proxies):
        complain("TENANTRY_REMOTE_USER_PROXIES must not hold the whole internet.")
    if sign_out and not _is_url(sign_out, ("https", "http")):
        complain("TENANTRY_REMOTE_USER_SIGN_OUT must be an address, such as https://login.example.com/logout.")
    return ProxySettings(header=header, proxies=proxies, sign_out=sign_out)


def _registration(reader: _Reader) -> RegisterSettings | None:
    tenant, role = reader.text("REGISTER_TENANT"), reader.text("REGISTER_ROLE")
    domains = frozenset(reader.text("REGISTER_DOMAINS").lower().replace(",", " ").split())
    if not (tenant or role or domains):
        return None
    complain = reader.problems.append
    if not (tenant and role and domains):
        complain("TENANTRY_REGISTER_TENANT, TENANTRY_REGISTER_ROLE and TENANTRY_REGISTER_DOMAINS go together: set all.")
    if tenant and not _SLUG.fullmatch(tenant):
        complain("TENANTRY_REGISTER_TENANT must be the short name of a tenant, such as acme.")
    if role and not _may_be_given(role):
        complain(f"TENANTRY_REGISTER_ROLE must be one of {', '.join(ROLES)}, or a plugin's (crm.caller); not “{role}”.")
    if not all(map(_DOMAIN.fullmatch, domains)):
        complain("TENANTRY_REGISTER_DOMAINS must hold what stands behind the @ of addresses, such as example.com.")
    return RegisterSettings(tenant=tenant, role=role, domains=domains)


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False


def normal_dn(text: str) -> str:
    """A distinguished name as it is compared: without case and without blanks between its parts. Raises ValueError."""
    from ldap3.core.exceptions import LDAPInvalidDnError
    from ldap3.utils.dn import parse_dn

    try:
        return ",".join(f"{name}={value}" for name, value, _separator in parse_dn(text, strip=True)).lower()
    except LDAPInvalidDnError as error:
        raise ValueError(text) from error


def _is_dn(text: str) -> bool:
    try:
        return bool(text and normal_dn(text))
    except ValueError:
        return False


def _is_filter(text: str) -> bool:
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.operation.search import parse_filter

    if NAME not in text:
        return False
    try:
        parse_filter(text.replace(NAME, "a"), None, True, None, None, False)
    except LDAPExceptionError:
        return False
    return True
