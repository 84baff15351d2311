"""Whatever is done to a signed response, it says what was signed or nothing: elements moved, doubled, cut, renamed."""

from __future__ import annotations

import base64
import copy
import random

import pytest
from lxml import etree

from app.sso.calling import Disappointed
from app.sso.saml_response import Assertion, Expected, NotSignedIn, read_response
from tests.saml_house import ENTITY, SAML, SamlServer

EXPECTED = Expected(issuer=ENTITY, audience="us", recipient="http://us/acs", request_id="_1")
QUESTION = etree.fromstring(
    f'<q ID="_1" AssertionConsumerServiceURL="http://us/acs"><Issuer xmlns="{SAML}">us</Issuer></q>'
)


@pytest.fixture(scope="module")
def server():
    running = SamlServer()
    yield running
    running.stop()


def operate(response: etree._Element, chance: random.Random) -> None:
    """One cut, somewhere."""
    every = list(response.iter())
    one, other = chance.choice(every[1:]), chance.choice(every)
    how = chance.randrange(7)
    if how == 0 and one not in other.iterancestors() and one is not other:
        other.insert(chance.randrange(len(other) + 1), one)
    elif how == 1:
        other.insert(chance.randrange(len(other) + 1), copy.deepcopy(one))
    elif how == 2 and one.getparent() is not None:
        one.getparent().remove(one)
    elif how == 3:
        one.text = chance.choice([None, "", "admin", other.text])
    elif how == 4:
        one.set(
            chance.choice(["ID", "Id", "Format", "Recipient", "URI", "Algorithm"]), chance.choice(["", "_1", "#_1"])
        )
    elif how == 5 and other.attrib:
        one.set(*chance.choice(list(other.attrib.items())))
    else:
        one.tag = other.tag


def said(xml: bytes, server: SamlServer) -> Assertion | None:
    try:
        return read_response(base64.b64encode(xml).decode(), [server.pinned.certificate], EXPECTED)
    except (Disappointed, NotSignedIn):
        return None


@pytest.mark.parametrize("signs", [("Assertion",), ("Response",), ("Assertion", "Response")], ids=str)
def test_what_was_signed_or_nothing(server, signs):
    server.person, server.signs = {"name_id": "nora", "attributes": {"mail": "nora@x.example"}}, signs
    good = server.answer(QUESTION)
    right, chance = said(good, server), random.Random(26)
    assert right == Assertion("nora", "persistent", {"mail": "nora@x.example"})
    answers = []
    for _number in range(600):
        response = etree.fromstring(good)
        for _cut in range(chance.randint(1, 3)):
            operate(response, chance)
        answers.append(said(etree.tostring(response), server))
    assert all(one in (None, right) for one in answers), answers
    assert 0 < answers.count(right) < 300, answers.count(right)
