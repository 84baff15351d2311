"""What is looked for on a page, whatever it shows: barriers, what sticks out, how much was loaded."""

from __future__ import annotations

from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe

AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
_STICKING_OUT = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
      || one.getBoundingClientRect().left < -1).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) : []"""


def barriers(page, rules=None):
    """The rules of WCAG 2.2 A and AA that the page breaks, each with the first places."""
    options = {"resultTypes": ["violations"], "runOnly": rules or AA}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]


def problems(page):
    """Everything wrong with the page in light and dark, on a screen and on a phone."""
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # What changes with the colours is the contrast; the rest needs no second look.
            broken = barriers(page, None if scheme == "light" else ["color-contrast"])
            found += [f"{size['width']} {scheme} {one}" for one in broken]
        found += [f"{size['width']} sticks out: {one}" for one in page.evaluate(_STICKING_OUT)]
    return found


@contextmanager
def weighed(page):
    """The bytes that come over the wire while it lasts: `with weighed(page) as loaded: ...; sum(loaded)`."""
    session = page.context.new_cdp_session(page)
    loaded: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    yield loaded
    session.detach()


def picture(page, path):
    """The page as it is, in light and dark, on a screen and on a phone."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=f"{path}-{size['width']}-{scheme}.png", full_page=size is NARROW)
