"""Both stores keep the same promises: the folder, and a bucket behind a server that speaks S3."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import uuid
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image
from sqlalchemy import select

from app.contacts.models import Contact
from app.data import utcnow
from app.files.local import LocalStore
from app.files.pictures.models import Picture
from app.files.pictures.services import make_sizes
from app.files.pictures.sizes import shape_of
from app.files.s3 import _PIECE, S3Store
from app.files.storage import StoreDown, TooLarge
from app.files.stores import open_store

BUCKET = "tenantry-files"
OWNER = uuid.UUID(int=7)
LIMIT = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def endpoint():
    """A server that speaks S3, on a port of the kernel's choice."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_settings(settings, endpoint):
    made = replace(
        settings, files_store="s3", files_s3_bucket=BUCKET, files_s3_endpoint=endpoint, files_s3_region="us-east-1",
        files_s3_access_key="key", files_s3_secret_key="secret",
    )  # fmt: skip
    client = s3_client(made)
    client.create_bucket(Bucket=BUCKET)
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    return made


def s3_client(settings):
    """The server asked by another hand than ours."""
    return boto3.client(
        "s3", endpoint_url=settings.files_s3_endpoint, region_name="us-east-1", aws_access_key_id="key",
        aws_secret_access_key="secret",
    )  # fmt: skip


@pytest.fixture(params=["local", "s3"])
def place(request, tmp_path, settings):
    if request.param == "local":
        return LocalStore(tmp_path)
    return open_store(request.getfixturevalue("s3_settings"))


def test_what_is_stored_comes_back_with_its_checksum(place):
    body = b"hello \x00 world" * 1_000
    stored = place.save(OWNER, io.BytesIO(body), LIMIT)
    assert (stored.size, stored.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert stored.key.startswith(f"{OWNER.hex}/")
    with place.open(stored.key) as stream:
        assert stream.read(5) == b"hello"
        assert stream.read() == body[5:]
    assert [(item.key, item.size) for item in place.items(OWNER)] == [(stored.key, len(body))]
    assert list(place.items(uuid.UUID(int=8))) == []
    assert list(place.owners()) == [OWNER]
    assert abs(next(iter(place.items(OWNER))).modified - utcnow()) < timedelta(minutes=5)
    place.delete(stored.key)
    place.delete(stored.key)
    with pytest.raises(FileNotFoundError):
        place.open(stored.key)
    assert list(place.items(OWNER)) == []


def test_names_are_never_the_same(place):
    keys = {place.save(OWNER, io.BytesIO(b"same"), LIMIT).key for _number in range(5)}
    assert len(keys) == 5


@pytest.mark.parametrize("size", [11, _PIECE * 2 + 11])
def test_what_is_too_large_is_refused_and_leaves_nothing(place, size):
    with pytest.raises(TooLarge):
        place.save(OWNER, io.BytesIO(b"x" * size), size - 1)
    assert list(place.items(OWNER)) == []
    assert place.clear_drafts(utcnow() + timedelta(hours=1)) == 0
    assert place.save(OWNER, io.BytesIO(b"x" * size), size).size == size


class Endless(io.RawIOBase):
    """So many bytes, made as they are read."""

    def __init__(self, size, breaks_at=None):
        self.left, self.breaks_at = size, breaks_at

    def read(self, size=-1):
        if self.breaks_at is not None and self.left < self.breaks_at:
            raise ConnectionResetError("the sender is gone")
        piece = b"x" * min(self.left, size if size > 0 else self.left)
        self.left -= len(piece)
        return piece


def test_a_large_file_is_never_in_memory_as_a_whole(place):
    place.save(OWNER, io.BytesIO(b"warm"), LIMIT)
    size = 5 * _PIECE
    tracemalloc.start()
    try:
        stored = place.save(OWNER, Endless(size), LIMIT)
        if isinstance(place, LocalStore):  # moto's server lives in this process and keeps it all
            assert tracemalloc.get_traced_memory()[1] < _PIECE
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        with place.open(stored.key) as stream:
            assert len(stream.read(1024)) == 1024
            if isinstance(place, LocalStore):
                assert tracemalloc.get_traced_memory()[1] - before < _PIECE
    finally:
        tracemalloc.stop()
    assert stored.size == size


def test_a_sender_who_breaks_off_leaves_nothing(place):
    with pytest.raises((ConnectionResetError, StoreDown)):
        place.save(OWNER, Endless(3 * _PIECE, breaks_at=_PIECE), LIMIT)
    assert list(place.items(OWNER)) == []
    assert place.clear_drafts(utcnow() + timedelta(hours=1)) == 0


def test_drafts_of_the_dead_are_cleared_when_they_are_old(tmp_path, s3_settings):
    folder = tmp_path / OWNER.hex / "ab"
    folder.mkdir(parents=True)
    (folder / ("c" * 38 + ".part")).write_bytes(b"half")
    client = s3_client(s3_settings)
    client.create_multipart_upload(Bucket=BUCKET, Key=f"{OWNER.hex}/ab/{'c' * 38}")
    for place in (LocalStore(tmp_path), open_store(s3_settings)):
        assert list(place.items(OWNER)) == []
        if isinstance(place, LocalStore):  # moto says of every draft that it is from 2010
            assert place.clear_drafts(utcnow() - timedelta(days=1)) == 0
        assert place.clear_drafts(utcnow() + timedelta(days=1)) == 1
        assert place.clear_drafts(utcnow() + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "ab/../../x", "/etc/passwd", "", "g" * 32 + "/ab/" + "c" * 38, f"{OWNER.hex}/ab/c"]
)
def test_a_store_opens_only_its_own_keys(place, key):
    for call in (place.open, place.delete):
        with pytest.raises(FileNotFoundError):
            call(key)


def test_the_folder_is_private_to_each_tenant_and_survives_foreign_files(tmp_path):
    place = LocalStore(tmp_path)
    stored = place.save(OWNER, io.BytesIO(b"mine"), LIMIT)
    (tmp_path / "lost+found").mkdir()
    (tmp_path / OWNER.hex / "README").write_text("not ours")
    assert [item.key for item in place.items(OWNER)] == [stored.key]
    assert list(place.owners()) == [OWNER]


def test_a_folder_that_cannot_be_written_is_a_store_that_is_down(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    place = LocalStore(blocked)
    with pytest.raises(StoreDown):
        place.save(OWNER, io.BytesIO(b"x"), LIMIT)
    with pytest.raises(StoreDown):
        place.check()
    LocalStore(tmp_path / "new").check()


def test_a_server_that_is_away_or_a_bucket_that_is_not_there(s3_settings):
    place = open_store(s3_settings)
    place.check()
    nowhere = S3Store(replace(s3_settings, files_s3_bucket="no-such-bucket"))
    away = S3Store(replace(s3_settings, files_s3_endpoint="http://127.0.0.1:9"))
    for broken in (nowhere, away):
        with pytest.raises(StoreDown):
            broken.check()
        with pytest.raises(StoreDown):
            broken.save(OWNER, io.BytesIO(b"x"), LIMIT)
        with pytest.raises(StoreDown):
            list(broken.items(OWNER))


def test_the_whole_way_over_s3(house, app, s3_settings, monkeypatch):
    """Upload, download, delete for good: through REST, with the bytes in the bucket."""
    monkeypatch.setitem(app.extensions, "tenantry.files", open_store(s3_settings))
    tenant = house.new_tenant()
    (person,) = house.add(Contact(full_name="Has Files", first_name="Has"), tenant=tenant)
    api, browser = house.api("owner", tenant), house.browser("owner", tenant)
    body = b"%PDF-1.7\n" + b"x" * (_PIECE + 5)
    data = {"target_type": "contacts.contact", "target_id": str(person), "file": (io.BytesIO(body), "plan.pdf")}
    made = api.post("/files", data=data, content_type="multipart/form-data")
    assert (made.status_code, made.json["mime"]) == (201, "application/pdf")
    listed = s3_client(s3_settings).list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [one["Key"].partition("/")[0] for one in listed] == [tenant.id.hex]
    for got in (api.get(f"/files/{made.json['id']}"), browser.go(f"/files/{made.json['id']}")):
        assert got.data == body
        assert got.headers["Content-Disposition"].startswith("attachment")
    assert browser.send(f"/contacts/attachment/{made.json['id']}/delete").status_code == 303
    assert browser.send(f"/contacts/attachment/trash/{made.json['id']}/purge").status_code == 303
    assert "Contents" not in s3_client(s3_settings).list_objects_v2(Bucket=BUCKET)


def test_pictures_are_kept_served_and_removed_in_either_store(app, house, place, monkeypatch):
    monkeypatch.setitem(app.extensions, "tenantry.files", place)
    tenant = house.new_tenant()
    [person] = house.add(Contact(full_name="Has a picture", first_name="Has"), tenant=tenant)
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((1000, 700)).convert("RGB").save(picture, "JPEG")
    picture.seek(0)
    api = house.api("owner", tenant)
    sent = {"resource": "contacts.contact", "field": "photo", "file": (picture, "me.jpg")}
    key = api.post("/pictures", data=sent, content_type="multipart/form-data").json["key"]
    assert api.patch(f"/contacts/contact/{person}", {"photo": key}, headers={"If-Match": "*"}).status_code == 200
    with house.inside(tenant) as session:
        assert make_sizes(session, key) == 2
        session.commit()
        assert len(list(place.items(tenant.id))) == 5
    for size in ("cell", "card", "card2", "page", "large"):
        got = api.get(f"/pictures/contacts.contact/photo/{key}/{size}")
        assert Image.open(io.BytesIO(got.data)).size == shape_of(key).at(size)
    with house.inside(tenant) as session:
        session.delete(session.get(Contact, person))
        session.commit()
    assert list(place.items(tenant.id)) == []


def test_a_store_that_is_down_says_so_and_keeps_nothing(app, house, settings, monkeypatch):
    dead = replace(
        settings, files_store="s3", files_s3_bucket=BUCKET, files_s3_endpoint="http://127.0.0.1:9",
        files_s3_region="us-east-1", files_s3_access_key="key", files_s3_secret_key="secret",
    )  # fmt: skip
    monkeypatch.setitem(app.extensions, "tenantry.files", open_store(dead))
    tenant = house.new_tenant()
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    picture.seek(0)
    sent = {"resource": "contacts.contact", "field": "photo", "file": (picture, "me.png")}
    answer = house.api("owner", tenant).post("/pictures", data=sent, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (503, "store_down")
    with house.inside(tenant) as session:
        assert session.scalars(select(Picture.key)).all() == []
