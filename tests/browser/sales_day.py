"""What the people of a sales team do on their pages.

Everything is found by what it does (its field, its action), never by its words: one script plays every language.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

RECORD = re.compile(r"/crm/lead/[0-9a-f-]{36}$")


def main(page):
    return page.get_by_role("main")


def act(page, name):
    """Press an action of the record by keyboard, wherever it stands: beside the title or in the menu behind it."""
    button = page.locator(f'form[action*="/actions/{name}?"] button')
    menu = button.locator("xpath=ancestor::details")
    if menu.count() and menu.get_attribute("open") is None:
        menu.locator("summary").click()
    button.press("Enter")


def confirm(page):
    main(page).locator('form[method="post"] button[type="submit"], .form-end button').first.click()


def visitor_asks(page, form):
    page.goto(form)
    page.locator('[name="name"]').fill("Noura Al Harbi")
    page.locator('[name="email"]').fill("noura@example.com")
    page.locator('[name="message"]').fill("Twenty vehicles, please.")
    page.locator('[name="message"]').locator("xpath=ancestor::form").locator("button").click()
    expect(page.locator('[name="message"]')).to_have_count(0)


def hand_over(page, agent):
    """The owner gives the new lead to the agent. Returns the address of the lead."""
    page.goto("crm/lead/")
    page.get_by_role("link", name="Noura Al Harbi").first.click()
    page.wait_for_url(RECORD)
    address = page.url
    act(page, "assign")
    picker = main(page).get_by_role("combobox").first
    picker.fill(agent.split()[0])
    page.get_by_role("option", name=agent).first.click()
    confirm(page)
    expect(page).to_have_url(re.compile(re.escape(address)))
    expect(main(page).get_by_role("link", name=agent).first).to_be_visible()
    return address


def is_told(page, of):
    page.goto("")
    bell = page.locator('a[href$="/messaging/notifications"]:visible').first
    expect(bell).to_contain_text(re.compile("[1-9١-٩]"))
    bell.click()
    expect(main(page)).to_contain_text(of)


def call(page, follow_up):
    act(page, "log_call")
    page.locator('[name="result"]').select_option(index=1)
    page.locator('[name="notes"]').fill("Wants an offer this week.")
    page.locator('[name="follow_up_at"]').fill(follow_up)
    confirm(page)
    expect(main(page)).to_contain_text("Wants an offer this week.")


def write_to(page, colleague):
    page.locator(".write-box textarea").fill(f"@{colleague} may I give five per cent?")
    page.locator(".write-box button").last.click()
    expect(main(page)).to_contain_text("may I give five per cent?")


def add_task(page, title, due):
    act(page, "add_task")
    page.locator('[name="title"]').fill(title)
    page.locator('[name="due_at"]').fill(due)
    confirm(page)
    expect(main(page)).to_contain_text(title)


def add_file(page, path):
    page.locator('a[href*="/files/"][href*="add"]').first.click()
    page.locator('input[type="file"]').set_input_files(path)
    main(page).locator("form .primary").click()
    expect(main(page)).to_contain_text(path.name)


def write_mail(page, subject, words):
    page.locator('a[href*="/mailboxes/compose/"]').first.click()
    expect(page.locator('[name="to"]')).to_have_value(re.compile("noura@example.com"))
    page.locator('[name="subject"]').fill(subject)
    page.locator('[name="text"]').fill(words)
    page.locator('button[value="send"]').click()
    expect(page.locator('[name="subject"]')).to_have_count(0)


def book(page, begins):
    act(page, "book")
    page.locator('[name="scheduled_at"]').fill(begins)
    confirm(page)
    expect(page.locator('[name="scheduled_at"]')).to_have_count(0)


def work_off_today(page, titles):
    """Everything that the queue holds, by keyboard."""
    page.goto("crm/today/")
    for title in titles:
        expect(main(page).get_by_role("link", name=title).first).to_be_visible()
    items = page.locator("[data-item]")
    count = items.count()
    page.keyboard.press("j")
    for left in range(count - 1, -1, -1):
        page.keyboard.press("d")
        expect(items).to_have_count(left)


def move_by_keyboard(page, stages, moved):
    """Along the board, stage by stage; `moved(stage)` looks whether it stands there."""
    page.goto("crm/lead/board")
    page.locator(".card-title").first.focus()
    forward = "Shift+ArrowLeft" if page.locator("html").get_attribute("dir") == "rtl" else "Shift+ArrowRight"
    for stage in stages:
        with page.expect_response(lambda answer: "/board/" in answer.url and answer.request.method == "POST"):
            page.keyboard.press(forward)
        moved(stage)


def see_how_it_went(page, address, words):
    page.goto(address)
    entries = page.locator(".timeline, [data-timeline]").first
    for one in words:
        expect(entries).to_contain_text(one)
    assert page.locator(".icon-stairs").count() >= 3, "the steps from stage to stage"
