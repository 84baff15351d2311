"""Pictures under the hands: chosen, dropped and pasted in a form, dropped on a card; the gallery by keyboard."""

from __future__ import annotations

import base64
import io

from PIL import Image
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.files.pictures.services import take_picture

GALLERY = "contacts/contact/gallery?sort=full_name"
NAMES = ("Ada One", "Ben Two", "Cem Three", "Dia Four", "Eve Five", "Fay Six", "Gus Seven")
DROP = """([selector, text, kind]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "me.png", { type: "image/png" }));
  const target = document.querySelector(selector);
  const more = { bubbles: true, cancelable: true };
  if (kind === "paste") target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, ...more }));
  const land = (name) => target.dispatchEvent(new DragEvent(name, { dataTransfer: data, ...more }));
  if (kind !== "paste") ["dragover", "drop"].forEach(land);
}"""


def drawing(colour=(200, 60, 60)):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


def furnish(house, *, with_pictures=0):
    tenant = house.new_tenant()
    ids = house.add(*(Contact(full_name=name, first_name=name) for name in NAMES), tenant=tenant)
    with house.inside(tenant) as session:
        for number, one in enumerate(ids[:with_pictures]):
            session.get(Contact, one).photo = take_picture(session, io.BytesIO(drawing((30 * number, 90, 120))))
        session.commit()
    return tenant, ids


def drop(page, selector, content, kind="drop"):
    page.evaluate(DROP, [selector, base64.b64encode(content).decode(), kind])


def photo_of(house, tenant, person):
    with house.inside(tenant) as session:
        return session.get(Contact, person).photo


def seen(image):
    """The picture is there, not only its frame."""
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("one => one.naturalWidth") > 0


def test_a_picture_is_chosen_seen_saved_and_taken_out(open_browser, house):
    tenant, [person, *_others] = furnish(house)
    page = open_browser("owner", tenant)
    page.goto(f"contacts/contact/{person}/edit")
    page.get_by_label("Photo").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": drawing()})
    expect(page.locator("[data-picture-status]")).to_contain_text("uploaded")
    seen(page.locator("[data-picture-shown] img"))
    page.locator("[data-save]").click()
    seen(page.locator(".page-head .face img"))
    assert photo_of(house, tenant, person).endswith("-64x48")
    page.goto(f"contacts/contact/{person}/edit")
    page.get_by_role("button", name="Take the picture out").click()
    expect(page.locator("[data-picture-shown] img")).to_have_count(0)
    page.locator("[data-save]").click()
    expect(page.locator(".page-head .initials")).to_have_text("A\u200cO")
    assert photo_of(house, tenant, person) is None


def test_a_picture_is_dropped_and_pasted_and_a_bad_one_is_told(open_browser, house):
    tenant, [person, *_others] = furnish(house)
    page = open_browser("owner", tenant, expects=422)
    page.goto(f"contacts/contact/{person}/edit")
    drop(page, "[data-picture]", drawing())
    seen(page.locator("[data-picture-shown] img"))
    first = page.locator("input[name=photo]").input_value()
    drop(page, "[data-picture]", drawing((1, 200, 90)), "paste")
    expect(page.locator("input[name=photo]")).not_to_have_value(first)
    second = page.locator("input[name=photo]").input_value()
    drop(page, "[data-picture]", b"no picture")
    expect(page.locator(".picture-field.refused [data-picture-status]")).to_contain_text("no picture")
    expect(page.locator("input[name=photo]")).to_have_value(second)


def test_the_picture_is_changed_where_the_record_shows_it(open_browser, house):
    tenant, [person, *_others] = furnish(house)
    page = open_browser("owner", tenant)
    page.goto(f"contacts/contact/{person}")
    item = page.locator('[data-field="photo"]')
    item.hover()
    item.locator("[data-edit]").click()
    item.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": drawing()})
    seen(item.locator("[data-picture-shown] img"))
    item.get_by_role("button", name="Save").click()
    seen(item.locator(".picture img"))
    assert photo_of(house, tenant, person)


def test_the_gallery_is_walked_by_arrows_and_looked_into(open_browser, house):
    tenant, _ids = furnish(house, with_pictures=3)
    page = open_browser("owner", tenant)
    page.goto(GALLERY)
    cards = page.locator(".gallery .card-title")
    expect(cards).to_have_text(sorted(NAMES))
    seen(page.locator(".shot img").first)
    cards.first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    across = page.evaluate("getComputedStyle(document.querySelector('.gallery')).gridTemplateColumns.split(' ').length")
    page.keyboard.press("ArrowDown")
    expect(cards.nth(min(1 + across, 6))).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".peek [data-peek-title]")).to_contain_text("Ben Two")
    seen(page.locator(".peek .face img"))
    page.keyboard.press("ArrowDown")
    expect(page.locator(".peek [data-peek-title]")).to_contain_text("Cem Three")
    page.keyboard.press("Escape")
    expect(cards.nth(2)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-bulk].on .bulk-count")).to_contain_text("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/contact/0*")


def test_from_right_to_left_the_arrows_go_that_way(open_browser, house):
    tenant = house.new_tenant(locale="ar")
    house.add(*(Contact(full_name=name, first_name=name) for name in NAMES), tenant=tenant)
    page = open_browser("owner", tenant, locale="ar")
    page.goto(GALLERY)
    cards = page.locator(".gallery .card-title")
    cards.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cards.first).to_be_focused()


def test_a_file_that_is_dropped_on_a_card_becomes_its_picture(open_browser, house):
    tenant, ids = furnish(house)
    page = open_browser("owner", tenant)
    page.goto(GALLERY)
    for colour in ((200, 60, 60), (10, 60, 200)):  # the second replaces the first, without loading the page again
        before = photo_of(house, tenant, ids[0])
        drop(page, f'[data-id="{ids[0]}"]', drawing(colour))
        expect(page.locator("[data-gallery-status]")).to_contain_text("Ada One")
        expect(page.locator(f'[data-id="{ids[0]}"]')).not_to_have_attribute("aria-busy", "true")
        expect(page.locator(f'[data-id="{ids[0]}"]')).not_to_have_attribute("data-key", before or "")
    seen(page.locator(f'[data-id="{ids[0]}"] img'))
    assert photo_of(house, tenant, ids[0]) == page.locator(f'[data-id="{ids[0]}"]').get_attribute("data-key")


def test_the_size_of_cards_goes_with_the_person(open_browser, house):
    tenant, _ids = furnish(house)
    page = open_browser("owner", tenant)
    page.goto(GALLERY)
    page.get_by_role("button", name="Large").click()
    expect(page.locator(".gallery-large")).to_be_visible()
    again = open_browser("owner", tenant)
    again.goto(GALLERY)
    expect(again.locator(".gallery-large")).to_be_visible()


def test_on_a_phone_there_are_two_columns_or_one(open_browser, house):
    tenant, _ids = furnish(house)
    page = open_browser("owner", tenant, width=390)
    page.goto(GALLERY)
    count = "getComputedStyle(document.querySelector('.gallery')).gridTemplateColumns.split(' ').length"
    assert page.evaluate(count) == 2
    page.get_by_role("button", name="Large").click()
    expect(page.locator(".gallery-large")).to_be_visible()
    assert page.evaluate(count) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
