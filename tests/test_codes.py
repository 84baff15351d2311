"""Countries, languages and time zones: stored as codes, chosen and shown by their names, understood in files."""

from __future__ import annotations

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.contacts.models import Company, Contact, ContactAddress
from app.data.codes import COUNTRIES, LANGUAGES, TIME_ZONES
from app.transfer.spellings import code_named
from tests.pages import form_of
from tests.test_paper import words_of
from tests.transfer_house import bring, inside, problems, take_out

CONTACT, COMPANY = "contacts.contact", "contacts.company"


@pytest.fixture(scope="module")
def tenant(house):
    return house.new_tenant(country="SA", timezone="Asia/Riyadh")


@pytest.fixture
def owner(house, tenant):
    return house.people[tenant.slug, "owner"]


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


def stored(app, tenant, name):
    with inside(app, tenant) as session:
        row = session.execute(select(Contact.locale, Contact.timezone).where(Contact.full_name == name)).one()
        return tuple(row)


# Reading -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "text", "code"),
    [
        (COUNTRIES, "SA", "SA"), (COUNTRIES, "sa", "SA"), (COUNTRIES, "Saudi Arabia", "SA"),
        (COUNTRIES, "السعودية", "SA"), (COUNTRIES, "المملكة العربية السعودية", "SA"), (COUNTRIES, "K.S.A.", "SA"),
        (COUNTRIES, "Türkiye", "TR"), (COUNTRIES, "Deutschland", "DE"), (COUNTRIES, "Atlantis", ""),
        (COUNTRIES, "EU", ""), (LANGUAGES, "ar", "ar"), (LANGUAGES, "AR_eg", "ar-EG"), (LANGUAGES, "Arabic", "ar"),
        (LANGUAGES, "العربية", "ar"), (LANGUAGES, "français", "fr"), (LANGUAGES, "zh_hant_tw", "zh-Hant-TW"),
        (LANGUAGES, "Arabic (Egypt)", "ar-EG"), (LANGUAGES, "Klingonish", ""), (LANGUAGES, "qq", ""),
        (LANGUAGES, "und", ""), (TIME_ZONES, "asia/riyadh", "Asia/Riyadh"),
        (TIME_ZONES, "America/New York", "America/New_York"),
        (TIME_ZONES, "EST", "EST"), (TIME_ZONES, "Mars/Olympus", ""), (TIME_ZONES, "../etc/passwd", ""),
    ],
)  # fmt: skip
def test_codes_and_names_are_understood(codes, text, code):
    assert code_named(codes, text) == code


def test_every_name_is_read_back_as_its_code(app):
    with app.test_request_context():
        for language in app.config["LANGUAGES"]:
            with force_locale(language):
                for codes in (COUNTRIES, LANGUAGES, TIME_ZONES):
                    offered = [one for one in codes if one.here is None or one.here()]
                    assert len({one.words for one in codes}) == len(codes)
                    assert 150 < len(offered) < 700
                    wrong = [one for one in codes if code_named(codes, one.words) != one.value]
                    assert len(wrong) < len(codes) / 100, (language, wrong)
                    assert all(codes.code_of(one.value) == one.value for one in codes)


# Forms and REST ------------------------------------------------------------------------------------------------------


def test_a_form_offers_names_and_stores_codes(app, tenant, browser):
    page = browser.go("/contacts/contact/add")
    assert '<option value="ar">Arabic</option>' in page.text
    assert '<option value="Asia/Riyadh">Asia/Riyadh</option>' in page.text
    assert '<option value="SA">Saudi Arabia</option>' in page.text  # of an address
    values = {**form_of(page), "first_name": "Chooser", "locale": "ar", "timezone": "Asia/Riyadh"}
    assert browser.send("/contacts/contact/add", values).status_code == 303
    assert stored(app, tenant, "Chooser") == ("ar", "Asia/Riyadh")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("locale", "Klingonish", "is not a language"), ("timezone", "Mars/Olympus", "is not a time zone")],
)
def test_a_wrong_code_is_refused_in_words(browser, api, field, value, words):
    page = browser.go("/contacts/contact/add")
    answer = browser.send("/contacts/contact/add", {**form_of(page), "first_name": "Wrong", field: value})
    assert answer.status_code == 422
    assert f"“{value}” {words}" in answer.text
    answer = api.post("/contacts/contact", {"first_name": "Wrong", field: value})
    assert answer.status_code == 422
    assert words in answer.json["errors"][field]
    assert api.post("/contacts/company", {"name": "Wrong", "country": "Atlantis"}).status_code == 422


def test_what_was_stored_before_stays_and_is_saved_again(app, house, tenant, browser, api):
    [key] = house.add(
        Contact(first_name="Before", full_name="Before", locale="pt_BR!", timezone="Old/Zone"), tenant=tenant
    )
    page = browser.go(f"/contacts/contact/{key}/edit")
    assert '<option value="pt_BR!" selected>pt_BR!</option>' in page.text
    assert browser.send(f"/contacts/contact/{key}/edit", {**form_of(page), "source": "fair"}).status_code == 303
    assert stored(app, tenant, "Before") == ("pt_BR!", "Old/Zone")
    row = api.get(f"/contacts/contact/{key}")
    sent = {"locale": row.json["locale"], "timezone": row.json["timezone"], "source": "web"}
    answer = api.patch(f"/contacts/contact/{key}", sent, headers={"If-Match": row.headers["ETag"]})
    assert answer.status_code == 200, answer.text
    assert stored(app, tenant, "Before") == ("pt_BR!", "Old/Zone")
    found = api.get("/contacts/contact", query_string={"locale.is": "pt_BR!"}).json["data"]
    assert [one["id"] for one in found] == [str(key)]


def test_rest_says_what_a_code_is(house, api):
    answer = api.post("/contacts/company", {"name": "Gulf", "country": "sa"})
    assert (answer.status_code, answer.json["country"]) == (201, "SA")
    schema = api.get("/openapi.json").json["components"]["schemas"]["contacts.company"]["properties"]["country"]
    assert "ISO 3166" in str(schema)


# Words wherever it is shown ------------------------------------------------------------------------------------------


def test_lists_details_filters_reports_and_papers_show_words(house, tenant, browser, api):
    made = {"first_name": "Worded", "locale": "fr-CA", "timezone": "America/Toronto"}
    key = api.post("/contacts/contact", made).json["id"]
    listed = browser.go("/contacts/contact/?columns=full_name,locale&locale.one_of=fr-CA")
    assert "<bdi>Canadian French</bdi>" in listed.text
    assert listed.text.count("Canadian French") >= 2  # and in the chip of the filter
    assert "Canadian French" in browser.go(f"/contacts/contact/{key}").text
    panel = browser.go("/contacts/contact/filters?locale.one_of=fr-CA")
    assert '<option value="fr-CA" selected>Canadian French</option>' in panel.text
    report = api.get("/reports/run?source=contacts.contact&by=locale")
    assert "Canadian French" in report.text
    paper = api.get(f"/contacts/contact/{key}", headers={"Accept": "application/pdf"})
    assert "Canadian French" in words_of(paper.data)


def test_arabic_readers_read_arabic_names(house):
    tenant = house.new_tenant(locale="ar")
    house.add(Company(name="Nile", country="EG"), tenant=tenant)
    browser = house.browser("owner", tenant)
    assert "<bdi>مصر</bdi>" in browser.go("/contacts/company/?columns=name,country").text
    assert '<option value="SA">المملكة العربية السعودية</option>' in browser.go("/contacts/company/add").text


def test_a_filter_panel_keeps_a_code_that_is_not_offered(browser):
    panel = browser.go("/contacts/contact/filters?locale.one_of=ar-EG&locale.one_of=pt_BR!")
    assert '<option value="ar-EG" selected>Arabic (Egypt)</option>' in panel.text
    assert '<option value="pt_BR!" selected>pt_BR!</option>' in panel.text


# Files ---------------------------------------------------------------------------------------------------------------


def test_an_import_understands_names_and_codes(app, tenant, owner):
    data = (
        "First name,Language,Time zone,Addresses 1: City,Addresses 1: Country\n"
        "In One,Arabic,asia/riyadh,Riyadh,السعودية\nIn Two,ar,Asia/Riyadh,Riyadh,Saudi Arabia\n"
        "In Three,العربية,Asia/Riyadh,Riyadh,SA\nIn Four,Klingonish,,,\nIn Five,,,Riyadh,Atlantis\n"
    ).encode()
    record = bring(app, tenant, CONTACT, data, owner)
    found = problems(app, tenant, record)
    assert (record.created, record.failed) == (3, 2), found
    assert "is not a language" in str(found[5])
    assert "is not a country" in str(found[6])
    with inside(app, tenant) as session:
        rows = session.execute(
            select(Contact.locale, Contact.timezone, ContactAddress.country)
            .join(ContactAddress, ContactAddress.contact_id == Contact.id)
            .where(Contact.full_name.in_(("In One", "In Two", "In Three")))
        )
        assert [tuple(row) for row in rows] == [("ar", "Asia/Riyadh", "SA")] * 3


def test_an_address_book_names_languages_as_it_likes(app, tenant, owner):
    book = "Given Name,Family Name,Language,Address 1 - City,Address 1 - Country,E-mail 1 - Value,E-mail 1 - Label\n"
    data = f"{book}Layla,Book,العربية,Amman,Jordan,layla.book@x.example,Home\n".encode()
    record = bring(app, tenant, CONTACT, data, owner)
    assert record.created == 1, problems(app, tenant, record)
    assert stored(app, tenant, "Layla Book")[0] == "ar"


def test_exports_hold_words_that_are_read_again(app, house, tenant, owner):
    there = house.new_tenant()
    rows = [Company(name="Ex One", country="SA"), Company(name="Ex Two", country="XX"), Company(name="Ex Three")]
    house.add(*rows, tenant=there)
    account = house.people[there.slug, "owner"]
    written = take_out(app, there, COMPANY, account=account, columns=("name", "country")).decode()
    assert '"Ex One","Saudi Arabia"' in written
    assert '"Ex Two","XX"' in written
    assert '"country": "SA"' in take_out(app, there, COMPANY, "json", account).decode().replace('":"', '": "')


def test_a_code_fits_where_it_was_stored_before():
    lengths = ((COUNTRIES, 2), (LANGUAGES, 20), (TIME_ZONES, 64))
    assert all(len(one.value) <= most for codes, most in lengths for one in codes)
