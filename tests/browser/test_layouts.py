"""Layouts and form rules under the hands: arranged by mouse and keyboard, and rules that act while somebody types."""

from __future__ import annotations

from playwright.sync_api import expect

from app.host.form_rules import FormRule
from tests.browser.looking import drag
from tests.plugins_for_tests.garage.models import Vehicle

KIND = "garage.vehicle"
EDITOR = f"console/layouts/{KIND}/agent"
SOLD = [[{"field": "state", "operator": "is", "values": ["sold"]}]]


def rule(house, tenant, then, when=SOLD, name="Rule"):
    row = FormRule(name=name, resource=KIND, is_active=True, position=1, conditions=when, effects=then)
    house.add(row, tenant=tenant)


def fields(page):
    return page.locator("[data-sections] [data-fields]").first.locator("li:not([hidden]) .layout-name bdi")


def test_fields_are_moved_by_keyboard_and_by_mouse_and_stay_so(open_browser, house):
    tenant = house.new_tenant()
    page = open_browser("owner", tenant)
    page.goto(EDITOR)
    before = fields(page).all_inner_texts()
    page.get_by_role("button", name=f"Move down: {before[0]}", exact=True).press("Enter")
    expect(fields(page).nth(1)).to_have_text(before[0])
    expect(page.get_by_role("button", name=f"Move down: {before[0]}", exact=True)).to_be_focused()
    page.locator("[data-fields] li").nth(3).locator("select").first.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(fields(page).nth(2)).to_have_text(before[3])
    lines, fifth = page.locator("[data-fields] li"), fields(page).nth(4)
    drag(page, lines.locator(".grip").nth(4), lines.first, lambda: fifth.inner_text() != before[4])
    wanted = fields(page).all_inner_texts()
    page.locator("button[value=look][data-save]").click()
    expect(page.get_by_role("heading", name="The form", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    page.goto(EDITOR)
    assert fields(page).all_inner_texts() == wanted


def test_the_editor_is_arranged_without_scripts_on_a_phone_too(open_browser, house):
    tenant = house.new_tenant()
    page = open_browser("owner", tenant, scripts=False, width=390)
    page.goto(EDITOR)
    before = fields(page).all_inner_texts()
    page.get_by_role("button", name=f"Move down: {before[0]}", exact=True).click()
    expect(fields(page).nth(1)).to_have_text(before[0])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_rules_act_while_somebody_types_and_the_server_agrees(open_browser, house):
    tenant = house.new_tenant()
    rule(house, tenant, [{"do": "require", "field": "price"}, {"do": "hide", "field": "odometer"}], name="Sold")
    rule(house, tenant, [{"do": "narrow", "field": "fuel", "values": ["electric"]}], name="Clean")
    rule(house, tenant, [{"do": "default", "field": "vin", "values": ["UNKNOWN"]}], name="Vin")
    big = [[{"field": "balance", "operator": "at_least", "values": ["1000"]}]]
    rule(house, tenant, [{"do": "readonly", "field": "hotline"}], when=big, name="Keep")
    page = open_browser("owner", tenant, expects=422)
    page.goto("garage/vehicle/add")
    price = page.locator(".field", has=page.locator("#f-price"))
    expect(page.locator("#f-odometer")).to_be_visible()
    expect(price.locator(".required")).to_have_count(0)
    page.locator("#f-state").select_option("sold")
    expect(page.locator("#f-odometer")).to_be_hidden()
    expect(price.locator(".required")).to_have_count(1)
    expect(page.locator("#f-vin")).to_have_value("UNKNOWN")
    expect(page.locator("#f-fuel option:not([disabled])")).to_have_count(2)
    page.locator("#f-balance").fill("1,000")
    expect(page.locator("#f-hotline")).to_have_attribute("readonly", "")
    page.locator("#f-balance").fill("12")
    expect(page.locator("#f-hotline")).not_to_have_attribute("readonly", "")
    page.locator("#f-plate").fill("LIVE 1")
    page.locator("[data-save]").click()
    expect(page.locator(".summary")).to_contain_text("the rule “Sold” asks for it")
    expect(page.locator("#f-odometer")).to_be_hidden()
    page.locator("#f-price").fill("5")
    page.locator("[data-save]").click()
    expect(page.get_by_role("heading", name="LIVE 1")).to_be_visible()
    page.goto("garage/vehicle/add")
    expect(page.locator("#f-vin")).to_have_value("")


def test_what_somebody_made_of_a_filling_stays(open_browser, house):
    tenant = house.new_tenant()
    rule(house, tenant, [{"do": "default", "field": "vin", "values": ["UNKNOWN"]}])
    page = open_browser("owner", tenant)
    page.goto("garage/vehicle/add")
    page.locator("#f-plate").fill("LIVE 2")
    page.locator("#f-state").select_option("sold")
    page.locator("#f-vin").fill("")
    page.locator("[data-save]").click()
    expect(page.get_by_role("heading", name="LIVE 2")).to_be_visible()
    with house.inside(tenant) as session:
        assert session.query(Vehicle).one().vin is None


def test_a_rule_is_made_with_controls_that_fit(open_browser, house):
    tenant = house.new_tenant()
    page = open_browser("owner", tenant)
    page.goto(f"console/form-rules/new?kind={KIND}")
    page.get_by_label("Name").fill("Made by hand")
    choose(page, "w.0.0.field", "state")
    page.get_by_role("checkbox", name="Sold").check()
    choose(page, "e.0.field", "price")
    expect(page.get_by_role("checkbox", name="Sold")).to_be_checked()
    page.locator("button[value=save][data-save]").click()
    expect(page.get_by_role("heading", name="Made by hand")).to_be_visible()
    expect(page.locator(".rule-words").first).to_contain_text("State is any of Sold")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("The rule is on.")).to_be_visible()


def choose(page, name, value):
    """In a list that may have become one to search in."""
    page.locator(f'[name="{name}"]').evaluate(
        """(select, value) => {
          if (select.tomselect) return select.tomselect.setValue(value);
          select.value = value;
          select.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        value,
    )
    page.wait_for_load_state("networkidle")
