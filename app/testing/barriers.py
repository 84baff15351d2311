"""A real browser and axe: barriers on a page for people who do not see it, or not well (WCAG 2.2, A and AA)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""The rules of AA that look at colours."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser(playwright: Playwright) -> str | None:
    """The path of a Chromium on this machine: the system's, or the one that “playwright install chromium” fetched."""
    fetched = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, NAMES)), None) or (fetched if Path(fetched).is_file() else None)


@contextmanager
def opened_browser() -> Iterator[Browser | None]:
    """A Chromium without a window; None where this machine has none."""
    with sync_playwright() as playwright:
        found = find_browser(playwright)
        if found is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def barriers(page: Page, rules: Sequence[str] = (), *, without: Sequence[str] = ()) -> list[str]:
    """The rules that the page breaks, each with the first places; `without` some parts of it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "runOnly": list(rules or AA)}
    asked = f"axe.run({json.dumps({'exclude': [[one] for one in without]})}, {json.dumps(options)})"
    found: list[Any] = page.evaluate(f"{asked}.then((told) => told.violations)")
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
