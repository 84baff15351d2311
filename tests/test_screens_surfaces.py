"""Pickers, board, calendar, related lists, the frame: and the markup that all pages share."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.contacts.models import Company, Contact
from app.features.access_rules import AccessRule
from tests.plugins_for_tests.garage.models import Vehicle

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant()
    house.add(*(Company(name=f"Picker & Sons {n:02}", city="Jeddah") for n in range(30)), tenant=tenant)
    return tenant


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def test_a_picker_answers_as_somebody_types(browser, statements):
    statements.clear()
    found = browser.go("/contacts/contact/pick/company?q=pick son").json
    assert len(found["results"]) == 20
    assert found["more"] is True
    assert found["results"][0]["label"].startswith("Picker & Sons")
    assert found["results"][0]["hint"] == "Jeddah"
    assert len(statements) <= 8, statements.report()
    assert browser.go("/contacts/contact/pick/company?q=nobody").json == {"results": [], "more": False}
    assert len(browser.go("/contacts/contact/pick/company").json["results"]) == 20
    assert browser.go("/contacts/contact/pick/assigned_to?q=own").json["results"][0]["label"].startswith("Owner")


def test_tags_are_offered_by_their_names_to_whoever_may_see_them(browser, house, tenant, statements):
    house.add(Contact(full_name="Tagged", tags=["Vip", "vineyard", "other"]), tenant=tenant)
    statements.clear()
    found = browser.go("/contacts/contact/pick/tags?q=vi").json
    assert len(statements) <= 8, statements.report()
    assert found == {"results": [{"id": one, "label": one, "hint": "1"} for one in ("vineyard", "Vip")], "more": False}
    assert "other" in [one["id"] for one in browser.go("/contacts/contact/pick/tags").json["results"]]
    elsewhere = house.browser("owner", house.new_tenant())
    assert elsewhere.go("/contacts/contact/pick/tags?q=vi").json["results"] == []
    panel = browser.go("/contacts/contact/filters").text
    form = browser.go("/contacts/contact/add").text
    assert re.search(r'<input[^>]*name="v.tags"[^>]*data-tags="[^"]*/contacts/contact/pick/tags"', panel)
    assert re.search(r'<input[^>]*data-tags="[^"]*/contacts/contact/pick/tags"', form)


def test_tags_are_counted_within_the_readers_reach(house):
    tenant = house.new_tenant()
    browser = house.browser("owner", tenant)
    house.add(*(Contact(full_name=f"Far {n}", tags=["far"]) for n in range(3)), tenant=tenant)
    near = house.browser("agent", tenant)
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    hints = [one.go("/contacts/contact/pick/tags?q=far").json["results"][0]["hint"] for one in (browser, near)]
    assert hints == ["3", "0"]


def test_a_list_is_narrowed_by_several_tags_and_widened_by_each(browser, house, tenant):
    names = {"Both": ["red", "green"], "Red": ["red"], "Green": ["green"]}
    house.add(*(Contact(full_name=name, tags=tags) for name, tags in names.items()), tenant=tenant)
    asked = browser.go("/contacts/contact/filters?apply=1&op.tags=has&v.tags=red، green")
    address = asked.headers["Location"]
    assert address.endswith("?tags.has=red&tags.has=green")
    page = browser.get(address)
    shown = [name for name in names if f"<bdi>{name}</bdi></a>" in page.text]
    assert shown == ["Both"]
    assert 'value="red, green"' in browser.go("/contacts/contact/filters?tags.has=red&tags.has=green").text
    removals = re.findall(r'class="chip".*?href="([^"]*)"', page.text, re.DOTALL)
    assert [one.rpartition("?")[2] for one in removals] == ["tags.has=green", "tags.has=red"]


@pytest.mark.parametrize("path", ["full_name", "nothing", "channels/kind", "nothing/else", "channels"])
def test_only_relations_have_pickers(browser, path):
    assert browser.go(f"/contacts/contact/pick/{path}").status_code == 404


def test_a_picker_makes_a_record_on_the_fly(browser, house, tenant):
    made = browser.post(
        f"{browser.prefix}/contacts/company/quick", json={"label": "Made here"}, headers={"X-CSRFToken": browser.csrf()}
    )
    assert made.status_code == 201
    assert made.json["label"] == "Made here"
    for body in ({}, {"label": ""}, {"label": None}, {"label": ["a"]}, [], "x"):
        refused = browser.post(
            f"{browser.prefix}/contacts/company/quick", json=body, headers={"X-CSRFToken": browser.csrf()}
        )
        assert refused.status_code == 422
        assert refused.json["detail"]
    viewer = house.browser("viewer", tenant)
    denied = viewer.post(
        f"{viewer.prefix}/contacts/company/quick", json={"label": "No"}, headers={"X-CSRFToken": viewer.csrf(), **JSON}
    )
    assert denied.status_code == 403


def test_a_reader_without_scripts_finds_related_records(browser):
    page = browser.send("/contacts/contact/add", {"first_name": "Find", "_find.company": "picker sons"})
    assert page.status_code == 422
    options = re.findall(r'<option value="([0-9a-f-]{36})">Picker', page.text)
    assert len(options) == 20
    one = browser.send("/contacts/contact/add", {"first_name": "Find", "_find.company": "picker sons 07"})
    assert "Picker &amp; Sons 07" in browser.get(one.location).text


def test_a_card_moves_and_a_stale_one_does_not(browser):
    page = browser.go("/contacts/company/board")
    card, version = re.search(r'data-card="([0-9a-f-]{36})" data-version="(\d+)"', page.text).groups()

    def move(**body):
        return browser.post(
            f"{browser.prefix}/contacts/company/board/{card}",
            json=body,
            headers={"X-CSRFToken": browser.csrf(), **JSON},
        )

    assert move(value="1-10", version=int(version)).json["version"] == int(version) + 1
    stale = move(value="11-50", version=int(version))
    assert stale.status_code == 409
    assert stale.json["detail"]
    assert move(value="nonsense", version=1).status_code == 422
    assert move(value=["1-10"], version="x").status_code == 422
    page = browser.go("/contacts/company/board?size.is=1-10")
    assert card in page.text.split('data-lane="1-10"')[1].split("data-lane")[0]


def test_the_board_costs_a_fixed_number_of_statements(browser, statements):
    browser.go("/contacts/company/board")
    statements.clear()
    browser.go("/contacts/company/board")
    assert len(statements) <= 8, statements.report()


def test_the_calendar_shows_a_month(browser, house, tenant):
    house.add(Vehicle(plate="Old Timer", registered_on=date(1990, 5, 17)), tenant=tenant)
    page = browser.go("/garage/vehicle/calendar?month=1990-05")
    assert "May 1990" in page.text
    cell = page.text.split('datetime="1990-05-17"')[1].split("</td>")[0]
    assert "Old Timer" in cell
    for month in ("", "x", "1990-13", "9999-12", "0000-01"):
        assert browser.go(f"/garage/vehicle/calendar?month={month}").status_code == 200


def test_the_menu_holds_what_may_be_opened_and_marks_where_one_is(browser, house, tenant):
    page = browser.go("/contacts/company/")
    menu = page.text.split('class="side-menu"')[1].split("</nav>")[0]
    assert f'href="{browser.prefix}/contacts/company/" aria-current="page"' in menu
    assert "Settings" in menu
    assert "/contacts/note/" not in menu
    viewer = house.browser("viewer", tenant).go("/").text
    assert "/console/access_rule/" not in viewer


def test_errors_are_pages_in_words(browser, house, tenant):
    gone = browser.go("/contacts/contact/01234567-89ab-7def-8123-456789abcdef")
    assert gone.status_code == 404
    assert "not yours to see" in gone.text
    assert browser.go("/contacts/nothing/").status_code == 404
    denied = house.browser("viewer", tenant).go("/contacts/contact/add")
    assert denied.status_code == 403
    assert "roles" in denied.text
    wrong = browser.go("/contacts/contact/bulk-delete")
    assert wrong.status_code == 405
    assert wrong.headers["Allow"]
    assert "side-menu" in wrong.text


# --- markup of every page ---------------------------------------------------------------------------------------------

RESOURCES = ("contacts/contact", "contacts/company", "garage/vehicle", "garage/repair", "console/custom_field")
PATHS = (
    "/", *(f"/{resource}/{path}" for resource in RESOURCES for path in ("", "filters", "columns", "add")),
    "/contacts/contact/trash", "/garage/vehicle/calendar", "/contacts/company/board", "/garage/vehicle/board",
    "/garage/repair/board", "/garage/repair/calendar", "/contacts/contact/nothing",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_pages_need_no_inline_code_and_are_labelled(browser, path):
    page = browser.go(path)
    assert page.status_code == (404 if path.endswith("nothing") else 200)
    text = page.text
    assert re.search(r'<html lang="en" dir="ltr"', text)
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", re.sub(r">[^<]*<", "><", text))
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<(script|link)[^>]*(src|href)=\"(https?:)?//", text)
    assert 'class="skip"' in text
    assert len(re.findall(r"<h1\b", text)) + len(re.findall(r'class="card panel"', text)) >= 1
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for control in re.findall(
        r"<(?:input|select|textarea)\b[^>]*>", re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL)
    ):
        if 'type="hidden"' in control:
            continue
        identity = re.search(r'\sid="([^"]+)"', control)
        is_labelled = "aria-label" in control or (identity and f'for="{identity.group(1)}"' in text)
        assert is_labelled or re.search(r"<label[^>]*>\s*(<span[^>]*>[^<]*</span>\s*)?" + re.escape(control), text), (
            control
        )


def test_in_arabic_the_page_runs_from_right_to_left(house, tenant):
    browser = house.browser("manager", tenant)
    changed = browser.post(
        "/language", data={"locale": "ar", "csrf_token": browser.csrf(), "next": f"{browser.prefix}/"}
    )
    assert changed.status_code == 303
    page = browser.go("/contacts/contact/")
    assert '<html lang="ar" dir="rtl"' in page.text
    browser.post("/language", data={"locale": "en", "csrf_token": browser.csrf()})
