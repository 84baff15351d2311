"""What a SAML identity provider posted: read as nothing but what it signed, for this very sign-in, just now.

Only the element that comes out of the verification is looked at, parsed anew from the bytes that were hashed: what else
a response holds, or where an attacker moved the signed part to, is never read. The certificates are the operator's; the
one inside a response proves nothing. Encrypted assertions and SHA-1 are not spoken.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from app.sso.calling import Disappointed

LEEWAY = dt.timedelta(seconds=60)
"""By how much clocks may differ."""
MOST = 400_000
"""Letters of a response; those with hundreds of groups have a tenth of it."""
SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
NS = {"saml": SAML, "samlp": PROTOCOL, "ds": "http://www.w3.org/2000/09/xmldsig#"}
ASSERTION, RESPONSE = f"{{{SAML}}}Assertion", f"{{{PROTOCOL}}}Response"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_CONDITIONS = {f"{{{SAML}}}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}
_HASHES = ("SHA256", "SHA384", "SHA512")
_METHODS = frozenset(
    SignatureMethod[name] for one in _HASHES for name in (f"RSA_{one}", f"ECDSA_{one}", f"{one}_RSA_MGF1")
)
_DIGESTS = frozenset(DigestAlgorithm[one] for one in _HASHES)


class NotSignedIn(Exception):
    """The provider says that nobody signed in; the message is its word, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer must say. `request_id` is that of the question, which nobody else knows."""

    issuer: str
    audience: str
    recipient: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who somebody is, by the provider's word."""

    name_id: str
    name_format: str
    attributes: dict[str, str]
    """The first value of each, by its name."""


def read_response(posted: str, certificates: Sequence[Certificate], expected: Expected) -> Assertion:
    """The assertion of a response. Raises `NotSignedIn`, and `Disappointed` for everything that cannot be believed."""
    xml, response = _parsed(posted)
    _check_envelope(response, expected)
    assertion = _signed_assertion(xml, response, certificates)
    _check(_text(assertion.find("saml:Issuer", NS)) == expected.issuer, "it is another provider's")
    _check(assertion.get("Version") == "2.0", "it is of another version")
    _check_conditions(assertion, expected.audience)
    _check_statement(assertion)
    return _read(assertion, _confirmed_subject(assertion, expected))


def _parsed(posted: str) -> tuple[bytes, etree._Element]:
    """The bytes and their tree. A document type, entities, comments and instructions have no place in a response."""
    _check(0 < len(posted) <= MOST, "it is empty or too long")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        xml = base64.b64decode("".join(posted.split()), validate=True)
        tree = etree.fromstring(xml, parser)
    except (ValueError, etree.XMLSyntaxError) as error:
        raise Disappointed("it is no XML") from error
    _check(not tree.getroottree().docinfo.doctype, "it has a document type")
    odd = tree.xpath("//comment() | //processing-instruction()")
    _check(not odd and not any(True for _one in tree.iter(etree.Entity)), "it has comments or entities")
    return xml, tree


def _check_envelope(response: etree._Element, expected: Expected) -> None:
    """What stands around the assertion; often not signed, so it can only speak against a response, never for it."""
    _check(response.tag == RESPONSE, "it is no response")
    _check(response.get("Destination", expected.recipient) == expected.recipient, "it is for another address")
    _check(response.get("InResponseTo", "") == expected.request_id, "it answers another question, or none")
    issuer = response.find("saml:Issuer", NS)
    _check(issuer is None or _text(issuer) == expected.issuer, "it is another provider's")
    status = response.find("samlp:Status/samlp:StatusCode", NS)
    _check(status is not None, "it has no status")
    if status.get("Value") != SUCCESS:
        raise NotSignedIn(" ".join(one.get("Value", "").rpartition(":")[2] for one in status.iter(status.tag))[:200])


def _signed_assertion(xml: bytes, response: etree._Element, certificates: Sequence[Certificate]) -> etree._Element:
    """The only assertion, out of the bytes that were signed: by itself, or with the whole response."""
    _check(len(response.findall(f".//{ASSERTION}")) == 1, "it has not one assertion in clear text")
    by_itself = response.find(f"./{ASSERTION}/ds:Signature", NS) is not None
    signed = _verified(xml, f"./{ASSERTION}/" if by_itself else "./", certificates)
    _check(signed.tag == (ASSERTION if by_itself else RESPONSE), "something else is signed")
    found = signed if by_itself else signed.find(f"./{ASSERTION}")
    _check(found is not None, "its assertion is not signed")
    return found


def _verified(xml: bytes, location: str, certificates: Sequence[Certificate]) -> etree._Element:
    """What one of the certificates signed, by the signature at this place."""
    failure = "nobody signs there"
    for certificate in certificates:
        # The operator pinned this very key: its dates bind those who trust an authority, and keys outlive them.
        config = SignatureConfiguration(
            location=location, signature_methods=_METHODS, digest_algorithms=_DIGESTS,
            verification_time=certificate.not_valid_before_utc,
        )  # fmt: skip
        try:
            found = XMLVerifier().verify(xml, x509_cert=certificate, id_attribute="ID", expect_config=config)
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError) as error:
            failure = f"its signature does not hold: {' '.join(str(error).split())[:200]}"
        else:
            if isinstance(found, VerifyResult) and found.signed_xml is not None:
                return found.signed_xml
    raise Disappointed(failure)


def _check_conditions(assertion: etree._Element, audience: str) -> None:
    conditions = assertion.findall("saml:Conditions", NS)
    _check(len(conditions) == 1, "it has no conditions")
    _check_time(conditions[0])
    _check({one.tag for one in conditions[0]} <= _CONDITIONS, "it has conditions that we do not know")
    restrictions = conditions[0].findall("saml:AudienceRestriction", NS)
    fits = (audience in map(_text, one.findall("saml:Audience", NS)) for one in restrictions)
    _check(bool(restrictions) and all(fits), "it is for another audience")


def _confirmed_subject(assertion: etree._Element, expected: Expected) -> etree._Element:
    """The subject, which whoever brings it here, now, for this question, may be taken for."""
    subjects = assertion.findall("saml:Subject", NS)
    _check(len(subjects) == 1, "it names nobody")
    for one in subjects[0].findall("saml:SubjectConfirmation", NS):
        data = one.find("saml:SubjectConfirmationData", NS)
        if one.get("Method") == BEARER and data is not None and _confirms(data, expected):
            return subjects[0]
    raise Disappointed("it is for another address, another question, or too late")


def _confirms(data: etree._Element, expected: Expected) -> bool:
    ours = data.get("Recipient") == expected.recipient and data.get("InResponseTo") == expected.request_id
    return ours and "NotOnOrAfter" in data.attrib and _is_now(data)


def _check_statement(assertion: etree._Element) -> None:
    """Somebody did sign in there, in a session that has not ended."""
    statements = assertion.findall("saml:AuthnStatement", NS)
    ends = (one.get("SessionNotOnOrAfter") for one in statements)
    _check(bool(statements), "nobody signed in")
    late = dt.datetime.now(dt.UTC) - LEEWAY
    _check(all(end is None or late < _moment(end) for end in ends), "the session there has ended")


def _read(assertion: etree._Element, subject: etree._Element) -> Assertion:
    name_id = subject.find("saml:NameID", NS)
    name_format = "" if name_id is None else name_id.get("Format", "").rpartition(":")[2]
    return Assertion(_text(name_id), name_format, dict(reversed(list(_attributes(assertion)))))


def _attributes(assertion: etree._Element) -> Iterator[tuple[str, str]]:
    for one in assertion.iterfind("saml:AttributeStatement/saml:Attribute", NS):
        value = _text(one.find("saml:AttributeValue", NS))
        if value:
            yield one.get("Name", ""), value


def _check_time(element: etree._Element) -> None:
    _check(_is_now(element), "it is too old, or from a time to come")


def _is_now(element: etree._Element) -> bool:
    """Whether now lies between NotBefore and NotOnOrAfter, where they are said."""
    now, begins, ends = dt.datetime.now(dt.UTC), element.get("NotBefore"), element.get("NotOnOrAfter")
    return (begins is None or _moment(begins) <= now + LEEWAY) and (ends is None or now - LEEWAY < _moment(ends))


def _moment(text: str) -> dt.datetime:
    """A moment of XML, in UTC where it says nothing else."""
    try:
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or dt.UTC)
    except ValueError as error:
        raise Disappointed(f"it has a time that is none: {text[:40]}") from error


def _text(element: etree._Element | None) -> str:
    """All of its text: the first piece alone would end at whatever stands inside."""
    return "" if element is None else "".join(element.itertext()).strip()


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Disappointed(otherwise)
