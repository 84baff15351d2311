"""A SAML identity provider on this machine: it signs by its own hand, answers by a posted form, and can go wrong.

The signing is written out here, with lxml and cryptography alone, so that two readings of the standard meet.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Callable
from html import escape, unescape
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID
from flask import Flask, request
from lxml import etree
from werkzeug.serving import make_server

from app.sso.settings import SamlSettings

SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DS, EXCLUSIVE = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/10/xml-exc-c14n#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ENTITY = "https://idp.example/saml?of=the&house"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


class Signer:
    """A key and the certificate by which it is known."""

    def __init__(self, *, curve: bool = False, bits: int = 2048) -> None:
        self.key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        # Long over: the keys of providers outlive their certificates, which nobody but us vouches for.
        ended = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
        made = made.serial_number(7).not_valid_before(ended - dt.timedelta(days=365)).not_valid_after(ended)
        self.certificate = made.sign(self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def method(self) -> str:
        return MORE + ("rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa-sha256")

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Weak(Signer):
    """Signs by SHA-1."""

    @property
    def method(self) -> str:
        return f"{DS}rsa-sha1"

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA1())


class Shared(Signer):
    """Signs as anybody can: with the public certificate, as if it were a secret that both sides share."""

    @property
    def method(self) -> str:
        return f"{MORE}hmac-sha256"

    def sign(self, data: bytes) -> bytes:
        return hmac.digest(self.pem.encode(), data, "sha256")


class SamlServer:
    """`person` is whoever is at the browser; `lie` is said instead of what is right, `twist` changes what is signed."""

    def __init__(self) -> None:
        self.signer = self.pinned = Signer()
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.reset()
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()

    def reset(self) -> None:
        self.person: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.signs: tuple[str, ...] = ("Assertion",)
        self.prefixes = ""
        self.signer = self.pinned
        self.twist: Callable[[etree._Element], Any] = lambda _response: None
        self.before: Callable[[etree._Element], Any] = lambda _response: None
        self.asked: etree._Element | None = None

    def settings(self, **more: Any) -> SamlSettings:
        given = {"key": "adfs", "entity_id": ENTITY, "sso_url": f"{self.issuer}/sso?realm=1", "name": "Head office"}
        return SamlSettings(**{**given, "certificates": self.pinned.pem, **more})

    def _app(self) -> Flask:
        app = Flask("saml")
        app.add_url_rule("/sso", "sso", self._sso)
        return app

    def _sso(self) -> str:
        """A page whose form posts the answer; with a button for browsers that run no scripts."""
        asked = self.asked = etree.fromstring(zlib.decompress(base64.b64decode(request.args["SAMLRequest"]), -15))
        assert request.args["realm"] == "1"
        assert asked.get("Destination") == f"{self.issuer}/sso?realm=1"
        said = {
            "SAMLResponse": base64.b64encode(self.answer(asked)).decode(),
            "RelayState": self.lie.get("state", request.args["RelayState"]),
        }
        fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in said.items())
        action = escape(asked.get("AssertionConsumerServiceURL", ""))
        return (
            '<!doctype html><title>IdP</title><link rel="icon" href="data:,">'
            f'<form method="post" action="{action}">{fields}<button>Go on</button>'
            "</form><script>document.forms[0].submit()</script>"
        )

    def answer(self, asked: etree._Element) -> bytes:
        response = etree.fromstring(self._text(asked))
        self.before(response)
        for name in ("Assertion", "Response"):
            if name in self.signs:
                sign(
                    response if name == "Response" else response.find(f"{{{SAML}}}Assertion"),
                    self.signer,
                    self.prefixes,
                )
        twisted = self.twist(response)
        return twisted if isinstance(twisted, bytes) else etree.tostring(response)

    def _text(self, asked: etree._Element) -> str:
        now = dt.datetime.now(dt.UTC)
        acs = asked.get("AssertionConsumerServiceURL")
        said = {
            "issuer": ENTITY, "audience": asked.findtext(f"{{{SAML}}}Issuer"), "recipient": acs, "destination": acs,
            "question": asked.get("ID"), "answers": asked.get("ID"), "begins": _xml(now - dt.timedelta(seconds=5)),
            "ends": _xml(now + dt.timedelta(minutes=5)), "confirmed": _xml(now + dt.timedelta(minutes=5)),
            "session": _xml(now + dt.timedelta(hours=8)), "status": "Success", "method": "bearer",
            "name_id": self.person.get("name_id", ""), "format": self.person.get("format", PERSISTENT), **self.lie,
        }  # fmt: skip
        said = {name: escape(str(value)) for name, value in said.items()}
        return _RESPONSE.format(
            saml=SAML, protocol=PROTOCOL, now=_xml(now), one=_id(), two=_id(), attributes=self._attributes(), **said
        )

    def _attributes(self) -> str:
        given = self.person.get("attributes", {})
        return "".join(
            f'<saml:Attribute Name="{escape(name)}"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">'
            f"{escape(value)}</saml:AttributeValue></saml:Attribute>"
            for name, value in given.items()
        )


_RESPONSE = """<samlp:Response xmlns:samlp="{protocol}" xmlns:saml="{saml}" ID="{one}" Version="2.0"
 IssueInstant="{now}" Destination="{destination}" InResponseTo="{question}"><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>
<saml:Assertion ID="{two}" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{format}">{name_id}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:{method}">
<saml:SubjectConfirmationData InResponseTo="{answers}" Recipient="{recipient}" NotOnOrAfter="{confirmed}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}"><saml:AudienceRestriction>
<saml:Audience>https://another.example</saml:Audience><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>
</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionNotOnOrAfter="{session}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>"""


def sign(element: etree._Element, signer: Signer, prefixes: str = "") -> None:
    """An enveloped signature after the issuer; `prefixes` are namespaces that count though only values use them."""
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{prefixes}"/>' if prefixes else ""
    digest = base64.b64encode(hashlib.sha256(canonical(element, prefixes)).digest()).decode()
    held = base64.b64encode(signer.certificate.public_bytes(serialization.Encoding.DER)).decode()
    signature = etree.fromstring(
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{signer.method}"/><ds:Reference URI="#{element.get("ID")}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{DS}enveloped-signature"/>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}">{inclusive}</ds:Transform></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue/>"
        f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{held}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
    element.insert(1, signature)
    signed = signer.sign(canonical(signature.find(f"{{{DS}}}SignedInfo")))
    signature.find(f"{{{DS}}}SignatureValue").text = base64.b64encode(signed).decode()


def canonical(element: etree._Element, prefixes: str = "") -> bytes:
    """As it is hashed: without what stands after it, and without comments."""
    tail, element.tail = element.tail, None
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes.split() or None
        )
    finally:
        element.tail = tail


def walk(server: SamlServer, address: str) -> tuple[str, dict[str, str]]:
    """What the provider has the browser post, and where to: a path and the fields."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == server.issuer
    with server.server.app.test_client() as browser:
        page = browser.get(f"{parts.path}?{parts.query}").text
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return urlsplit(unescape(re.search(r'action="([^"]+)"', page).group(1))).path, fields


def question_of(address: str) -> etree._Element:
    asked = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    return etree.fromstring(zlib.decompress(base64.b64decode(asked), -15))


def _xml(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _id() -> str:
    return "_" + secrets.token_hex(16)
