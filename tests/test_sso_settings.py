"""What the operator may say about sign-in, and in which words the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.saml_house import Signer
from tests.test_config import problems, production, production_problems

LDAP = {"TENANTRY_LDAP_URL": "ldaps://dc.example.com", "TENANTRY_LDAP_BASE_DN": "ou=people,dc=example,dc=com"}
OIDC = {
    "TENANTRY_OIDC_PROVIDERS": "google",
    "TENANTRY_OIDC_GOOGLE_ISSUER": "https://accounts.google.com",
    "TENANTRY_OIDC_GOOGLE_CLIENT_ID": "us",
    "TENANTRY_OIDC_GOOGLE_CLIENT_SECRET": "hush-hush",
}
PEM = Signer().pem
SAML = {
    "TENANTRY_SAML_PROVIDERS": "adfs",
    "TENANTRY_SAML_ADFS_ENTITY_ID": "http://adfs.example.com/adfs/services/trust",
    "TENANTRY_SAML_ADFS_SSO_URL": "https://adfs.example.com/adfs/ls/",
    "TENANTRY_SAML_ADFS_CERTIFICATE": PEM,
}
PROXY = {"TENANTRY_REMOTE_USER_HEADER": "X-Remote-User", "TENANTRY_REMOTE_USER_PROXIES": "10.0.0.5, 10.1.0.0/16"}
GOOGLE_SAML = {name.replace("ADFS", "GOOGLE"): value for name, value in SAML.items() if "ADFS" in name}
REGISTER = {
    "TENANTRY_REGISTER_TENANT": "acme",
    "TENANTRY_REGISTER_ROLE": "viewer",
    "TENANTRY_REGISTER_DOMAINS": "Example.com other.example",
}


def test_passwords_alone_are_what_is_there_without_a_word():
    found = production().sign_in
    assert found.passwords
    assert (found.ldap, found.providers, found.saml, found.proxy, found.registration) == (None, (), (), None, None)


def test_all_ways_at_once():
    roles = "cn=sales, ou=groups,dc=example,dc=com:acme:agent; cn=Chiefs,dc=example,dc=com:acme:admin;"
    roles += "cn=callers,dc=example,dc=com:acme:crm.seller"
    found = production(**LDAP, **OIDC, **SAML, **PROXY, **REGISTER, TENANTRY_LDAP_ROLES=roles).sign_in
    assert found.ldap.base_dn == "ou=people,dc=example,dc=com"
    assert found.ldap.roles[1] == ("cn=chiefs,dc=example,dc=com", "acme", "admin")
    assert found.ldap.roles[2] == ("cn=callers,dc=example,dc=com", "acme", "crm.seller")
    assert found.providers[0].name == "Google"
    assert (found.saml[0].name, found.saml[0].certificates, found.saml[0].email_is_verified) == (
        "Adfs",
        PEM.strip(),
        True,
    )
    assert found.proxy.proxies == ("10.0.0.5/32", "10.1.0.0/16")
    assert found.registration.domains == {"example.com", "other.example"}


def test_certificates_may_stand_in_a_file_or_on_one_line_and_be_several(tmp_path: Path):
    both = PEM + Signer(curve=True).pem
    (tmp_path / "idp.pem").write_text(both)
    for given, held in ((str(tmp_path / "idp.pem"), both), (PEM.replace("\n", "\\n"), PEM)):
        found = production(**{**SAML, "TENANTRY_SAML_ADFS_CERTIFICATE": given}).sign_in.saml[0]
        assert found.certificates == held


def test_secrets_are_never_printed():
    hidden = {"TENANTRY_LDAP_BIND_DN": "cn=reader,dc=example", "TENANTRY_LDAP_BIND_PASSWORD": " blanks count "}
    found = production(**LDAP, **OIDC, **hidden)
    assert found.sign_in.ldap.bind_password == " blanks count "
    assert "blanks count" not in repr(found)
    assert "hush-hush" not in repr(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**LDAP, "TENANTRY_LDAP_URL": "ldap://dc.example.com", "TENANTRY_LDAP_STARTTLS": "no"}, "LDAP_STARTTLS"),
        ({**OIDC, "TENANTRY_OIDC_GOOGLE_ISSUER": "http://accounts.example.com"}, "must begin with https://"),
        ({**SAML, "TENANTRY_SAML_ADFS_SSO_URL": "http://adfs.example.com/adfs/ls/"}, "must begin with https://"),
        ({"TENANTRY_REMOTE_USER_HEADER": "X-Remote-User"}, "must name the proxies"),
    ],
)
def test_what_is_unsafe_is_refused_in_production(given, said):
    assert said in "\n".join(production_problems(**given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TENANTRY_SIGN_IN_PASSWORDS": "no"}, "nobody could sign in"),
        ({"TENANTRY_LDAP_BASE_DN": "dc=example"}, "TENANTRY_LDAP_URL is not"),
        ({**LDAP, "TENANTRY_LDAP_URL": "https://dc.example.com"}, "must look like ldaps://"),
        ({**LDAP, "TENANTRY_LDAP_URL": "ldaps://me:word@dc.example.com"}, "must look like ldaps://"),
        ({**LDAP, "TENANTRY_LDAP_URL": "ldaps://dc.example.com:x"}, "must look like ldaps://"),
        ({**LDAP, "TENANTRY_LDAP_STARTTLS": "yes"}, "goes with ldap://"),
        ({**LDAP, "TENANTRY_LDAP_BASE_DN": "people"}, "TENANTRY_LDAP_BASE_DN must name"),
        ({**LDAP, "TENANTRY_LDAP_FILTER": "(uid=*)"}, "TENANTRY_LDAP_FILTER"),
        ({**LDAP, "TENANTRY_LDAP_FILTER": "(uid={name}"}, "TENANTRY_LDAP_FILTER"),
        ({**LDAP, "TENANTRY_LDAP_BIND_DN": "cn=reader"}, "go together"),
        ({**LDAP, "TENANTRY_LDAP_USER_DN": "uid=nora,dc=example"}, "TENANTRY_LDAP_USER_DN must hold {name}"),
        ({**LDAP, "TENANTRY_LDAP_CA_FILE": "/nowhere.pem"}, "is not there"),
        ({**LDAP, "TENANTRY_LDAP_KEY": "a b"}, "TENANTRY_LDAP_KEY"),
        ({**LDAP, "TENANTRY_LDAP_ROLES": "cn=x:acme:owner"}, "TENANTRY_LDAP_ROLES"),
        ({**LDAP, "TENANTRY_LDAP_ROLES": "acme:agent"}, "TENANTRY_LDAP_ROLES"),
        ({"TENANTRY_OIDC_PROVIDERS": "Goo-gle"}, "short names"),
        ({"TENANTRY_OIDC_PROVIDERS": "a a"}, "short names"),
        ({**OIDC, "TENANTRY_OIDC_GOOGLE_CLIENT_SECRET": ""}, "TENANTRY_OIDC_GOOGLE_CLIENT_SECRET is missing"),
        ({**OIDC, "TENANTRY_OIDC_GOOGLE_SCOPES": "email"}, "must hold openid"),
        ({**OIDC, "TENANTRY_OIDC_GOOGLE_ISSUER": "accounts.google.com"}, "must look like https://"),
        ({**OIDC, "TENANTRY_OIDC_APPLE_ISSUER": "https://apple.example"}, "OIDC_APPLE_ISSUER is not a setting"),
        ({**OIDC, "TENANTRY_OIDC_GOOGLE_SECRET": "x"}, "TENANTRY_OIDC_GOOGLE_SECRET is not a setting"),
        ({"TENANTRY_SAML_PROVIDERS": "ad-fs"}, "short names"),
        ({**SAML, **OIDC, "TENANTRY_SAML_PROVIDERS": "adfs google", **GOOGLE_SAML}, "must hold different short names"),
        ({**SAML, "TENANTRY_SAML_ADFS_ENTITY_ID": ""}, "TENANTRY_SAML_ADFS_ENTITY_ID is missing"),
        ({**SAML, "TENANTRY_SAML_ADFS_ENTITY_ID": "x" * 251}, "TENANTRY_SAML_ADFS_ENTITY_ID is missing, or too long"),
        ({**SAML, "TENANTRY_SAML_ADFS_SSO_URL": "adfs.example.com"}, "must look like https://"),
        ({**SAML, "TENANTRY_SAML_ADFS_CERTIFICATE": ""}, "must hold the certificate"),
        ({**SAML, "TENANTRY_SAML_ADFS_CERTIFICATE": PEM[:200]}, "must hold the certificate"),
        ({**SAML, "TENANTRY_SAML_ADFS_CERTIFICATE": Signer(bits=1024).pem}, "2048 bits"),
        ({**SAML, "TENANTRY_SAML_ADFS_CERTIFICATE": "/nowhere.pem"}, "cannot be read"),
        ({**SAML, "TENANTRY_SAML_ADFS_EMAIL_IS_VERIFIED": "perhaps"}, "must be yes or no"),
        ({**SAML, "TENANTRY_SAML_ADFS_SECRET": "x"}, "TENANTRY_SAML_ADFS_SECRET is not a setting"),
        ({"TENANTRY_REMOTE_USER_PROXIES": "10.0.0.5"}, "TENANTRY_REMOTE_USER_HEADER is missing"),
        ({**PROXY, "TENANTRY_REMOTE_USER_PROXIES": "0.0.0.0/0"}, "whole internet"),
        ({**PROXY, "TENANTRY_REMOTE_USER_PROXIES": "proxy.local"}, "must hold networks"),
        ({**PROXY, "TENANTRY_REMOTE_USER_HEADER": "X_Remote User"}, "name of a header"),
        ({**PROXY, "TENANTRY_REMOTE_USER_SIGN_OUT": "javascript:x"}, "must be an address"),
        ({**REGISTER, "TENANTRY_REGISTER_ROLE": "owner"}, "TENANTRY_REGISTER_ROLE must be one of"),
        ({**REGISTER, "TENANTRY_REGISTER_DOMAINS": "@example.com"}, "behind the @"),
        ({**REGISTER, "TENANTRY_REGISTER_TENANT": ""}, "go together"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_half_said_is_refused_in_one_sentence(given, said, tmp_path: Path):
    found = problems(TENANTRY_VAR=str(tmp_path), **given)
    assert said in found
    assert len(found.splitlines()) == 1, found
    assert "hush-hush" not in found
