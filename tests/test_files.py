"""Files on records: the record decides who may, the bytes never run in our pages, nothing is left half done."""

from __future__ import annotations

import io
import uuid

import pytest

from app.contacts.models import Contact
from app.files.services import clean_name, orphans, store
from app.files.storage import LocalStore, TooLarge, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def person(house, tenant):
    return house.add(Contact(full_name="Has Files", first_name="Has"), tenant=tenant)[0]


def send(api, person, content=b"hello", name="notes.txt", kind="contacts.contact"):
    data = {"target_type": kind, "target_id": str(person), "file": (io.BytesIO(content), name)}
    return api.post("/files", data=data, content_type="multipart/form-data")


def test_a_file_comes_back_as_it_was_sent(house, tenant, person):
    api = house.api("agent", tenant)
    made = send(api, person, PNG, "صورة.png")
    assert made.status_code == 201, made.text
    assert (made.json["name"], made.json["mime"], made.json["size"]) == ("صورة.png", "image/png", len(PNG))
    got = api.get(f"/files/{made.json['id']}")
    assert got.data == PNG
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "UTF-8''%D8%B5" in got.headers["Content-Disposition"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["Content-Type"].startswith("application/octet-stream")
    assert "no-store" in got.headers["Cache-Control"]


def test_the_upload_form_and_the_related_list(house, tenant, person):
    browser = house.browser("agent", tenant)
    target = {"target_type": "contacts.contact", "target_id": str(person)}
    page = browser.go("/files/add", query_string=target)
    assert page.status_code == 200
    assert "Has Files" in page.text
    form = {**target, "file": (io.BytesIO(b"abc"), "plan.txt")}
    sent = browser.send("/files/add", form, content_type="multipart/form-data")
    assert sent.status_code == 303
    block = browser.go(f"/contacts/contact/{person}/related/contacts-attachment-target").text
    assert "plan.txt" in block
    assert "/files/add?" in block
    refused = browser.send("/files/add", target, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "choose a file" in refused.text


def test_who_may_not_read_the_record_may_not_read_the_file(house, tenant, person, app):
    from app.features.access_rules import AccessRule

    made = send(house.api("owner", tenant), person).json["id"]
    assert house.api("viewer", tenant).get(f"/files/{made}").status_code == 200
    house.add(AccessRule(role="viewer", resource="contacts.contact", row_scope="own"), tenant=tenant)
    assert house.api("viewer", tenant).get(f"/files/{made}").status_code == 404


def test_who_may_not_change_the_record_may_not_add_to_it(house, tenant, person):
    assert send(house.api("viewer", tenant), person).status_code == 403


def test_another_tenant_finds_neither_record_nor_file(house, tenant, person):
    made = send(house.api("owner", tenant), person).json["id"]
    assert house.api("owner").get(f"/files/{made}").status_code == 404
    assert send(house.api("owner"), person).status_code == 404
    assert house.browser("owner").go(f"/files/{made}").status_code == 404


@pytest.mark.parametrize("target", ["nothing", "contacts.nothing", "console.member"])
def test_targets_that_do_not_exist(house, tenant, target):
    assert send(house.api("owner", tenant), uuid.uuid4(), kind=target).status_code == 404
    assert send(house.api("owner", tenant), "not-an-id", kind="contacts.contact").status_code == 404


def test_an_empty_or_missing_file_is_refused_and_leaves_nothing(house, tenant, person, app):
    api = house.api("owner", tenant)
    with app.app_context():
        before = set(store().keys())
    assert send(api, person, b"").status_code == 422
    assert api.post("/files", data={"target_type": "contacts.contact", "target_id": str(person)}).status_code == 422
    with app.app_context():
        assert set(store().keys()) == before
        assert not list(orphans())


def test_rolled_back_rows_leave_no_bytes(house, tenant, person, app):
    from app.files.services import attach

    with house.inside(tenant) as session:
        before = set(store().keys())
        attach(session(), "contacts.contact", person, io.BytesIO(b"gone"), "gone.txt")
        assert len(set(store().keys()) - before) == 1
        session.rollback()
        assert set(store().keys()) == before
        attach(session(), "contacts.contact", person, io.BytesIO(b"gone"), "gone.txt")
    with app.app_context():  # the session was closed without a commit
        assert set(store().keys()) == before


def test_a_savepoint_keeps_and_drops_bytes_with_the_transaction(house, tenant, person, app):
    from app.files.services import attach

    with house.inside(tenant) as session:
        before = set(store().keys())
        with session.begin_nested():
            attach(session(), "contacts.contact", person, io.BytesIO(b"inner"), "inner.txt")
        session.rollback()
        assert set(store().keys()) == before
        with session.begin_nested():
            attach(session(), "contacts.contact", person, io.BytesIO(b"kept"), "kept.txt")
        session.commit()
        assert len(set(store().keys()) - before) == 1


def test_a_store_refuses_what_is_too_large_and_keeps_nothing(tmp_path):
    place = LocalStore(tmp_path)
    with pytest.raises(TooLarge):
        place.save(io.BytesIO(b"x" * 11), 10)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert place.open(place.save(io.BytesIO(b"x" * 10), 10).key).read() == b"x" * 10


@pytest.mark.parametrize("key", ["../../etc/passwd", "ab/../../x", "/etc/passwd", "", "ab/" + "g" * 62])
def test_a_store_opens_only_its_own_keys(tmp_path, key):
    with pytest.raises(FileNotFoundError):
        LocalStore(tmp_path).open(key)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("a\x00b\n.txt", "ab.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("...", "file"),
        ("n" * 300 + ".pdf", "n" * 180 + ".pdf"),
    ],
)
def test_names_are_made_harmless(app, name, shown):
    with app.test_request_context():
        assert clean_name(name) == shown


def test_types_come_from_the_bytes():
    assert sniff(PNG) == "image/png"
    assert sniff("نص عادي".encode()) == "text/plain"
    assert sniff(b"\x00\x01\x02\xff") == "application/octet-stream"
