"""Every kind of page there is, in English and Arabic, light and dark, on a screen and on a phone: no barrier (axe,
WCAG 2.2 A and AA), nothing sticks out, nothing in the console, nothing from elsewhere, and not too much of it.

`PICTURES=folder pytest -n 0 tests/browser/test_page_kinds.py` writes a picture of each.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from app.sdk import Company, Contact, utcnow
from plugins.crm.models import Task
from plugins.crm.tests.agenda import member_of, new_lead
from tests.browser.looking import picture, problems, weighed

KINDS = {
    "start": "",
    "list": "contacts/contact/",
    "list-filtered": "contacts/contact/?full_name.contains=a",
    "list-nothing-found": "contacts/contact/?q=zzzz",
    "list-empty": "garage/vehicle/",
    "filters": "contacts/contact/filters",
    "columns": "contacts/contact/columns",
    "save-view": "contacts/contact/views/new",
    "detail": "contacts/contact/{contact}",
    "history": "contacts/contact/{contact}/history",
    "delete": "contacts/contact/{contact}/delete",
    "form": "contacts/contact/add",
    "form-of-everything": "garage/vehicle/add",
    "form-with-rows": "garage/repair/add",
    "trash": "contacts/contact/trash",
    "report": "contacts/contact/report?by=source",
    "reports": "reports/all/",
    "board": "crm/lead/board",
    "calendar": "crm/lead/calendar",
    "lead": "crm/lead/{lead}",
    "today": "crm/today/",
    "week": "crm/calendar/",
    "arrange": "reports/cards/",
    "import": "transfer/imports/new?resource=contacts.contact",
    "imports": "transfer/import/",
    "exports": "transfer/export/",
    "duplicates": "merging/duplicates",
    "plugins": "console/plugins/",
    "plugin": "console/plugins/crm",
    "docs": "console/docs/",
    "why-not": "console/why/",
    "members": "console/member/",
    "access-rules": "console/access_rule/",
    "audit": "console/audit_entry/",
    "jobs": "console/job/",
    "notifications": "messaging/notifications",
    "search": "search?q=nora",
    "event-types": "events/types/",
    "profile": "profile/",
    "not-found": "contacts/contact/nowhere",
}
EXPECTED = {"not-found": 404}
OPERATOR = ("users/list/", "roles/list/", "operator/plugins", "operator/jobs/", "operator/quarantine", "tenants/")


@pytest.fixture(scope="module", params=["en", "ar"])
def furnished(request, house):
    """A tenant with something of each kind in it, and the ids that addresses name."""
    tenant = house.new_tenant(locale=request.param)
    names = [("Nora", "Haddad"), ("سامر", "الشمري"), *((f"Zenobia{number:02}", "Quill") for number in range(30))]
    people = [
        Contact(first_name=first, last_name=last, full_name=f"{first} {last}", source="web") for first, last in names
    ]
    contacts = house.add(*people, Company(name="شركة الأصالة"), tenant=tenant)
    me = member_of(house, tenant, "owner")
    leads = [
        new_lead(house, tenant, me, title=f"Order {n}", next_follow_up_at=utcnow() - timedelta(hours=n)) for n in (1, 2)
    ]
    house.add(Task(title="Call back", state="open", due_at=utcnow(), assignee_id=me), tenant=tenant)
    return request.param, tenant, {"contact": contacts[0], "lead": leads[0]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_keeps_nobody_out(kind, furnished, open_browser):
    locale, tenant, ids = furnished
    page = open_browser("owner", tenant, expects=EXPECTED.get(kind))
    answer = page.goto(KINDS[kind].format(**ids))
    assert answer.status == EXPECTED.get(kind, 200)
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
    assert page.locator("h1").count() >= 1
    if folder := os.environ.get("PICTURES"):
        picture(page, Path(folder) / f"{kind}-{locale}")
    assert problems(page) == []


@pytest.fixture(scope="module")
def operator(house):
    return house.new_person(None, house.acme, operator=True)


@pytest.mark.parametrize("path", OPERATOR)
def test_a_page_of_the_platform_keeps_nobody_out(path, operator, open_browser, site):
    page = open_browser(operator)
    assert page.goto(f"{site}/{path}").status == 200
    assert problems(page) == []


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_the_door_keeps_nobody_out(locale, open_browser, site):
    page = open_browser(None, locale=locale)
    assert page.goto(f"{site}/login/").status == 200
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
    assert problems(page) == []


@pytest.mark.parametrize(("path", "kilobytes"), [("contacts/contact/", 250), ("", 450), ("crm/lead/board", 250)])
def test_a_page_is_light_when_it_is_opened_first(path, kilobytes, furnished, open_browser):
    _locale, tenant, _ids = furnished
    page = open_browser("owner", tenant)
    with weighed(page) as loaded:
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert 20_000 < sum(loaded) < kilobytes * 1000, f"{sum(loaded) / 1000:.0f} KB"


def test_a_second_page_loads_no_file_again(furnished, open_browser):
    _locale, tenant, _ids = furnished
    page = open_browser("owner", tenant)
    for path in ("contacts/contact/", "contacts/company/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    with weighed(page) as loaded:
        page.goto("contacts/contact/")
        page.wait_for_load_state("networkidle")
    assert 0 < sum(loaded) < 20_000, f"{sum(loaded) / 1000:.0f} KB"
