"""A real browser (Chromium, driven by Playwright) in front of the application of the tests.

Without Chromium on this machine these tests are skipped and say so; CI installs it and sets BROWSER_TESTS=required.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.identity.sessions import COOKIE
from tests.browser.looking import PATIENCE

expect.set_options(timeout=PATIENCE)


def is_fine(said, expects):
    """The console says nothing bad, or only that something has the status it should have (or, in words, the fault)."""
    fault = expects if isinstance(expects, str) else f"status of {expects}"
    return said.type not in ("error", "warning") or (expects is not None and fault in said.text)


@pytest.fixture
def open_browser(chromium, site, house):
    """`open_browser("agent", tenant, width=390)`: a page of somebody signed in. Whatever the console
    complains about, and whatever goes to another host, fails the test; `expects` is a status it may tell of."""
    contexts, complaints = [], []

    def open_(
        role="owner", tenant=None, *, width=1440, dark=False, expects=None, locale="en-GB", scripts=True, at=site
    ):
        tenant = tenant or house.acme
        scheme = "dark" if dark else "light"
        viewport = {"width": width, "height": 900}
        context = chromium.new_context(
            base_url=f"{at}/t/{tenant.slug}/",
            viewport=viewport,
            color_scheme=scheme,
            locale=locale,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if role:
            session = house.browser(role, tenant).get_cookie(COOKIE).value
            context.add_cookies([{"name": COOKIE, "value": session, "url": at}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: None if is_fine(said, expects) else complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(at) else complaints.append(asked.url))
        return page

    yield open_
    found = list(complaints)  # what is asked for while the window closes breaks off, and says so
    for context in contexts:
        context.close()
    assert found == []
