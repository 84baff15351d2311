"""What is looked for on a page, whatever it shows: barriers, what sticks out, how much was loaded; and its pictures."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import cycle

from app.testing.barriers import OF_COLOUR, barriers

PATIENCE = 20_000
"""Milliseconds until what is waited for does not come: a machine that is busy with other tests is slow."""
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SIZES = (WIDE, NARROW)
_STICKING_OUT = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
      || one.getBoundingClientRect().left < -1).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) : []"""
# What is there and where does not change with the colours, so axe asks all its rules in light only and `_PLACES` is
# compared: all but what is inside drawings, which charts draw anew whenever the window changes.
_PLACES = """async () => {
  await document.fonts.ready;
  return [...document.querySelectorAll("body *:not(svg *)")].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    const isSeen = one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const name = `${one.tagName} ${one.getAttribute("class") ?? ""}`;
    return `${name} ${isSeen && [x, y, width, height].map(Math.round)}`;
  });
}"""
_THEME = """(theme) => { const { dataset } = document.documentElement;
  if (theme) dataset.bsTheme = theme; else delete dataset.bsTheme; }"""


def until(page, is_so, *, seconds=PATIENCE // 1000):
    """Wait for what no locator can say, such as the colours of a drawing; fails when it does not come."""
    for _ in range(seconds * 20):
        if is_so():
            return
        page.wait_for_timeout(50)
    assert is_so()


def held_back(page, asked):
    """The first request whose address matches: it comes into the list given back, and waits there for `continue_()`."""
    held = []

    def hold(route):
        held.append(route)

    page.route(asked, hold, times=1)
    return held


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def hold_over(page, over, is_there):
    """Take what the mouse holds over something, and go on moving there, as a hand does, until the page shows it there:
    Sortable begins and looks a moment later, and again only when the mouse has moved."""
    (x, y), swing = middle(over), cycle((1, -1))
    page.mouse.move(x, y, steps=8)

    def is_seen():
        page.mouse.move(x, y + next(swing))
        return is_there()

    until(page, is_seen)


def drag(page, grip, over, is_there):
    """Drag something by its grip over something else, and let it go when it `is_there()`."""
    over.scroll_into_view_if_needed()
    grip.scroll_into_view_if_needed()
    page.mouse.move(*middle(grip))
    page.mouse.down()
    hold_over(page, over, is_there)
    page.mouse.up()


def problems(page, *, without=()):
    """Everything wrong with the page in light and dark, on a screen and on a phone."""
    found = []
    for size in SIZES:
        page.set_viewport_size(size)
        found += problems_of_size(page, size, without=without)
    return found


def problems_of_size(page, size, *, without=(), covered=False):
    """Everything wrong with the page as wide as it is. Dark is the device's wish on a screen and the person's choice on
    a phone, so both ways to it are gone. What an open menu has `covered` is too small a target as long as it does."""
    wears(page, "light", size)
    found = barriers(page, without=without)
    if covered:
        found = [one for one in found if not one.startswith("target-size")]
    places = page.evaluate(_PLACES)
    sticking = page.evaluate(_STICKING_OUT)
    wears(page, "dark", size)
    found += [f"dark {one}" for one in barriers(page, OF_COLOUR, without=without)]
    moved = [f"{one} is {other}" for one, other in zip(places, page.evaluate(_PLACES), strict=True) if one != other]
    found += [f"dark moves or hides: {one}" for one in moved[:3]]
    return [f"{size['width']} {one}" for one in [*found, *(f"sticks out: {one}" for one in sticking)]]


def wears(page, scheme, size=WIDE):
    """Light or dark: by what the device says on a screen, by what the person chose on a phone."""
    chosen = scheme == "dark" and size == NARROW
    page.emulate_media(color_scheme="light" if chosen else scheme, reduced_motion="reduce")
    page.evaluate(_THEME, "dark" if chosen else "")


@contextmanager
def weighed(page):
    """The bytes that come over the wire while it lasts: `with weighed(page) as loaded: ...; sum(loaded)`."""
    session = page.context.new_cdp_session(page)
    loaded: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    yield loaded
    session.detach()


def pictures(page, stem):
    """The page as it is, in light and dark, on a screen and on a phone: `<stem>-390-dark.png`."""
    for size in SIZES:
        page.set_viewport_size(size)
        pictures_of_size(page, stem, size)


def pictures_of_size(page, stem, size, *, whole=True):
    """The page in light and dark; on a phone the `whole` of it, however long."""
    for scheme in ("light", "dark"):
        wears(page, scheme, size)
        page.screenshot(path=f"{stem}-{size['width']}-{scheme}.png", full_page=whole and size == NARROW)
