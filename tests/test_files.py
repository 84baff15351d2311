"""Files on records: the record decides who may, the bytes never run in our pages, nothing is left half done."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, Note
from app.files.models import Attachment, FileObject, FileUsage
from app.files.naming import clean_name
from app.files.services import attach
from app.files.storage import StoreDown
from app.files.stores import store

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def keys(tenant):
    return {item.key for item in store().items(tenant.id)}


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
        before = keys(tenant)
    assert send(api, person, b"").status_code == 422
    target = {"target_type": "contacts.contact", "target_id": str(person)}
    assert api.post("/files", data=target, content_type="multipart/form-data").status_code == 422
    assert api.post("/files", data=target).status_code == 415
    assert api.post("/files", target).status_code == 415
    with app.app_context():
        assert keys(tenant) == before


def test_rolled_back_rows_leave_no_bytes(house, tenant, person, app):
    with house.inside(tenant) as session:
        before = keys(tenant)
        attach(session(), "contacts.contact", person, io.BytesIO(b"gone"), "gone.txt")
        assert len(keys(tenant) - before) == 1
        session.rollback()
        assert keys(tenant) == before
        attach(session(), "contacts.contact", person, io.BytesIO(b"gone"), "gone.txt")
    with app.app_context():  # the session was closed without a commit
        assert keys(tenant) == before


def test_a_savepoint_keeps_and_drops_bytes_with_the_transaction(house, tenant, person, app):
    with house.inside(tenant) as session:
        before = keys(tenant)
        with session.begin_nested():
            attach(session(), "contacts.contact", person, io.BytesIO(b"inner"), "inner.txt")
        session.rollback()
        assert keys(tenant) == before
        with session.begin_nested():
            attach(session(), "contacts.contact", person, io.BytesIO(b"kept"), "kept.txt")
        session.commit()
        assert len(keys(tenant) - before) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("a\x00b\n.txt", "ab.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066a\u2069.txt", "a.txt"),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
        ("...", "file"),
        ("n" * 300 + ".pdf", "n" * 180 + ".pdf"),
    ],
)
def test_names_are_made_harmless(app, name, shown):
    with app.test_request_context():
        assert clean_name(name) == shown


class Down:
    """A store whose machine is off."""

    def __getattr__(self, _name):
        def refuse(*_args, **_more):
            raise StoreDown("no route to host")

        return refuse


@pytest.fixture
def store_down(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "tenantry.files", Down())


def counted(tenant, house):
    """(bytes, files) of a tenant's usage."""
    with house.inside(tenant) as session:
        row = session.get(FileUsage, tenant.id)
        return (row.bytes, row.files) if row else (0, 0)


def test_the_same_file_twice_is_there_once(house, tenant, person, app):
    api = house.api("owner", tenant)
    first, second = send(api, person), send(api, person)
    assert first.status_code == second.status_code == 201
    assert first.json["id"] == second.json["id"]
    assert send(api, person, b"other").json["id"] != first.json["id"]
    assert send(api, person, name="other.txt").json["id"] != first.json["id"]
    with app.app_context():
        assert len(keys(tenant)) == 3
    assert counted(tenant, house) == (15, 3)


def test_many_at_once_make_one_file_and_stay_within_the_quota(house, tenant, person, app, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    api = house.api("owner", tenant)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _n: send(house.api("owner", tenant), person), range(6)))
        assert {one.json["id"] for one in made} == {made[0].json["id"]}
        settings = app.config["TENANTRY"]
        monkeypatch.setitem(app.config, "TENANTRY", replace(settings, files_quota_mb=1))
        large = [bytes([65 + n]) * 400_000 for n in range(6)]
        statuses = list(pool.map(lambda body: send(api, person, body).status_code, large))
    assert sorted(statuses) == [201, 201, 422, 422, 422, 422]
    assert counted(tenant, house) == (800_005, 3)
    with app.app_context():
        assert len(keys(tenant)) == 3


def test_over_the_quota_says_so(house, tenant, person, app, monkeypatch):
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], files_quota_mb=1))
    answer = send(house.api("owner", tenant), person, b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 422
    assert "1 MB" in answer.json["errors"]["file"]
    with app.app_context():
        assert not keys(tenant)


def test_too_large_says_so_on_its_own_page(house, tenant, person, app, monkeypatch):
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], max_upload_mb=1))
    browser = house.browser("owner", tenant)
    form = {"target_type": "contacts.contact", "target_id": str(person)}
    page = browser.send("/files/add", {**form, "file": (io.BytesIO(b"x" * (1024 * 1024 + 1)), "large.txt")})
    assert page.status_code == 422
    assert "larger than 1 MB" in page.text
    assert str(person) in page.text


def test_a_store_that_is_down_says_one_sentence_and_keeps_what_was_sent_along(house, tenant, person, app, store_down):
    answer = send(house.api("owner", tenant), person)
    assert (answer.status_code, answer.json["code"]) == (503, "store_down")
    assert "store of files" in answer.json["detail"]
    assert "no route" not in answer.text
    browser = house.browser("owner", tenant)
    form = {"target_type": "contacts.contact", "target_id": str(person), "next": "/t/here/"}
    page = browser.send("/files/add", {**form, "file": (io.BytesIO(b"abc"), "plan.txt")})
    assert page.status_code == 503
    assert "store of files does not answer" in page.text
    assert "/t/here/" in page.text
    with house.inside(tenant) as session:
        assert session.scalars(select(FileObject)).all() == []


def test_a_download_while_the_store_is_down_or_the_bytes_are_gone(house, tenant, person, app, monkeypatch):
    api, browser = house.api("owner", tenant), house.browser("owner", tenant)
    made = send(api, person).json["id"]
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "tenantry.files", Down())
        assert api.get(f"/files/{made}").status_code == 503
        assert "store of files does not answer" in browser.go(f"/files/{made}").text
    with app.app_context():
        for key in keys(tenant):
            store().delete(key)
    assert api.get(f"/files/{made}").json["code"] == "file_missing"
    page = browser.go(f"/files/{made}")
    assert page.status_code == 404
    assert "gone from the store" in page.text


def test_the_trash_keeps_files_and_deleting_for_good_takes_them(house, tenant, person, app):
    api, browser = house.api("owner", tenant), house.browser("owner", tenant)
    made = send(api, person).json["id"]
    assert browser.send(f"/contacts/contact/{person}/delete").status_code == 303
    assert api.get(f"/files/{made}").status_code == 404
    with app.app_context():
        assert len(keys(tenant)) == 1
    assert browser.send(f"/contacts/contact/trash/{person}/restore").status_code == 303
    assert api.get(f"/files/{made}").status_code == 200
    assert browser.send(f"/contacts/contact/{person}/delete").status_code == 303
    assert browser.send(f"/contacts/contact/trash/{person}/purge").status_code == 303
    with house.inside(tenant) as session:
        assert session.scalars(select(Attachment)).all() == []
        assert session.scalars(select(FileObject)).all() == []
        assert not keys(tenant)
    assert counted(tenant, house) == (0, 0)


def test_deleting_an_attachment_for_good_takes_its_file(house, tenant, person, app):
    api = house.api("owner", tenant)
    kept, made = send(api, person, b"kept", "kept.txt").json["id"], send(api, person).json["id"]
    browser = house.browser("owner", tenant)
    assert browser.send(f"/contacts/attachment/{made}/delete").status_code == 303
    assert browser.send(f"/contacts/attachment/trash/{made}/purge").status_code == 303
    assert api.get(f"/files/{kept}").status_code == 200
    with app.app_context():
        assert len(keys(tenant)) == 1


def test_a_purge_that_fails_keeps_the_bytes(house, tenant, person):
    made = send(house.api("owner", tenant), person).json["id"]
    with house.inside(tenant) as session:
        session.delete(session.get(Contact, person))
        session.flush()
        session.rollback()
        with session.begin_nested() as savepoint:
            session.delete(session.get(Contact, person))
            session.flush()
            savepoint.rollback()
        session.commit()
        assert len(keys(tenant)) == 1
    assert house.api("owner", tenant).get(f"/files/{made}").status_code == 200


def test_a_purge_while_the_store_is_down_works_and_is_swept_later(house, tenant, person, app, monkeypatch):
    from datetime import timedelta

    from app.files.sweep import sweep

    send(house.api("owner", tenant), person)
    with house.inside(tenant) as session:
        with monkeypatch.context() as patch:
            patch.setitem(app.extensions, "tenantry.files", Down())
            session.delete(session.get(Contact, person))
            session.commit()
        assert len(keys(tenant)) == 1
        assert sweep(session(), age=timedelta(0)).orphans == 1
        assert not keys(tenant)


def test_a_record_deleted_during_the_upload_leaves_nothing(house, tenant, app, monkeypatch):
    """The upload has checked the record; it goes while the bytes are on their way."""
    (doomed,) = house.add(Contact(full_name="Doomed", first_name="Doomed"), tenant=tenant)
    save = store_of(app).save

    def slow(*args):
        house_context = app.app_context()
        with house_context, house.inside(tenant) as session:
            session.delete(session.get(Contact, doomed))
            session.commit()
        return save(*args)

    monkeypatch.setattr(store_of(app), "save", slow)
    assert send(house.api("owner", tenant), doomed).status_code == 404
    with app.app_context():
        assert not keys(tenant)


def store_of(app):
    with app.app_context():
        return store()


def test_an_upload_and_a_download_cost_few_statements(house, tenant, person, statements):
    api = house.api("owner", tenant)
    send(api, person, b"warm", "warm.txt")
    statements.clear()
    made = send(api, person, b"abc", "plan.txt").json["id"]
    assert len(statements) <= 11, statements.report()  # two rows, tokens, their event, two for the audit log
    statements.clear()
    assert api.get(f"/files/{made}").status_code == 200
    assert len(statements) <= 8, statements.report()


def test_notes_go_their_own_way(house, tenant, person, app):
    """A file may hang on any record, also on one that hangs on another."""
    (note,) = house.add(Note(target_type="contacts.contact", target_id=person, content="see file"), tenant=tenant)
    made = send(house.api("owner", tenant), note, kind="contacts.note")
    assert made.status_code == 201
    with house.inside(tenant) as session:
        session.delete(session.get(Note, note))
        session.commit()
        assert not keys(tenant)
