"""Pictures in fields of records: drawn anew, shown to whoever reads the record, gone when nothing names them."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from app.contacts.models import Contact
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.files.models import FileObject, FileUsage
from app.files.pictures.jobs import make_all_thumbnails
from app.files.pictures.models import Picture, PictureFile
from app.files.pictures.services import make_sizes, take_picture
from app.files.pictures.sizes import SIZES, Shape, shape_of
from app.files.pictures.sweep import KEPT
from app.files.quota import Refused
from app.files.stores import store
from app.files.sweep import sweep
from app.testing.pages import page_of

PEOPLE = "/contacts/contact"


def drawing(width=90, height=60, kind="PNG", mode="RGB", tint=120, **options):
    """A picture with something in it, so that it is no plain colour."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    image.paste(tint if mode in ("L", "I;16") else (tint,) * len(image.getbands()), (0, 0, width // 2, height // 2))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(answer):
    return Image.open(io.BytesIO(answer.data))


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def person(house, tenant):
    return house.add(Contact(full_name="Rana Haddad", first_name="Rana"), tenant=tenant)[0]


def send(api, content, field="photo", kind="contacts.contact", name="me.png"):
    data = {"resource": kind, "field": field, "file": (io.BytesIO(content), name)}
    return api.post("/pictures", data=data, content_type="multipart/form-data")


def give(api, person, key):
    return api.patch(f"{PEOPLE}/{person}", {"photo": key}, headers={"If-Match": "*"})


def given(api, person, content=None):
    """A picture on the record; its key."""
    made = send(api, content or drawing())
    assert made.status_code == 201, made.text
    saved = give(api, person, made.json["key"])
    assert (saved.status_code, saved.json["photo"]) == (200, made.json["key"]), saved.text
    return made.json["key"]


def address(key, size="card"):
    return f"/pictures/contacts.contact/photo/{key}/{size}"


def in_store(house, tenant):
    with house.inside(tenant):
        return {item.key for item in store().items(tenant.id)}


def bytes_used(session):
    return session.scalars(select(FileUsage.bytes)).one()


# --- over REST --------------------------------------------------------------------------------------------------------


def test_a_picture_is_uploaded_saved_and_read_in_every_size(house, tenant, person):
    api = house.api("agent", tenant)
    made = send(api, drawing(2400, 1600))
    assert made.status_code == 201, made.text
    key = made.json["key"]
    assert (made.json["width"], made.json["height"]) == (1600, 1067)
    assert give(api, person, key).json["photo"] == key
    assert api.get(f"/pictures/contacts.contact/photo/{key}").json["sizes"].keys() == SIZES.keys()
    with house.inside(tenant) as session:
        assert make_sizes(session, key) == 2  # the job's: cell, card and the largest are there at once
        session.commit()
    for name, size in made.json["sizes"].items():
        got = api.get(address(key, name))
        assert (got.status_code, got.mimetype) == (200, "image/webp"), got.text
        assert opened(got).size == (size["width"], size["height"]) == shape_of(key).at(name)
        assert got.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        again = api.get(address(key, name), headers={"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_size_that_is_not_made_yet_is_stood_in_for_and_not_kept(house, tenant, person):
    api = house.api("agent", tenant)
    key = given(api, person, drawing(1500, 1000))
    got = api.get(address(key, "page"))
    assert (opened(got).size, got.headers["Cache-Control"]) == ((1500, 1000), "private, no-store")
    assert api.get(address(key, "huge")).status_code == 404


def test_a_picture_is_replaced_and_taken_out(house, tenant, person):
    api = house.api("agent", tenant)
    first, second = given(api, person), given(api, person, drawing(tint=10))
    assert first != second
    assert api.get(address(first)).status_code == 404  # no record shows it any more
    assert give(api, person, None).json["photo"] is None
    assert api.get(address(second)).status_code == 404
    found = api.get(f"{PEOPLE}?photo.empty=true&fields=full_name").json["data"]
    assert [row["id"] for row in found] == [str(person)]


@pytest.mark.parametrize("value", ["me.png", "0" * 40, f"{'a' * 40}-8x8", 7, {"key": "x"}])
def test_what_is_no_picture_here_is_refused_at_its_field(house, tenant, person, value):
    answer = give(house.api("agent", tenant), person, value)
    assert answer.status_code == 422
    assert "photo" in json.dumps(answer.json)


def test_an_upload_needs_a_field_that_may_be_filled_in(house, tenant):
    viewer, agent = house.api("viewer", tenant), house.api("agent", tenant)
    assert send(viewer, drawing()).status_code == 403
    assert send(agent, drawing(), field="full_name").status_code == 404
    assert send(agent, drawing(), kind="contacts.nothing").status_code == 404
    assert send(agent, b"").status_code == 422


# --- who may see it ---------------------------------------------------------------------------------------------------


def test_other_tenants_never_see_a_picture(house, tenant, person):
    key = given(house.api("agent", tenant), person)
    other = house.new_tenant()
    stranger = house.api("owner", other)
    assert stranger.get(address(key)).status_code == 404
    theirs = house.add(Contact(full_name="Somebody"), tenant=other)[0]
    assert give(stranger, theirs, key).status_code == 422
    page = house.browser("owner", other).go(f"{PEOPLE}/pictures/photo/{key}/card")
    assert page.status_code == 404


def test_the_record_and_the_field_decide_who_sees_it(house, tenant, person):
    key = given(house.api("owner", tenant), person)
    agent = house.api("agent", tenant)
    assert agent.get(address(key)).status_code == 200
    with house.inside(tenant) as session:
        session.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"))
        session.commit()
    assert agent.get(address(key)).status_code == 404  # it is not the agent's record
    with house.inside(tenant) as session:
        rule = session.scalars(select(AccessRule)).one()
        rule.row_scope, rule.hidden = "all", ["photo"]
        session.commit()
    assert agent.get(address(key)).status_code == 404
    assert "photo" not in agent.get(f"{PEOPLE}/{person}").json
    assert key not in house.browser("agent", tenant).go(f"{PEOPLE}/gallery").text
    assert house.api("owner", tenant).get(address(key)).status_code == 200


def test_an_upload_is_its_uploaders_until_it_is_saved(house, tenant, person):
    owner, agent = house.api("owner", tenant), house.api("agent", tenant)
    key = send(agent, drawing()).json["key"]
    assert agent.get(address(key)).status_code == 200
    assert owner.get(address(key)).status_code == 404
    give(agent, person, key)
    assert owner.get(address(key)).status_code == 200


def test_the_trash_shows_it_to_whoever_may_bring_the_record_back(house, tenant, person):
    owner = house.api("owner", tenant)
    key = given(owner, person)
    assert owner.delete(f"{PEOPLE}/{person}").status_code == 204
    assert owner.get(address(key)).status_code == 200
    assert house.api("viewer", tenant).get(address(key)).status_code == 404
    assert owner.post(f"{PEOPLE}/{person}/restore").status_code == 200
    assert owner.get(f"{PEOPLE}/{person}").json["photo"] == key


# --- on screens -------------------------------------------------------------------------------------------------------


def test_a_form_takes_a_file_without_scripts_and_takes_it_out_again(house, tenant, person):
    browser = house.browser("agent", tenant)
    edit = f"{PEOPLE}/{person}/edit"
    form = page_of(browser.go(edit)).guarded()
    assert 'enctype="multipart/form-data"' in browser.go(edit).text
    data = form.data().to_dict() | {"photo-file": (io.BytesIO(drawing()), "me.png")}
    assert browser.post(form.action, data=data, content_type="multipart/form-data").status_code == 303
    api = house.api("agent", tenant)
    key = api.get(f"{PEOPLE}/{person}").json["photo"]
    assert api.get(address(key)).status_code == 200
    page = browser.go(f"{PEOPLE}/{person}").text
    assert f'src="/t/{tenant.slug}{PEOPLE}/pictures/photo/{key}/cell"' in page.replace("&amp;", "&")
    form = page_of(browser.go(edit)).guarded()
    assert browser.post(form.action, data=form.data().to_dict() | {"photo-remove": "1"}).status_code == 303
    assert api.get(f"{PEOPLE}/{person}").json["photo"] is None


def test_a_file_that_is_no_picture_comes_back_at_its_field(house, tenant, person):
    browser = house.browser("agent", tenant)
    form = page_of(browser.go(f"{PEOPLE}/{person}/edit")).guarded()
    data = form.data(first_name="Typed").to_dict() | {"photo-file": (io.BytesIO(b"no picture"), "me.png")}
    answer = browser.post(form.action, data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "no picture that can be read" in answer.text
    assert 'value="Typed"' in answer.text


def test_the_upload_of_a_form_answers_what_is_shown(house, tenant, person):
    browser = house.browser("agent", tenant)
    sent = {"file": (io.BytesIO(drawing()), "me.png"), "csrf_token": browser.csrf()}
    where = f"{browser.prefix}{PEOPLE}/pictures/photo"
    made = browser.post(where, data=sent, content_type="multipart/form-data")
    assert made.status_code == 201, made.text
    assert (made.json["width"], made.json["height"]) == (90, 60)
    assert browser.get(made.json["src"]).status_code == 200
    bad = {"file": (io.BytesIO(b"GIF89a"), "me.gif"), "csrf_token": browser.csrf()}
    refused = browser.post(where, data=bad, content_type="multipart/form-data")
    assert (refused.status_code, list(refused.json)) == (422, ["error"])


def test_history_brings_a_picture_back_as_long_as_it_is_kept(house, tenant, person):
    api = house.api("owner", tenant)
    first = given(api, person)
    given(api, person, drawing(tint=10))
    newest = api.get(f"{PEOPLE}/{person}/history").json["data"][0]
    assert newest["changes"]["photo"]["before"] == first
    assert first not in house.browser("owner", tenant).go(f"{PEOPLE}/{person}/history").text  # it is named, not shown
    path = f"{PEOPLE}/{person}/history/{newest['id']}/restore?confirm=1"
    back = api.post(path, {"fields": ["photo"]})
    assert back.status_code == 200, back.text
    assert api.get(f"{PEOPLE}/{person}").json["photo"] == first


def test_a_copy_shows_the_same_picture_and_outlives_the_first(house, tenant, person):
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    key = given(api, person)
    form = page_of(browser.go(f"{PEOPLE}/add?_copy={person}")).guarded()
    assert form.data()["photo"] == key
    browser.post(form.action, data=form.data(first_name="Twin", _confirmed="1"))
    with house.inside(tenant) as session:
        session.delete(session.get(Contact, person))
        session.commit()
    assert api.get(address(key)).status_code == 200


def test_paper_shows_the_picture(house, tenant, person):
    browser = house.browser("owner", tenant)
    before = len(browser.go(f"{PEOPLE}/{person}/pdf").data)
    given(house.api("owner", tenant), person, drawing(600, 400, mode="RGBA"))
    paper = browser.go(f"{PEOPLE}/{person}/pdf").data
    assert paper.startswith(b"%PDF-")
    assert b"/Image" in paper
    assert len(paper) > before


# --- keeping, counting, sweeping --------------------------------------------------------------------------------------


def test_a_record_that_is_deleted_for_good_takes_its_picture_along(house, tenant, person):
    key = given(house.api("owner", tenant), person)
    with house.inside(tenant) as session:
        assert set(session.scalars(select(PictureFile.key))) == {key}
        assert bytes_used(session) > 0
        session.delete(session.get(Contact, person))
        session.commit()
        assert session.scalar(select(func.count()).select_from(Picture)) == 0
        assert bytes_used(session) == 0
    assert in_store(house, tenant) == set()


def test_the_sweep_keeps_what_histories_need_for_a_while(house, tenant, person):
    api = house.api("owner", tenant)
    old, new = given(api, person), given(api, person, drawing(tint=10))
    with house.inside(tenant) as session:
        sweep(session)
        waits = dict(session.execute(select(Picture.key, Picture.goes_at)).all())
        assert waits[new] is None
        assert waits[old] > utcnow() + KEPT - timedelta(minutes=5)
        session.execute(update(Picture).where(Picture.key == old).values(goes_at=utcnow() - timedelta(seconds=1)))
        session.commit()
        sweep(session)
        assert session.scalars(select(Picture.key)).all() == [new]
        counted = session.scalar(select(func.sum(PictureFile.bytes)))
        assert bytes_used(session) == counted
    assert give(api, person, old).status_code == 422


def test_an_upload_that_nobody_saves_goes_after_a_day(house, tenant):
    key = send(house.api("owner", tenant), drawing()).json["key"]
    with house.inside(tenant) as session:
        sweep(session)
        assert session.scalars(select(Picture.key)).all() == [key]
        session.execute(update(Picture).values(goes_at=utcnow() - timedelta(seconds=1)))
        session.commit()
        sweep(session)
        assert session.scalars(select(Picture.key)).all() == []
        assert bytes_used(session) == 0


def test_a_picture_that_is_taken_up_just_before_it_goes_stays(house, tenant, person):
    api = house.api("owner", tenant)
    key = send(api, drawing()).json["key"]
    with house.inside(tenant) as session:
        session.execute(update(Picture).values(goes_at=utcnow() - timedelta(seconds=1)))
        session.commit()
    assert give(api, person, key).status_code == 200
    with house.inside(tenant) as session:
        sweep(session)
        assert session.scalars(select(Picture.goes_at)).all() == [None]


def test_the_same_picture_is_stored_once(house, tenant):
    api = house.api("owner", tenant)
    first = send(api, drawing()).json["key"]
    with house.inside(tenant) as session:
        used = bytes_used(session)
    assert send(api, drawing()).json["key"] == first
    with house.inside(tenant) as session:
        assert bytes_used(session) == used == session.scalar(select(func.sum(PictureFile.bytes)))


def test_sizes_are_made_anew_when_they_are_others(house, tenant, person, monkeypatch):
    api = house.api("owner", tenant)
    key = given(api, person, drawing(1000, 800))
    with house.inside(tenant) as session:
        make_sizes(session, key)
        session.commit()
    monkeypatch.setitem(SIZES, "card", replace(SIZES["card"], edge=200))
    with house.inside(tenant) as session:
        assert make_all_thumbnails(session) == (1, 0)
        assert make_all_thumbnails(session) == (0, 0)
    assert opened(api.get(address(key))).size == (200, 160)
    with house.inside(tenant) as session:
        assert bytes_used(session) == session.scalar(select(func.sum(PictureFile.bytes)))


def test_two_uploads_at_once_cannot_pass_the_quota_together(app, house, tenant, monkeypatch):
    """Only one of them fits: whoever is second is refused, and nothing of theirs stays."""
    with house.inside(tenant) as session:
        take_picture(session, io.BytesIO(drawing(tint=1)))
        one = bytes_used(session)
        session.commit()
    settings = app.config["TENANTRY"]
    monkeypatch.setitem(app.config, "TENANTRY", replace(settings, files_quota_mb=(one * 2.5) / 1024 / 1024))
    outcomes = []

    def upload(tint):
        with house.inside(tenant) as session:
            try:
                take_picture(session, io.BytesIO(drawing(tint=tint)))
                session.commit()
                outcomes.append("taken")
            except Refused:
                session.rollback()
                outcomes.append("refused")

    both = [threading.Thread(target=upload, args=(tint,)) for tint in (2, 3)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) == ["refused", "taken"]
    with house.inside(tenant) as session:
        kept = {row.storage_key for row in session.scalars(select(PictureFile))}
        assert kept == {item.key for item in store().items(tenant.id)}


def test_a_transaction_that_fails_leaves_no_bytes(house, tenant):
    with house.inside(tenant) as session:
        take_picture(session, io.BytesIO(drawing()))
        assert list(store().items(tenant.id))
        session.rollback()
    assert in_store(house, tenant) == set()


# --- files in and out, privacy ----------------------------------------------------------------------------------------


def test_the_archive_of_a_tenant_holds_the_bytes(house, tenant, person):
    from app.transfer.archive import write_archive

    key = given(house.api("owner", tenant), person)
    out = io.BytesIO()
    with house.inside(tenant) as session:
        manifest = write_archive(session, tenant, out, lambda done, total: None)
    with zipfile.ZipFile(out) as archive:
        assert Image.open(io.BytesIO(archive.read(f"pictures/{key}.webp"))).size == (90, 60)
    assert {"public.picture", "picture"} & {one["table"] for one in manifest["records"]}


def test_a_person_gets_their_picture_and_is_rid_of_it_when_forgotten(house, tenant, person):
    owner, api = house.browser("owner", tenant), house.api("owner", tenant)
    key = given(api, person)
    known = owner.go(f"/contacts/privacy/{person}").json
    assert known["contacts"]["pictures"][key].startswith("data:image/webp;base64,")
    assert api.post(f"{PEOPLE}/{person}/actions/forget", {}).status_code == 200
    with house.inside(tenant) as session:
        assert session.scalars(select(Picture.key)).all() == []
    assert in_store(house, tenant) == set()


# --- what a key says --------------------------------------------------------------------------------------------------


def test_no_size_is_larger_than_the_picture_and_none_vanishes():
    for shape in (Shape("0" * 40, 1, 1), Shape("0" * 40, 1600, 3), Shape("0" * 40, 3, 1600), Shape("0" * 40, 500, 400)):
        for name in SIZES:
            width, height = shape.at(name)
            assert 1 <= width <= shape.width
            assert 1 <= height <= shape.height


def test_a_picture_is_no_file_of_a_record(house, tenant, person):
    given(house.api("owner", tenant), person)
    with house.inside(tenant) as session:
        assert session.scalar(select(func.count()).select_from(FileObject)) == 0
