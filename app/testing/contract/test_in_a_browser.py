"""No barrier on the pages of a plugin: axe looks at them in a real browser, in English and Arabic, light and dark.

Where there is no browser this is not looked at, and that is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.host import Entry
from app.identity.sessions import COOKIE
from app.testing.barriers import OF_COLOUR, barriers
from app.testing.contract.test_own_pages import READERS, OwnPages
from app.testing.house import House
from app.testing.samples import Samples
from app.testing.subject import Subject


class Looks:
    """A window of the owner of a tenant in one language."""

    def __init__(self, page: Any, prefix: str) -> None:
        self.page, self.prefix = page, prefix

    def barriers(self, path: str) -> list[str]:
        """What keeps somebody out of the page, in light and dark."""
        self.page.emulate_media(color_scheme="light")
        self.page.goto(self.prefix + path)
        self.page.wait_for_load_state("networkidle")
        found = barriers(self.page)
        self.page.emulate_media(color_scheme="dark")
        return found + [f"dark {one}" for one in barriers(self.page, OF_COLOUR)]


@contextmanager
def window(chromium: Any, site: str, house: House, tenant: Any) -> Iterator[Looks]:
    """Closed when it is left: an open page asks for its bell once a minute, whatever is being tested then."""
    session = house.browser("owner", tenant).get_cookie(COOKIE)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": COOKIE, "value": session.value if session else "", "url": site}])
    try:
        yield Looks(context.new_page(), f"{site}/t/{tenant.slug}")
    finally:
        context.close()


@pytest.mark.parametrize("locale", READERS)
def test_its_own_pages_keep_nobody_out(
    chromium: Any, site: str, house: House, samples: Samples, subject: Subject, locale: str
) -> None:
    pages = OwnPages(house, samples, subject, locale)
    with window(chromium, site, house, pages.tenant) as looks:
        found = {path: looks.barriers(path) for path, _ask in pages.opened(lambda *_words: None)}
    assert not any(found.values()), {path: told for path, told in found.items() if told}


def test_lists_records_and_forms_keep_nobody_out(
    chromium: Any, site: str, house: House, samples: Samples, subject: Subject
) -> None:
    """Of one plugin. Of everything that is installed the tests of pages look at every kind there is."""
    if subject.is_whole:
        return
    entries = [entry for entry in subject.entries if entry.plugin.name == subject.plugin]
    if not entries:
        pytest.skip("it has no records")
    tenant = house.new_tenant(locale="ar")
    with window(chromium, site, house, tenant) as looks:
        found = {path: looks.barriers(path) for entry in entries for path in _paths(house, samples, tenant, entry)}
    assert not any(found.values()), {path: told for path, told in found.items() if told}


def _paths(house: House, samples: Samples, tenant: Any, entry: Entry) -> list[str]:
    with house.inside(tenant, house.people[tenant.slug, "owner"].uid) as session:
        some = str(samples.record(session, entry.model).id)
        session.commit()
    forms = {"create": f"{entry.path}/add", "update": f"{entry.path}/{some}/edit"}
    form = next((path for verb, path in forms.items() if verb in entry.verbs), None)
    return [f"{entry.path}/", f"{entry.path}/{some}", *filter(None, [form])]
