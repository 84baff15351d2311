"""Pictures in fields of records: drawn anew, shown to whoever reads the record, gone when nothing names them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.contacts.models import Contact

PEOPLE = "/contacts/contact"


def drawing(width=900, height=600, colour=(200, 30, 30), kind="PNG", mode="RGB", **options):
    """A picture with something in it, so that it is no plain colour."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    image.paste(colour[: len(image.getbands())] if mode != "L" else 90, (0, 0, width // 2, height // 2))
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


def give(api, person, key, field="photo", resource=PEOPLE):
    version = api.get(f"{resource}/{person}").headers["ETag"]
    return api.patch(f"{resource}/{person}", json={field: key}, headers={"If-Match": version})


def test_a_picture_is_uploaded_saved_and_read_in_every_size(house, tenant, person):
    api = house.api("agent", tenant)
    made = send(api, drawing(2400, 1600))
    assert made.status_code == 201, made.text
    key = made.json["key"]
    assert (made.json["width"], made.json["height"]) == (1600, 1067)
    saved = give(api, person, key)
    assert (saved.status_code, saved.json["data"]["photo"] if "data" in saved.json else saved.json["photo"]) == (
        200,
        key,
    )
    for name, size in made.json["sizes"].items():
        got = api.get(f"/pictures/contacts.contact/photo/{key}/{name}")
        assert (got.status_code, got.mimetype) == (200, "image/webp"), got.text
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "private" in got.headers["Cache-Control"]
        assert name not in ("cell", "card", "large") or opened(got).size == (size["width"], size["height"])
