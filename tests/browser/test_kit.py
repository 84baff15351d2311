"""What the kit brings, by hand: pickers and tags (Tom Select), cards and lines that are dragged (Sortable), charts
(ECharts). In English and Arabic, with mouse, finger and keyboard.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.contacts.models import Company, Contact
from app.reports.models import StartPage
from app.sdk import Money
from app.testing.barriers import barriers
from plugins.crm.models import CaptureField, CaptureForm, Lead
from plugins.crm.tests.agenda import member_of, new_lead
from tests.browser.looking import drag, held_back, hold_over, middle, until, weighed


@pytest.fixture(params=["en", "ar"])
def tenant(request, house):
    return house.new_tenant(locale=request.param)


def seen(page, name):
    """A picture for whoever looks: `PICTURES=/tmp/kit pytest tests/browser/test_kit.py`."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}-{page.locator('html').get_attribute('dir')}.png")


def value_of(page, name):
    return page.locator(f"[name='{name}']").first.evaluate("(one) => one.value")


# Pickers -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def companies(house, tenant):
    names = ("Alpha Motors", "Beta Motors", "شركة الأصالة", *(f"Zeta {number:02}" for number in range(25)))
    made = house.add(*(Company(name=name) for name in names), tenant=tenant)
    return dict(zip(names, map(str, made), strict=True))


def test_a_relation_that_is_required_stands_where_the_others_do(open_browser):
    page = open_browser()
    page.goto("garage/repair/add")
    places = [page.locator(one).bounding_box() for one in (".field:has(#f-vehicle) label", ".ts-control")]
    assert places[0]["x"] == places[1]["x"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_relation_is_searched_chosen_cleared_and_saved(open_browser, house, tenant, companies, width):
    page = open_browser("owner", tenant, width=width, dark=width == 390)
    page.goto("contacts/contact/add")
    page.locator("#f-first_name").fill("Omar")
    box = page.locator("#f-company")
    expect(box).to_have_attribute("role", "combobox")
    box.click()
    options = page.get_by_role("option")
    expect(options).to_have_count(20)
    seen(page, f"picker-{width}")
    assert barriers(page) == []
    box.press_sequentially("motors")
    expect(options.filter(has_text="Beta Motors")).to_have_count(1)
    expect(options.filter(has_text="Zeta")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_accessible_description("Beta Motors")
    assert value_of(page, "company") == companies["Beta Motors"]
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    assert value_of(page, "company") == companies["Beta Motors"]
    wrapper = page.locator(".ts-wrapper", has=box)
    wrapper.locator("button").click()
    assert value_of(page, "company") == ""
    box.press_sequentially("الأصالة")
    page.get_by_role("option", name="شركة الأصالة").click()
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/contacts/contact/[0-9a-f-]{36}"))
    with house.inside(tenant) as session:
        contact = session.scalars(select(Contact).where(Contact.first_name == "Omar")).one()
        assert str(contact.company_id) == companies["شركة الأصالة"]


def test_nothing_of_an_earlier_search_can_be_chosen_by_a_quick_hand(open_browser, tenant, companies):
    page = open_browser("owner", tenant)
    page.route(re.compile(r"/pick/company\?.*q=z"), lambda route: None)  # an answer that does not come
    page.goto("contacts/contact/add")
    box = page.locator("#f-company")
    box.click()
    expect(page.get_by_role("option")).to_have_count(20)
    box.press_sequentially("zeta")
    page.keyboard.press("Enter")
    assert value_of(page, "company") == ""
    expect(page).to_have_url(re.compile("/add$"))


def test_a_record_is_made_by_its_name_and_chosen(open_browser, house, tenant):
    page = open_browser("owner", tenant)
    page.goto("contacts/contact/add")
    box = page.locator("#f-company")
    box.press_sequentially("Brand New Works")
    made = page.locator(".create")
    expect(made).to_contain_text("Brand New Works")
    assert barriers(page) == []
    made.click()
    expect(box).to_have_accessible_description("Brand New Works")
    with house.inside(tenant) as session:
        company = session.scalars(select(Company).where(Company.name == "Brand New Works")).one()
        assert value_of(page, "company") == str(company.id)


def test_a_picker_that_cannot_be_answered_says_so_and_works_again(open_browser, tenant, companies):
    page = open_browser("owner", tenant, expects=500)
    page.route("**/pick/company?*", lambda route: route.fulfill(status=500))
    page.goto("contacts/contact/add")
    page.locator("#f-company").click()
    note = page.locator(".ts-wrapper", has=page.locator("#f-company")).get_by_role("status")
    expect(note).to_have_text(page.locator("#words").get_attribute("data-failed"))
    page.unroute("**/pick/company?*")
    page.locator("#f-company").press_sequentially("alpha")
    expect(page.get_by_role("option", name="Alpha Motors")).to_be_visible()


def test_tags_are_offered_and_new_ones_are_typed(open_browser, house, tenant):
    house.add(Contact(full_name="Tagged", tags=["VIP", "Partner"]), tenant=tenant)
    page = open_browser("owner", tenant)
    page.goto("contacts/contact/add")
    page.locator("#f-first_name").fill("Lina")
    box = page.locator("#f-tags")
    box.press_sequentially("vi")
    expect(page.get_by_role("option", name="VIP")).to_be_visible()
    page.get_by_role("option", name="VIP").click()
    box.press_sequentially("brand new,")
    box.press_sequentially("half typed")
    page.keyboard.press("Tab")
    seen(page, "tags")
    assert barriers(page) == []
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/contacts/contact/[0-9a-f-]{36}"))
    with house.inside(tenant) as session:
        contact = session.scalars(select(Contact).where(Contact.first_name == "Lina")).one()
        assert contact.tags == ["VIP", "brand new", "half typed"]
    page.goto(f"{page.url.partition('?')[0]}/edit")
    page.locator(".ts-wrapper", has=page.locator("#f-tags")).get_by_text("brand new").locator("..").get_by_role(
        "button"
    ).click()
    assert value_of(page, "tags") == "VIP,half typed"


def test_a_long_choice_is_searched_in_where_it_stands(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto("contacts/contact/report?by=source")
    box = page.get_by_role("combobox").nth(1)
    expect(box).to_have_id("report-by")
    last = page.locator("select[name=by] option").last.text_content()
    box.press_sequentially(last)
    page.get_by_role("option", name=last, exact=True).click()
    chosen = value_of(page, "by")
    assert chosen != "source"
    page.locator(".report-form button.primary").click()
    expect(page).to_have_url(re.compile(f"by={re.escape(chosen)}(&|$)"))


def test_without_scripts_a_picker_is_a_plain_control(open_browser, tenant, companies):
    page = open_browser("owner", tenant, scripts=False)
    page.goto("contacts/contact/add")
    expect(page.locator("select[name=company]")).to_be_visible()
    expect(page.locator("input[name=tags]")).to_be_visible()


# Cards and lines that are dragged -------------------------------------------------------------------------------------


@pytest.fixture
def board(house, tenant, open_browser):
    """`board(**how)`: a page with a board, and a lead on it."""
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"), title="Carried", value=Money(100_00, "USD"))

    def open_(**how):
        page = open_browser("owner", tenant, **how)
        page.goto("crm/lead/board")
        expect(page.locator(f"[data-card='{lead}']")).to_be_visible()
        return page, lead

    return open_


def lane_of(page, lead):
    return page.locator(".lane", has=page.locator(f"[data-card='{lead}']")).get_attribute("data-lane")


def carry(page, lead, lane):
    """Take the card by the mouse and hold it over a lane."""
    page.mouse.move(*middle(page.locator(f"[data-card='{lead}']")))
    page.mouse.down()
    hold_over_lane(page, lane)


def hold_over_lane(page, number):
    lane = page.locator(".lane").nth(number)
    hold_over(page, lane.locator("ul"), lambda: lane.locator(".moving").count() == 1)


def test_a_card_is_carried_to_another_lane_by_mouse(board, house, tenant):
    page, lead = board()
    before = lane_of(page, lead)
    carry(page, lead, 1)
    expect(page.locator(".board-card.ghost")).to_be_visible()
    seen(page, "board-carried")
    with page.expect_response(re.compile(f"/board/{lead}$")) as answer:
        page.mouse.up()
    assert answer.value.ok
    expect(page.locator(".board-card.ghost")).to_have_count(0)
    after = page.locator(".lane").nth(1).get_attribute("data-lane")
    assert lane_of(page, lead) == after != before
    with house.inside(tenant) as session:
        assert str(session.get(Lead, lead).stage_id) == after
    page.locator("[data-board-status] button").click()
    expect(page.locator(f".lane[data-lane='{before}'] [data-card='{lead}']:not([aria-busy])")).to_be_visible()
    assert barriers(page) == []


def test_escape_and_its_own_lane_leave_a_card_where_it_was(board, house, tenant):
    page, lead = board()
    before = lane_of(page, lead)
    moves = []
    page.on("request", lambda asked: moves.append(asked.url) if asked.method == "POST" else None)
    carry(page, lead, 1)
    page.keyboard.press("Escape")
    expect(page.locator(".board-card.ghost")).to_have_count(0)
    page.mouse.up()
    assert lane_of(page, lead) == before
    carry(page, lead, 1)
    hold_over_lane(page, 0)
    page.mouse.up()
    assert lane_of(page, lead) == before
    assert moves == []
    expect(page).to_have_url(re.compile("/board$"))


def test_a_card_is_carried_by_a_finger_that_rests_on_it(board, house, tenant):
    page, lead = board()
    session = page.context.new_cdp_session(page)

    def touch(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = middle(page.locator(f"[data-card='{lead}']")), middle(page.locator(".lane").nth(1).locator("ul"))
    touch("touchStart", *start)
    expect(page.locator(f"[data-card='{lead}'].sortable-chosen")).to_be_attached()
    for step in range(1, 9):
        touch("touchMove", *(start[axis] + (end[axis] - start[axis]) * step / 8 for axis in (0, 1)))
        page.wait_for_timeout(20)
    expect(page.locator(".lane").nth(1).locator(".moving")).to_be_attached()
    with page.expect_response(re.compile(f"/board/{lead}$")):
        touch("touchEnd")
    assert lane_of(page, lead) == page.locator(".lane").nth(1).get_attribute("data-lane")


def test_a_card_sent_on_while_its_move_is_under_way_goes_on(board, house, tenant):
    page, lead = board()
    moves = re.compile(f"/board/{lead}$")
    held = held_back(page, moves)
    page.reload()  # what a page has open could slip through
    page.locator(f"[data-card='{lead}'] .card-title").focus()
    onward, back = ("Left", "Right") if tenant.locale == "ar" else ("Right", "Left")
    with page.expect_request(moves):
        page.keyboard.press(f"Shift+Arrow{onward}")
    for way in (onward, onward, back):
        page.keyboard.press(f"Shift+Arrow{way}")
    held[0].continue_()
    goal = page.locator(".lane").nth(2)
    card = goal.locator(f"[data-card='{lead}']:not([aria-busy])")
    expect(card.locator(".card-title")).to_be_focused()
    with house.inside(tenant) as session:
        assert str(session.get(Lead, lead).stage_id) == goal.get_attribute("data-lane")


def test_cards_of_the_start_page_are_arranged_by_their_grips(open_browser, house, tenant):
    page = open_browser("owner", tenant)
    page.goto("reports/cards/")
    names = page.locator(".arrange input[name=cards]").evaluate_all("all => all.map((one) => one.value)")
    grips = page.locator(".arrange .grip")
    page.mouse.move(*middle(grips.nth(0)))
    page.mouse.down()
    third = page.locator(".arrange input[name=cards]").nth(2)
    hold_over(page, grips.nth(2), lambda: third.input_value() == names[0])
    seen(page, "arranged")
    page.mouse.up()
    wanted = [names[1], names[2], names[0], *names[3:]]
    assert page.locator(".arrange input[name=cards]").evaluate_all("all => all.map((one) => one.value)") == wanted
    page.locator(".arrange .mover").first.focus()
    for box in page.locator(".arrange input[name=cards]").all():
        box.check()
    assert barriers(page) == []
    page.locator("form.card button.primary").click()
    page.wait_for_url(re.compile(r"/t/[^/]+/$"))
    with house.inside(tenant) as session:
        [kept] = session.scalars(select(StartPage).order_by(StartPage.id.desc()).limit(1))
        assert [one["card"] for one in kept.cards] == wanted


def test_rows_of_a_form_are_put_into_an_order_by_their_grips(open_browser, house, tenant):
    [form] = house.add(CaptureForm(name="Ask", key="ask"), tenant=tenant)
    names = ("first", "second", "third")
    house.add(
        *(CaptureField(form_id=form, label=name, name=name, position=n) for n, name in enumerate(names)), tenant=tenant
    )
    page = open_browser("owner", tenant)
    page.goto(f"crm/capture_form/{form}/edit")
    labels = page.locator("#inline-questions tbody input[name$='-label']")
    grips = page.locator("#inline-questions .grip")
    drag(page, grips.nth(2), grips.nth(0), lambda: labels.first.input_value() == "third")
    assert [one.input_value() for one in labels.all()] == ["third", "first", "second"]
    page.locator("#inline-questions [data-add]").click()
    labels.last.fill("fourth")
    seen(page, "rows")
    assert page.locator("#inline-questions tbody input[name$='-position']").last.input_value() == "40"
    assert barriers(page) == []
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/capture_form/[0-9a-f-]{36}$"))
    page.goto(f"crm/capture_form/{form}/edit")
    assert [one.input_value() for one in labels.all()] == ["third", "first", "second", "fourth"]
    with house.inside(tenant) as session:
        assert [one.label for one in session.get(CaptureForm, form).questions] == ["third", "first", "second", "fourth"]


# Charts ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sources(house, tenant):
    people = [Contact(full_name=f"P{n}", source=["Web", "Fair", "هاتف"][n % 3]) for n in range(9)]
    house.add(*people, tenant=tenant)


def colours(plane):
    return plane.evaluate("(one) => one.outerHTML.match(/fill=.rgb[^ ]+/g).join()")


def is_still(page, plane):
    """Nothing of the drawing grows or moves."""
    drawn = plane.evaluate("(one) => one.outerHTML")
    page.wait_for_timeout(150)
    return plane.evaluate("(one) => one.outerHTML") == drawn


KINDS = ("bar", "stacked", "line", "donut", "funnel")


@pytest.mark.parametrize("chart", KINDS)
def test_a_chart_is_drawn_and_its_points_lead_to_the_records(open_browser, tenant, sources, chart):
    page = open_browser("owner", tenant)
    by = "created_at.month&by=source" if chart == "line" else "source&by=language" if chart == "stacked" else "source"
    page.goto(f"contacts/contact/report?by={by}&chart={chart}")
    plane = page.locator("[data-plane] svg")
    expect(plane.locator("path").first).to_be_attached()
    seen(page, f"chart-{chart}")
    assert barriers(page) == []
    before = colours(plane)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: colours(plane) != before)
    until(page, lambda: is_still(page, plane))
    if chart == "line":
        return  # one month is one point
    box = plane.bounding_box()
    is_mirrored = page.locator("html").get_attribute("dir") == "rtl"
    across = {"donut": 0.5, "funnel": 0.27, "bar": 0.3, "stacked": 0.3}[chart]
    down = {"donut": 0.1, "funnel": 0.15, "bar": 0.14, "stacked": 0.14}[chart]
    page.mouse.click(box["x"] + box["width"] * (1 - across if is_mirrored else across), box["y"] + box["height"] * down)
    page.wait_for_url(re.compile(r"/contacts/contact/\?source\.is="))
    expect(page.locator("table.main tbody tr")).to_have_count(3)


def test_a_legend_puts_series_out_of_sight_by_keyboard(open_browser, tenant, sources):
    page = open_browser("owner", tenant)
    page.goto("contacts/contact/report?by=source&chart=donut")
    buttons = page.locator(".chart-legend button")
    expect(buttons).to_have_count(3)
    shapes = page.locator("[data-plane] svg path")
    until(page, lambda: shapes.count() >= 3)  # the legend is there before the drawing
    before = shapes.count()
    buttons.first.focus()
    page.keyboard.press("Enter")
    expect(buttons.first).to_have_attribute("aria-pressed", "false")
    until(page, lambda: shapes.count() < before)
    page.keyboard.press("Enter")
    until(page, lambda: shapes.count() == before)


def test_without_scripts_the_figures_are_there_and_no_empty_chart(open_browser, tenant, sources):
    page = open_browser("owner", tenant, scripts=False)
    page.goto("contacts/contact/report?by=source")
    expect(page.locator("[data-chart]")).to_be_hidden()
    expect(page.locator(".report-table tbody tr")).to_have_count(4)


def test_a_start_page_with_charts_is_light_and_a_page_without_does_not_fetch_them(open_browser, house, tenant):
    new_lead(house, tenant, member_of(house, tenant, "owner"), title="Drawn", value=Money(100_00, "USD"))
    page = open_browser("owner", tenant)
    fetched = []
    page.on("request", lambda asked: fetched.append(asked.url))
    page.goto("contacts/contact/")
    page.wait_for_load_state("networkidle")
    assert not any("echarts" in address for address in fetched)
    fresh = open_browser("owner", tenant)
    with weighed(fresh) as loaded:
        fresh.goto("")
        expect(fresh.locator("[data-plane] svg").first).to_be_visible()
        fresh.wait_for_load_state("networkidle")
    seen(fresh, "start")
    assert 200_000 < sum(loaded) < 450_000, f"{sum(loaded) / 1000:.0f} KB"
