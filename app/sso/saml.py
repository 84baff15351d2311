"""A service provider of SAML 2.0 for one identity provider: questions by HTTP-Redirect, answers by HTTP-POST.

Questions are not signed: they hold nothing but a number, and answers go to addresses that are registered there.
"""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

from cryptography.x509 import load_pem_x509_certificates
from lxml import etree

from app.identity.names import normal_name
from app.identity.ways import Identity, Provider
from app.sso.calling import Disappointed
from app.sso.saml_response import PROTOCOL, SAML, Assertion, Expected, read_response
from app.sso.settings import SamlSettings

_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_EMAIL = ("email", "mail", "emailAddress", f"{_CLAIMS}emailaddress", "urn:oid:0.9.2342.19200300.100.1.3")
_FIRST_NAME = ("firstName", "first_name", "givenName", "given_name", f"{_CLAIMS}givenname", "urn:oid:2.5.4.42")
_LAST_NAME = ("lastName", "last_name", "sn", "surname", "family_name", f"{_CLAIMS}surname", "urn:oid:2.5.4.4")


class Saml:
    """What we are to one identity provider. Raises `Disappointed` when it says what cannot be believed."""

    back = "acs"

    def __init__(self, settings: SamlSettings, public_url: str) -> None:
        self.settings = settings
        # What we are called and where answers go is said at the operator's address: a Host header is anybody's word.
        self.place = f"{public_url}/login/saml/{settings.key}"
        self.entity_id = f"{self.place}/metadata"
        # An OpenID provider may have the same name, with other keys for the same people.
        self.provider = Provider(settings.key, settings.name, f"saml:{settings.entity_id}", "saml")
        self.certificates = load_pem_x509_certificates(settings.certificates.encode())

    def prepare(self) -> None:
        """Nobody needs to be asked beforehand."""

    def address(self, way_back: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in, with the question; `state` comes back beside the answer."""
        question = etree.Element(
            f"{{{PROTOCOL}}}AuthnRequest",
            nsmap={"samlp": PROTOCOL, "saml": SAML},
            ID=request_id(nonce),
            Version="2.0",
            IssueInstant=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            Destination=self.settings.sso_url,
            AssertionConsumerServiceURL=way_back,
            ProtocolBinding=_POST,
        )
        etree.SubElement(question, f"{{{SAML}}}Issuer").text = self.entity_id
        etree.SubElement(question, f"{{{PROTOCOL}}}NameIDPolicy", AllowCreate="true")
        packed = zlib.compress(etree.tostring(question), wbits=-15)
        said = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": state})
        return f"{self.settings.sso_url}{'&' if urlsplit(self.settings.sso_url).query else '?'}{said}"

    def identity(self, posted: str, way_back: str, nonce: str) -> Identity:
        """Whoever has just signed in there. Raises `NotSignedIn` as well."""
        expected = Expected(
            issuer=self.settings.entity_id,
            audience=self.entity_id,
            recipient=way_back,
            request_id=request_id(nonce),
        )
        return self._identity(read_response(posted, self.certificates, expected))

    def _identity(self, found: Assertion) -> Identity:
        given, own = found.attributes, self.settings
        mail = _first(given, own.email, _EMAIL) or (found.name_id if found.name_format == "emailAddress" else "")
        return Identity(
            way=self.provider.way,
            issuer=self.provider.issuer,
            subject=self._subject(found),
            email=normal_name(mail) if "@" in mail and own.email_is_verified else "",
            first_name=_first(given, own.first_name, _FIRST_NAME),
            last_name=_first(given, own.last_name, _LAST_NAME),
        )

    def _subject(self, found: Assertion) -> str:
        """Their key: a name that is another one each time would be nobody's next time."""
        subject = found.attributes.get(self.settings.subject, "") if self.settings.subject else found.name_id
        if not self.settings.subject and found.name_format == "transient":
            raise Disappointed("its NameID is another one each time: name an attribute in TENANTRY_SAML_…_SUBJECT")
        if not 0 < len(subject) <= 255 or not subject.isprintable():
            raise Disappointed(f"its {self.settings.subject or 'NameID'} names nobody")
        return subject

    def metadata(self) -> bytes:
        """What the provider's administrator registers: who we are, and where answers go."""
        root = etree.Element(f"{{{_METADATA}}}EntityDescriptor", nsmap={"md": _METADATA}, entityID=self.entity_id)
        role = etree.SubElement(
            root, f"{{{_METADATA}}}SPSSODescriptor",
            protocolSupportEnumeration=PROTOCOL, AuthnRequestsSigned="false", WantAssertionsSigned="true",
        )  # fmt: skip
        etree.SubElement(
            role, f"{{{_METADATA}}}AssertionConsumerService",
            Binding=_POST, Location=f"{self.place}/{self.back}", index="0", isDefault="true",
        )  # fmt: skip
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def request_id(nonce: str) -> str:
    """A question's number, as XML wants it: not beginning with a digit."""
    return f"_{nonce}"


def _first(given: Mapping[str, str], named: str, usual: Iterable[str]) -> str:
    """The attribute that the operator named, else the first of the usual ones that there is."""
    return next((given[one] for one in ([named] if named else usual) if one in given), "")
