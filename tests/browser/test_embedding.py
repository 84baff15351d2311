"""A public form in a frame of another website: shown there alone, as high as it is, with the campaign of the page."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from plugins.crm.models import CaptureField, CaptureForm, CaptureSubmission
from plugins.crm.services.capture import guard
from tests.browser.looking import until


@pytest.fixture
def website():
    """A website of somebody else's; `body` is its page."""

    class Page(BaseHTTPRequestHandler):
        body = ""

        def do_GET(self):
            content = f"<!doctype html><meta charset=utf-8><title>Shop</title>{Page.body}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    Page.at = f"http://127.0.0.1:{server.server_address[1]}"
    yield Page
    server.shutdown()
    server.server_close()


def test_a_form_in_a_frame_of_another_website(chromium, site, house, website, monkeypatch):
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    tenant = house.new_tenant()
    asked = [CaptureField(label=f"Question {n}", name=f"q{n}", kind="text", position=n) for n in range(12)]
    form = CaptureForm(name="Ask us", key="framed1", questions=asked, source="web", allowed_origins=website.at)
    house.add(form, tenant=tenant)
    stem = f"{site}/t/{tenant.slug}/crm/public"
    website.body = (
        f'<iframe src="{stem}/form/framed1?embed=1" data-tenantry-form width="600" height="100"></iframe>'
        f'<script src="{stem}/script/embed.js" async></script>'
    )
    context = chromium.new_context()
    complaints = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{website.at}/?utm_campaign=Spring&gclid=G-7&other=x")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Question 3").fill("Blue")
    inside = frame.locator("html")
    until(page, lambda: inside.evaluate("it => it.scrollHeight <= it.clientHeight && it.clientHeight > 600"))
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_text("Thank you")).to_be_visible()
    with house.inside(tenant) as session:
        row = session.scalars(select(CaptureSubmission)).one()
        assert (row.answers["q3"], row.utm_campaign, row.gclid) == ("Blue", "Spring", "G-7")
        assert row.page == f"{website.at}/"
    assert complaints == []
    page.goto(website.at.replace("127.0.0.1", "localhost"))
    expect(frame.get_by_label("Question 3")).to_have_count(0)
    until(page, lambda: any("frame-ancestors" in words for words in complaints))  # not named, it shows nothing
    context.close()
