"""The tree under the hands: opened in place by mouse and keyboard, further records, a failure that is said."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.plugins_for_tests.garage.parts import Part

TREE = "garage/part/tree"


def furnish(house, bolts=0):
    tenant = house.new_tenant()
    [car] = house.add(Part(name="Car"), tenant=tenant)
    [engine, _body] = house.add(*(Part(name=name, part_of_id=car) for name in ("Engine", "Body")), tenant=tenant)
    house.add(Part(name="Valve", part_of_id=engine), Part(name="Zebra"), tenant=tenant)
    house.add(*(Part(name=f"Bolt {n:03}", part_of_id=car) for n in range(bolts)), tenant=tenant)
    return tenant


def branch(page, name):
    return page.get_by_role("button", name=re.compile(f"Below “{name}”"))


def titles(page):
    return page.locator(".node-title:visible")


def test_a_branch_opens_in_place_and_closes_again(open_browser, house):
    page = open_browser("owner", furnish(house))
    page.goto(TREE)
    expect(titles(page)).to_have_text(["Car", "Zebra"])
    branch(page, "Car").click()
    expect(titles(page)).to_have_text(["Car", "Body", "Engine", "Zebra"])
    expect(branch(page, "Car")).to_have_attribute("aria-expanded", "true")
    branch(page, "Engine").click()
    expect(titles(page)).to_have_text(["Car", "Body", "Engine", "Valve", "Zebra"])
    branch(page, "Car").click()
    expect(titles(page)).to_have_text(["Car", "Zebra"])
    branch(page, "Car").click()
    expect(titles(page)).to_have_text(["Car", "Body", "Engine", "Valve", "Zebra"])


def test_the_arrows_open_close_and_walk(open_browser, house):
    page = open_browser("owner", furnish(house))
    page.goto(TREE)
    branch(page, "Car").focus()
    page.keyboard.press("ArrowRight")
    expect(titles(page)).to_have_text(["Car", "Body", "Engine", "Zebra"])
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Body")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(branch(page, "Engine")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(branch(page, "Car")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(titles(page)).to_have_text(["Car", "Zebra"])
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Zebra")).to_be_focused()


def test_what_is_sought_is_open_already(open_browser, house):
    page = open_browser("owner", furnish(house))
    page.goto(f"{TREE}?q=valve")
    expect(titles(page)).to_have_text(["Car", "Engine", "Valve"])
    branch(page, "Engine").click()
    expect(titles(page)).to_have_text(["Car", "Engine"])


def test_further_records_are_added_where_they_belong(open_browser, house):
    page = open_browser("owner", furnish(house, bolts=60))
    page.goto(TREE)
    branch(page, "Car").click()
    expect(titles(page)).to_have_count(2 + 50)
    page.locator(".below [data-more] a").click()
    expect(titles(page)).to_have_count(2 + 62)
    expect(page.get_by_role("link", name="Bolt 049")).to_be_focused()
    expect(page.locator(".tree [data-more]")).to_have_count(0)


def test_further_matches_are_added_below_what_is_shown_already(open_browser, house):
    page = open_browser("owner", furnish(house, bolts=60))
    page.goto(f"{TREE}?name.starts=Bolt")
    expect(titles(page)).to_have_count(1 + 50)
    page.locator(".tree [data-more] a").click()
    expect(titles(page)).to_have_count(1 + 60)
    expect(page.get_by_role("link", name="Bolt 050")).to_be_focused()
    expect(page.locator(".tree > .nodes > .node")).to_have_count(1)


def test_a_match_takes_in_what_matches_below_it(open_browser, house):
    """A first page of matches ends between the two."""
    tenant = furnish(house, bolts=49)
    [first] = house.add(Part(name="Bolt"), tenant=tenant)
    house.add(Part(name="Bolt of it", part_of_id=first), tenant=tenant)
    page = open_browser("owner", tenant)
    page.goto(f"{TREE}?name.starts=Bolt")
    expect(page.locator(".tree > .nodes > .node > .node-line > .node-title")).to_have_text(["Bolt", "Car"])
    expect(page.get_by_role("link", name="Bolt of it")).to_have_count(0)
    page.locator(".tree [data-more] a").click()
    expect(page.get_by_role("link", name="Bolt of it")).to_be_focused()
    expect(branch(page, "Bolt")).to_have_attribute("aria-expanded", "true")


def test_a_branch_that_does_not_load_says_so_and_can_be_tried_again(open_browser, house):
    page = open_browser("owner", furnish(house), expects=503)
    page.route(re.compile("/part/tree/"), lambda route: route.fulfill(status=503), times=1)
    page.goto(TREE)
    branch(page, "Car").click()
    expect(page.locator("[data-tree-status]")).to_contain_text("could not be loaded")
    branch(page, "Car").click()
    expect(titles(page)).to_have_text(["Car", "Body", "Engine", "Zebra"])
    expect(page.locator("[data-tree-status]")).to_be_empty()
