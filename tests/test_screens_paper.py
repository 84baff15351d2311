"""Records and lists as PDF: what their pages show, for who may see it, on screens, over REST and by a job."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

import pytest

from app.contacts.bulk import NewContact, store
from app.data import Money
from app.features.access_rules import AccessRule
from app.jobs import run_due
from app.screens.paper import lists
from app.testing.counting import count_statements
from app.testing.pages import page_of, text_of
from tests.pace import slowness
from tests.plugins_for_tests.garage.models import Door, Repair, Vehicle

PDF = {"Accept": "application/pdf"}


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant(name="Riverside Motors")
    with house.inside(tenant) as session:
        for number in range(30):
            price = Money(100_00 + number, ("USD", "KWD")[number % 2])
            session.add(Vehicle(plate=f"AB {number:03}", fuel="diesel" if number < 5 else "petrol", price=price))
        van = Vehicle(plate="شاحنة 7", fuel="electric", history="First line\nثانيا (Second)")
        van.doors.append(Door(side="left", note="Sky blue"))
        session.add(van)
        session.flush()
        session.add(Repair(vehicle_id=van.id, number="R-77", cost=Money(25_000, "USD")))
        session.commit()
    return tenant


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def van_of(house, tenant):
    api = house.api("owner", tenant)
    return next(row["id"] for row in api.get("/garage/vehicle?size=200").json["data"] if row["plate"] == "شاحنة 7")


def arabic(house, tenant):
    """A browser of somebody who reads Arabic."""
    browser = house.browser("manager", tenant, fresh=True)
    browser.send("/language", {"locale": "ar"})
    return browser


# Lists ---------------------------------------------------------------------------------------------------------------


def test_a_list_is_printed_as_its_address_says(browser):
    answer = browser.go("/garage/vehicle/pdf?fuel.is=diesel&sort=plate&columns=plate,price")
    text = text_of(answer)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert re.findall(r"AB \d{3}", text) == [f"AB {number:03}" for number in range(5)]
    assert "5 records" in text
    assert "Fuel is Diesel" in text
    assert "Riverside Motors" in text
    assert "Page 1 of 1" in text
    assert "Petrol" not in text


def test_money_is_added_up_by_currency(browser):
    text = text_of(browser.go("/garage/vehicle/pdf?fuel.is=diesel&columns=plate,price"))
    assert "Total KWD" in text
    assert "Total USD" in text
    assert "$300.06" in text, "100.00 + 100.02 + 100.04"
    assert "KWD20.004" in re.sub(r"\s", "", text), "10.001 + 10.003"


def test_a_list_leads_to_its_document(browser):
    page = browser.go("/garage/vehicle/?fuel.is=diesel&q=AB")
    link = next(link for link in page_of(page).links if "/garage/vehicle/pdf" in link)
    assert "fuel.is=diesel" in link
    assert "q=AB" in link
    assert text_of(browser.get(link)).count("AB 0") == 5


def test_nothing_found_is_said(browser):
    assert "Nothing matches" in text_of(browser.go("/garage/vehicle/pdf?plate.is=none"))


def test_file_names_are_in_the_readers_language(house, tenant, browser):
    assert "filename=vehicles-" in browser.go("/garage/vehicle/pdf").headers["Content-Disposition"]
    named = unquote(arabic(house, tenant).go("/contacts/contact/pdf").headers["Content-Disposition"])
    assert "filename*=UTF-8''جهات-الاتصال-" in named


def test_in_arabic_all_is_arabic_and_mirrored(house, tenant):
    text = text_of(arabic(house, tenant).go("/contacts/company/pdf"))
    for words in ("الشركات", "لا توجد نتائج مطابقة", "صفحة"):
        assert words in text, text


def test_rights_hold(house, tenant, browser):
    assert house.browser("viewer", tenant).go("/garage/vehicle/pdf").status_code == 403
    assert "/garage/vehicle/pdf" not in house.browser("viewer", tenant).go("/garage/vehicle/").text
    key = van_of(house, tenant)
    assert house.browser("viewer", tenant).go(f"/garage/vehicle/{key}/pdf").status_code == 200
    other = house.new_tenant()
    assert house.browser("owner", other).go(f"/garage/vehicle/{key}/pdf").status_code == 404
    assert "AB 0" not in text_of(house.browser("owner", other).go("/garage/vehicle/pdf"))


def test_hidden_fields_are_not_printed(house):
    tenant = house.new_tenant()
    house.add(
        AccessRule(role="manager", resource="garage.vehicle", hidden=["price", "history"]),
        Vehicle(plate="HID 1", fuel="diesel", price=Money(77_700, "USD"), history="Do not tell"),
        tenant=tenant,
    )
    manager = house.browser("manager", tenant)
    assert "777" in text_of(house.browser("owner", tenant).go("/garage/vehicle/pdf"))
    key = house.api("manager", tenant).get("/garage/vehicle").json["data"][0]["id"]
    for path in ("/garage/vehicle/pdf?columns=plate,price,history", f"/garage/vehicle/{key}/pdf"):
        text = text_of(manager.go(path))
        assert "HID 1" in text
        assert "777" not in text
        assert "Do not tell" not in text


# Records -------------------------------------------------------------------------------------------------------------


def test_a_record_is_printed_with_what_is_in_it(house, tenant, browser):
    text = text_of(browser.go(f"/garage/vehicle/{van_of(house, tenant)}/pdf"))
    for words in ("شاحنة", "Electric", "First line", "Sky blue", "Doors"):
        assert words in text, text
    assert "R-77" not in text, "related lists are chosen"


def test_related_lists_are_chosen(house, tenant, browser):
    key = van_of(house, tenant)
    page = browser.go(f"/garage/vehicle/{key}/print")
    [repairs] = [value for value in re.findall(r'name="with" value="([^"]+)"', page.text) if "repair" in value]
    text = text_of(browser.go(f"/garage/vehicle/{key}/pdf?with={repairs}"))
    assert "Repairs" in text
    assert "R-77" in text
    assert "$250.00" in text
    assert f"/garage/vehicle/{key}/print" in browser.go(f"/garage/vehicle/{key}").text


def test_documents_keep_to_the_budget(house, tenant, browser):
    key = van_of(house, tenant)
    for path in ("/garage/vehicle/pdf", f"/garage/vehicle/{key}/pdf", f"/garage/vehicle/{key}/print"):
        browser.go(path)
        with count_statements() as seen:
            browser.go(path)
        assert len(seen) <= 8, f"{path}: {seen.report()}"


def test_documents_are_kept_by_nobody_and_may_do_nothing(browser):
    headers = browser.go("/garage/vehicle/pdf").headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


# REST ----------------------------------------------------------------------------------------------------------------


def test_rest_gives_documents_to_who_accepts_them(house, tenant):
    api = house.api("owner", tenant)
    answer = api.get("/garage/vehicle?fuel.is=diesel&fields=plate&size=2", headers=PDF)
    assert answer.mimetype == "application/pdf"
    assert "Accept" in answer.headers["Vary"]
    assert text_of(answer).count("AB 0") == 5, "all rows, whatever the page"
    one = api.get(f"/garage/vehicle/{van_of(house, tenant)}", headers=PDF)
    assert "Sky blue" in text_of(one)
    assert api.get("/garage/vehicle", headers={"Accept": "*/*"}).mimetype == "application/json"
    assert api.get(f"/garage/vehicle/{'0' * 32}", headers=PDF).status_code == 404


def test_rest_keeps_to_rights_and_lengths(house, tenant, monkeypatch):
    refused = house.api("viewer", tenant).get("/garage/vehicle", headers=PDF)
    assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    reads = house.api("owner", tenant, scopes=("garage.vehicle.read",))
    assert reads.get("/garage/vehicle", headers=PDF).status_code == 403
    monkeypatch.setattr("app.screens.rest.papers.AT_ONCE", 10)
    long = house.api("owner", tenant).get("/garage/vehicle", headers=PDF)
    assert (long.status_code, long.json["code"]) == (422, "too_long")


# Large ones ----------------------------------------------------------------------------------------------------------


def test_a_long_list_is_made_by_a_job(app, house, tenant, browser, monkeypatch):
    monkeypatch.setattr(lists, "AT_ONCE", 10)
    answer = browser.go("/garage/vehicle/pdf?fuel.is=petrol&columns=plate,fuel&sort=-plate")
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    form = page_of(page).form("/new")
    assert form.value("format") == "pdf"
    sent = browser.post(form.action, data=form.data())
    assert sent.status_code == 303, sent.text[:500]
    run_due(app)
    link = next(link for link in page_of(browser.get(sent.headers["Location"])).links if link.endswith("/file"))
    made = browser.get(link)
    plates = re.findall(r"AB \d{3}", text_of(made))
    assert plates == [f"AB {number:03}" for number in range(29, 4, -1)]
    assert made.headers["Content-Disposition"].startswith("attachment")


def test_exports_are_fetched_under_names_of_any_language(app, house, tenant):
    """A name with Arabic letters once broke the answer of the REST call."""
    api = house.api("owner", tenant)
    made = api.post("/transfer/exports", {"resource": "garage.vehicle", "format": "pdf", "columns": ["plate"]}).json
    run_due(app)
    from app.transfer.models import Export

    with house.inside(tenant) as session:
        session.get_one(Export, made["id"]).file_name = "مركبات.pdf"
        session.commit()
    answer = api.get(f"/transfer/exports/{made['id']}/file")
    assert answer.status_code == 200
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert text_of(answer).count("AB 0") == 30


def test_too_many_rows_are_refused_in_words(app, house, tenant, browser, monkeypatch):
    monkeypatch.setattr(lists.print_list, "__kwdefaults__", {**lists.print_list.__kwdefaults__, "most": 12})
    made = house.api("owner", tenant).post("/transfer/exports", {"resource": "garage.vehicle", "format": "pdf"}).json
    run_due(app)
    page = browser.go(f"/transfer/exports/{made['id']}").text
    assert "More than 12 rows are too many to print at once." in page


def test_two_thousand_contacts_take_less_than_five_seconds(house):
    """Of this process's time, as it were on the processor of `pace`."""
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        store(session, [NewContact(f"Nora عبد الله {number}") for number in range(2_000)])
        session.commit()
    browser = house.browser("owner", tenant)
    browser.go("/contacts/contact/pdf?q=none")
    began = time.process_time()
    answer = browser.go("/contacts/contact/pdf")
    assert (time.process_time() - began) / slowness() < 5
    assert answer.status_code == 200
    assert answer.data.count(b"/Type /Page\n") > 30
