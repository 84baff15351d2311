"""A form that was typed while the session ended is not lost."""

from __future__ import annotations

import html
import re

import pytest

from app.identity.resend import unpacked
from tests.test_identity_lab import PASSWORD, Lab, csrf

pytest_plugins = ["tests.test_identity_lab"]

PATH = "/t/idacme/probe/thing?step=2"
OURS = {"Origin": "http://localhost"}
TYPED = {"name": 'O\'Neil <b>"x"</b>', "note": "two\r\nlines", "csrf_token": "of the old session"}


def hidden(page):
    return {
        html.unescape(k): html.unescape(v) for k, v in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
    }


def test_what_was_typed_comes_back_after_signing_in_and_can_be_sent(lab: Lab):
    account = lab.person()
    client = lab.browser()
    first = client.post(PATH, data=TYPED, headers=OURS)
    assert first.status_code == 401
    fields = hidden(first.text)
    wrong = client.post("/login/", data={**fields, "username": account.email, "password": "not it"})
    assert wrong.status_code == 401
    assert hidden(wrong.text)["typed"] == fields["typed"], "a mistyped password does not lose it either"
    second = client.post("/login/", data={**hidden(wrong.text), "username": account.email, "password": PASSWORD})
    assert second.status_code == 200
    again = hidden(second.text)
    assert again["name"] == TYPED["name"]
    assert again["note"] == TYPED["note"]
    assert f'action="{PATH}"' in second.text
    assert client.post(PATH, data=again, headers=OURS).status_code == 200


def test_a_stale_csrf_token_offers_the_form_again(lab: Lab):
    client = lab.browser(lab.person())
    answer = client.post(PATH, data=TYPED, headers=OURS)
    assert answer.status_code == 400
    fields = hidden(answer.text)
    assert fields["name"] == TYPED["name"]
    assert client.post(PATH, data=fields, headers=OURS).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", **OURS},
        {"Referer": "http://localhost.evil.example/"},
        {"Referer": "http://[bad"},
    ],
)
def test_a_form_of_another_site_is_not_carried(lab: Lab, headers):
    assert lab.browser().post(PATH, data=TYPED, headers=headers).status_code == 303
    answer = lab.browser(lab.person()).post(PATH, data=TYPED, headers=headers)
    assert answer.status_code == 400
    assert "O&#39;Neil" not in answer.text


def test_passwords_are_not_carried(lab: Lab):
    answer = lab.browser().post(
        "/profile/password", data={"current": "old one", "password": "new one", "x": "y"}, headers=OURS
    )
    assert "old one" not in answer.text
    assert "new one" not in answer.text


def test_a_huge_form_is_not_carried(lab: Lab):
    assert lab.browser().post(PATH, data={"a": "x" * 500_000}, headers=OURS).status_code == 303


@pytest.mark.parametrize(
    "packed",
    [
        None,
        "",
        "null",
        "1",
        "[]",
        "{}",
        '["//evil.example", [["a", "b"]], false]',
        '["/x", 5, false]',
        "[5, [], false]",
        '["/x", [["a"]], false]',
        "[" * 2000,
        '["javascript:alert(1)", [], false]',
    ],
)
def test_a_made_up_field_leads_nowhere(lab: Lab, packed):
    assert unpacked(packed) is None
    account = lab.person()
    client = lab.browser()
    data = {"username": account.email, "password": PASSWORD, "csrf_token": csrf(client), "typed": packed or ""}
    assert client.post("/login/", data=data).location == "/"
