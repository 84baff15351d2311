"""Forms on other websites: those that are named may show them and send to them."""

from __future__ import annotations

import re

from sqlalchemy import select

from plugins.crm.models import CaptureSubmission, Lead
from plugins.crm.services.capture import guard
from plugins.crm.tests.capture.questions import NORA

SHOP = "https://shop.example"


def policy(answer):
    return answer.headers["Content-Security-Policy"]


def test_only_the_named_websites_show_a_form(make_form, visitor):
    closed, _id = make_form()
    assert "frame-ancestors 'none'" in policy(visitor.page(closed))
    key, _id = make_form(allowed_origins=f"{SHOP}\nhttps://www.shop.example")
    page = visitor.page(key, query_string={"embed": "1"})
    assert f"frame-ancestors {SHOP} https://www.shop.example;" in policy(page)
    assert 'class="brand-line"' not in page.text, "without our head"
    assert 'class="brand-line"' in visitor.page(key).text
    (script,) = re.findall(r'<script src="[^"]*(/t/[^"]*/script/frame\.js)"', page.text)
    assert "postMessage" in visitor.get(script).text
    assert visitor.get(script.replace("frame", "embed")).headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert visitor.get(script.replace("frame", "other")).status_code == 404


def test_a_form_of_the_websites_own_sends_without_a_second_look(make_form, visitor, work, look, monkeypatch):
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 2)
    key, _id = make_form(allowed_origins=SHOP)
    for _click in range(2):
        sent = visitor.send(key, token="", origin=SHOP, **NORA)
        assert sent.status_code == 200
        assert "Thank you" in sent.text
    assert work() == [("done", None)]
    assert look(select(CaptureSubmission.via)) == [("endpoint",)]
    wrong = visitor.send(key, token="", origin=SHOP, name="Nora", email="nobody")
    assert wrong.status_code == 422
    assert 'value="Nora"' in wrong.text, "what was typed is there to be put right"
    for stranger in ("https://evil.example", "https://shop.example.evil.example", "null"):
        assert visitor.send(key, token="", origin=stranger, **{**NORA, "message": stranger}).status_code == 422
    assert visitor.send(key, token="", **{**NORA, "message": "no origin"}).status_code == 422
    assert len(look(select(Lead.id))) == 1


def test_the_forms_page_offers_what_to_copy(house, tenant, make_form):
    key, form_id = make_form()
    browser = house.browser("owner", tenant)
    path = f"/crm/capture_form/{form_id}/related/crm__embedding"
    shown = browser.go(path).text
    assert "Name the website" in shown
    assert re.search(rf'<a href="http[^"]*/crm/public/form/{key}"', shown), "the page of the form is one click away"
    made = house.api("owner", tenant).patch(f"/crm/capture_form/{form_id}", {"allowed_origins": SHOP})
    assert made.status_code == 200
    shown = browser.go(path).text
    assert f"/crm/public/form/{key}?embed=1" in shown
    assert "&lt;iframe src=" in shown
    assert "&lt;form method=" in shown
    assert "name=&#34;message&#34;" in shown
