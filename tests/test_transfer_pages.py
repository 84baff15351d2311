"""The pages of imports and exports as a person goes through them."""

from __future__ import annotations

import csv
import io
import re

import pytest

from app.host.lifecycle import switch
from app.jobs import run_due
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Vehicle
from tests.transfer_house import inside

ROWS = b"Plate,Fuel,Price,Odometer,Owner\nA 1,Electric,12.50 USD,5,\nA 2,steam,1,6,\nA 3,diesel,2,-1,Nobody\n"


@pytest.fixture
def browser(house):
    tenant = house.new_tenant()
    return house.browser("owner", tenant)


def upload(browser, data=ROWS, resource="garage.vehicle", name="cars.csv", **more):
    sent = {"resource": resource, "file": (io.BytesIO(data), name), **more}
    return browser.send("/transfer/imports/new", sent, content_type="multipart/form-data")


def go_through(app, browser, data=ROWS, action="run", **more):
    """Upload, accept the guesses, do it. Gives the page's address."""
    there = upload(browser, data, **more).headers["Location"]
    form = page_of(browser.get(there)).form("/plan")
    answer = browser.post(there, data=form.data(action=action))
    assert answer.status_code == 303, answer.text
    run_due(app)
    return answer.headers["Location"]


def test_a_file_goes_all_the_way_with_its_errors(app, browser):
    there = go_through(app, browser)
    page = browser.get(there).text
    assert "“steam” is not one of: Petrol, Diesel, Electric." in page
    assert "This must be at least 0." in page
    assert "There is no Owner “Nobody”." in page
    listed = browser.go("/garage/vehicle/").text
    assert "A 1" in listed
    assert "A 2" not in listed
    again = next(link for link in page_of(browser.get(there)).links if "like=" in link)
    errors = browser.get(there + "/errors")
    rows = list(csv.DictReader(io.StringIO(errors.get_data().decode("utf-8-sig"))))
    assert [row["Line of the file"] for row in rows] == ["3", "4"]
    for row in rows:
        row.update(Fuel="diesel", Odometer="7", Owner="")
    corrected = io.StringIO()
    writer = csv.DictWriter(corrected, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    like = again.partition("like=")[2]
    second = go_through(app, browser, corrected.getvalue().encode(), like=like)
    assert "A 3" in browser.go("/garage/vehicle/").text
    assert "not imported" in browser.get(second).text


def test_a_check_stores_nothing_and_undo_takes_all_back(app, browser):
    there = go_through(app, browser, action="check")
    page = browser.get(there)
    assert "Nothing is stored yet" in page.text
    assert "A 1" not in browser.go("/garage/vehicle/").text
    assert browser.post(there + "/run", data={"csrf_token": browser.csrf()}).status_code == 303
    run_due(app)
    assert "A 1" in browser.go("/garage/vehicle/").text
    assert browser.post(there + "/undo", data={"csrf_token": browser.csrf()}).status_code == 303
    assert '<progress value="0" max="3"' in browser.get(there).text, "how far it is undone, not what was imported"
    run_due(app)
    assert "A 1" not in browser.go("/garage/vehicle/").text
    assert "Undone" in browser.get(there).text


def test_what_was_detected_can_be_changed(browser):
    there = upload(browser, b"Plate;Fuel\nB 1;diesel\n").headers["Location"]
    form = page_of(browser.get(there)).form("/plan")
    assert form.value("delimiter") == ";"
    browser.post(there, data=form.data(delimiter=",", action="look"))
    assert "Plate;Fuel" in browser.get(there).text


def test_columns_are_saved_for_the_tenant(browser):
    there = upload(browser, b"Kfz,Sprit\nB 1,diesel\n").headers["Location"]
    form = page_of(browser.get(there)).form("/plan")
    browser.post(there, data=form.data(**{"to-0": "plate", "to-1": "fuel", "name": "Garage list", "action": "save"}))
    there = upload(browser, b"Kfz,Sprit\nB 2,diesel\n").headers["Location"]
    page = page_of(browser.get(there))
    mapping = next(c for c in page.form("/plan").controls if c.name == "mapping").options[-1]
    browser.post(there, data=page.form("/plan").data(mapping=mapping, action="load"))
    assert page_of(browser.get(there)).form("/plan").value("to-0") == "plate"


def test_saved_columns_are_renamed_and_removed_on_a_screen_and_over_rest(house):
    tenant = house.new_tenant()
    browser = house.browser("owner", tenant)
    there = upload(browser, b"Kfz,Sprit\nB 1,diesel\n").headers["Location"]
    for name in ("Garage list", "Another"):
        form = page_of(browser.get(there)).form("/plan")
        browser.post(there, data=form.data(**{"to-0": "plate", "name": name, "action": "save"}))
    assert "/transfer/mapping/" in browser.get(there).text
    page = browser.go("/transfer/mapping/")
    assert "Vehicles" in page.text
    key = next(link for link in page_of(page).links if "/transfer/mapping/" in link and len(link) > 60)
    form = page_of(browser.get(f"{key}/edit")).form("/edit")
    assert [c.name for c in form.controls if c.name == "resource"] == []
    taken = browser.post(f"{key}/edit", data=form.data(name="Garage list"))
    assert taken.status_code == 422
    assert browser.post(f"{key}/edit", data=form.data(name="Fleet")).status_code == 303
    assert "Fleet" in browser.get(there).text
    api = house.api("owner", tenant)
    [fleet, garage] = sorted(api.get("/transfer/mapping").json["data"], key=lambda one: one["name"])
    assert (fleet["name"], fleet["resource"]) == ("Fleet", "garage.vehicle")
    assert api.patch(f"/transfer/mapping/{garage['id']}", {"name": "Cars"}).json["name"] == "Cars"
    assert api.delete(f"/transfer/mapping/{fleet['id']}").status_code == 204
    options = next(c for c in page_of(browser.get(there)).form("/plan").controls if c.name == "mapping").options
    assert options == ["", garage["id"]]


def test_lists_call_kinds_of_records_by_their_names(app, browser):
    go_through(app, browser)
    rows = browser.go("/transfer/import/").text.partition("<tbody")[2].partition("</tbody>")[0]
    assert "Vehicles" in rows
    assert "garage.vehicle" not in rows


def test_filters_offer_the_kinds_of_plugins_that_are_on(house):
    tenant = house.new_tenant()
    for state, offered in (("on", True), ("off", False)):
        with house.inside(tenant) as session:
            switch(tenant, "garage", state)
            session.commit()
        panel = house.browser("owner", tenant).go("/transfer/import/filters").text
        assert ('value="garage.vehicle"' in panel) is offered
        assert 'value="contacts.contact"' in panel


def test_lines_that_look_like_a_record_are_a_choice_of_the_person(app, browser):
    people = b"First name,Last name,Email\nNora,Rashid,n@x.example\n"
    go_through(app, browser, people, resource="contacts.contact", name="people.csv")
    again = people.replace(b"n@x", b"n@y")
    there = go_through(app, browser, again, action="check", resource="contacts.contact", name="people.csv")
    page = browser.get(there).text
    assert "“Nora Rashid” may be the same: Contact." in page
    assert "Some lines are like records that are there already" in page
    form = page_of(browser.get(f"{there}/plan")).form("/plan")
    browser.post(f"{there}/plan", data=form.data(doubtful="leave_out", action="run"))
    run_due(app)
    assert "not imported" in browser.get(there).text
    rows = list(csv.DictReader(io.StringIO(browser.get(there + "/errors").get_data().decode("utf-8-sig"))))
    assert [row["Reason"] for row in rows] == ["“Nora Rashid” may be the same: Contact."]


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "empty"), (b"%PDF-1.4 x", "no table"), (b"PK\x03\x04junk", "damaged")]
)
def test_a_file_that_is_no_table_is_refused_in_words(browser, data, words):
    answer = upload(browser, data)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_pages_keep_their_budget_of_statements(app, browser, statements):
    there = go_through(app, browser)
    asked = [f"/transfer/{what}/new?resource=garage.vehicle" for what in ("imports", "exports")]
    for path in (there, *asked, "/transfer/import/", "/transfer/export/", "/transfer/exports/archive"):
        address = path if path.startswith("/t/") else browser.prefix + path
        browser.get(address)
        statements.clear()
        assert browser.get(address).status_code == 200
        assert len(statements) <= 8, (path, list(statements))
    draft = upload(browser).headers["Location"]
    browser.get(draft)
    statements.clear()
    assert browser.get(draft).status_code == 200
    assert len(statements) <= 8, list(statements)


def test_who_may_not_import_or_export_is_refused(house, browser):
    tenant = house.new_tenant()
    viewer = house.browser("viewer", tenant)
    for page in ("imports", "exports"):
        assert viewer.go(f"/transfer/{page}/new?resource=garage.vehicle").status_code == 403
        assert browser.go(f"/transfer/{page}/new?resource=nothing.here").status_code == 404
    assert "/transfer/imports/new" not in viewer.go("/garage/vehicle/").text
    assert "/transfer/imports/new" in browser.go("/garage/vehicle/").text


def test_a_small_export_comes_at_once_and_is_safe(app, house, browser):
    go_through(app, browser, b"Plate\n=1+1\n+5\n@x\n-7\nplain\n")
    data = {"resource": "garage.vehicle", "query": "", "columns": ["plate"], "format": "csv"}
    answer = browser.send("/transfer/exports/new", data)
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert sorted(lines) == sorted(['"Plate"', '"\'=1+1"', '"\'+5"', '"\'@x"', '"\'-7"', '"plain"'])
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_what_an_undo_left_is_called_by_its_name(app, browser):
    there = go_through(app, browser, b"Plate\nStays\nGoes\n")
    stays = re.search(r'href="([^"]*)"[^>]*><bdi[^>]*>Stays', browser.go("/garage/vehicle/").text).group(1)
    edit = f"{stays}/edit"
    assert browser.post(edit, data=page_of(browser.get(edit)).guarded().data(odometer="9")).status_code == 303
    browser.post(f"{there}/undo", data=page_of(browser.get(there)).form("/undo").data())
    run_due(app)
    left = browser.get(f"{there}/kept").text
    assert f'<a href="{stays}"><bdi>Stays</bdi></a>' in left
    assert "Goes" not in left


def test_ticked_rows_alone_are_exported(app, house, browser):
    go_through(app, browser, b"Plate\nA\nB\nC\n")
    listed = browser.go("/garage/vehicle/")
    ids = re.findall(r'name="id" value="([^"]+)"', listed.text)
    assert "/transfer/exports/ticked?resource=garage.vehicle" in listed.text
    asked = browser.send("/transfer/exports/ticked?resource=garage.vehicle", {"id": ids[:2], "query": "sort=plate"})
    form = page_of(asked).form("/exports/new")
    assert "2 records" in asked.text
    sent = browser.post(form.action, data=form.data())
    assert [row["Plate"] for row in csv.DictReader(io.StringIO(sent.get_data().decode("utf-8-sig")))] == ["B", "C"]
    all_of_them = browser.send("/transfer/exports/ticked?resource=garage.vehicle", {"id": ids[:2], "all": "1"})
    assert "3 records" in all_of_them.text
    [foreign] = house.add(Vehicle(plate="Theirs"), tenant=house.new_tenant())
    nobody = browser.send("/transfer/exports/ticked?resource=garage.vehicle", {"id": [str(foreign), "nonsense"]})
    assert "0 records" in nobody.text
    assert "0 records" in browser.send("/transfer/exports/ticked?resource=garage.vehicle", {"id": ["nonsense"]}).text


def test_a_large_export_is_a_job_with_a_download_that_expires(app, house, browser, monkeypatch):
    from datetime import timedelta

    from app.data import utcnow
    from app.transfer import exporting
    from app.transfer.models import Export

    go_through(app, browser, b"Plate\nA\nB\nC\n")
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    data = {"resource": "garage.vehicle", "query": "", "columns": ["plate"], "format": "json"}
    there = browser.send("/transfer/exports/new", data).headers["Location"]
    assert "progress" in browser.get(there).text
    run_due(app)
    ready = browser.get(there).text
    assert all(
        words in ready for words in ("Download", "Vehicles", "<dd><bdi>3</bdi></dd>", " byte", "Available until")
    )
    assert browser.get(there + "/file").get_json(force=True) == [{"plate": "C"}, {"plate": "B"}, {"plate": "A"}]
    slug = browser.prefix.removeprefix("/t/")
    tenant = next(t for (s, _r), t in _tenants(app, house).items() if s == slug)
    with inside(app, tenant) as session:
        session.query(Export).update({"expires_at": utcnow() - timedelta(days=1)})
        session.commit()
        exporting.expire(None)
        session.commit()
    assert browser.get(there + "/file").status_code == 404
    assert "was removed" in browser.get(there).text


def _tenants(app, house):
    from app.tenancy.services import find_tenant

    with app.app_context():
        return {(slug, role): find_tenant(slug) for slug, role in house.people if role == "owner"}
