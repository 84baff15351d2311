"""Waiting until a page has come to rest: all it asked for is there, and its scripts have done what they had to do.

    page = watched(context.new_page())
    page.goto(address)
    settled(page)

Playwright's own “networkidle” is half a second of silence after each page, and is never asked again for what a page
fetches later on.
"""

from __future__ import annotations

from contextlib import suppress
from weakref import WeakKeyDictionary

from playwright.sync_api import Error, Page, Request

ROUNDS, PAUSE = 3, 30
"""How often in a row nothing may be under way, and the milliseconds between."""
PATIENCE = 20_000
"""Milliseconds until a page that does not come to rest is given up."""
_IDLE = "() => new Promise((done) => requestIdleCallback(() => requestAnimationFrame(() => done())))"
_under_way: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


def watched(page: Page) -> Page:
    """Note from now on what the page asks for; to be called before it asks for anything."""
    asked = _under_way[page] = set()

    def begin(request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            asked.clear()  # what the page before has asked for is nobody's any more
        asked.add(request)

    def end(request: Request) -> None:
        asked.discard(request)

    page.on("request", begin)
    page.on("requestfinished", end)
    page.on("requestfailed", end)
    return page


def settled(page: Page) -> None:
    """Wait until the page has come to rest; fails with what is still under way when it does not."""
    asked, still = _under_way[page], 0
    for _round in range(PATIENCE // PAUSE):
        page.wait_for_load_state()
        with suppress(Error):  # another page has come meanwhile, and the next round asks that
            page.evaluate(_IDLE)
        page.wait_for_timeout(PAUSE)
        still = 0 if asked else still + 1
        if still == ROUNDS:
            return
    raise AssertionError(f"still under way: {[one.url for one in asked]}")
