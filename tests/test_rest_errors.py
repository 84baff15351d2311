"""Bad input to the API: always a problem document with a 4xx status, never a 500, never SQL."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.testing.house import Api, House

VEHICLE = "/garage/vehicle"
CONTACT = "/contacts/contact"
NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"
DIGITS = "9" * 5_000


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner")


def is_problem(answer: Any, status: int | None = None) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert status is None or answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert body["status"] == answer.status_code
    assert body["title"], body["detail"]
    assert body["request_id"] == answer.headers["X-Request-ID"]
    for word in ("SELECT", "INSERT", "psycopg", "sqlalchemy", "Traceback", "pg_"):
        assert word not in answer.text
    return body


ARGUMENTS = [
    "nonsense=1", "nonsense.is=1", "plate.nonsense=1", "plate=1", ".is=1", "plate.=1", "size=0", "size=-1", "size=201",
    "size=1e9", f"size={DIGITS}", "size=٣", "sort=nonsense", "sort=history", "sort=--plate", "sort=", "cursor=x",
    "cursor=%00", "cursor=WzEsMl0", f"cursor={'A' * 5000}", "count=maybe", "trash=2", "fields=nonsense",
    "fields=tenant_id", "fields=doors", "expand=plate", "expand=owner.company", "columns=plate", "odometer.is=x",
    f"odometer.is={DIGITS}", "odometer.between=1", "odometer.between=1,2,3", "price.is=12.345 USD", "price.is=1 QQQ",
    "consumption.is=NaN", "consumption.is=Infinity", "registered_on.is=2026-02-30", "registered_on.before=x",
    "seen_at.after=99999-01-01", "seen_at.is=0000", "fuel.is=water", "insured.is=maybe", "plate.empty=maybe",
    "owner.is=x", f"owner.is={'0' * 31}", "plate.is=%00", f"plate.contains={'a' * 501}", "device.one_of=x,y",
    "fuel.one_of=" + ",".join(["petrol"] * 101), "&".join(f"plate.is=a&odometer.is={n}" for n in range(3)) + "&z.is=1",
    "confirm=1", "stolen.is_not=1", "equipment.is=1", "price.at_least=999999999999999999999 USD",
    "weight.at_least=1e99", "custom.nonsense.is=1", "deleted_at.empty=1",
]  # fmt: skip


@pytest.mark.parametrize("query", ARGUMENTS, ids=lambda text: text[:40])
def test_arguments_of_lists(api: Api, query: str) -> None:
    assert is_problem(api.get(f"{VEHICLE}?{query}"), 422)["errors"]


def test_every_argument_at_fault_is_named(api: Api) -> None:
    answer = api.get(f"{VEHICLE}?size=0&nonsense=1&fuel.is=water&expand=plate&count=x")
    assert set(is_problem(answer, 422)["errors"]) == {"size", "nonsense", "fuel.is", "expand", "count"}


HARMLESS = [
    "q=%00", "q=((((", "q=" + "a" * 5000, "q=%F0%9F%98%80", "q=' OR 1=1 --", "plate.is='; DROP TABLE vehicle; --",
    "plate.starts=%25", "plate.contains=_", "q=%FF%FE", "plate.is=%ED%A0%80", "history.contains=\\", "q=",
    "labels.has=,", "plate.one_of=,,,a", "page.is=%", "mail.starts=@",
]  # fmt: skip


@pytest.mark.parametrize("query", HARMLESS)
def test_strange_texts_in_arguments_find_nothing_and_break_nothing(api: Api, query: str) -> None:
    assert api.get(f"{VEHICLE}?{query}").status_code in (200, 422)


@pytest.mark.parametrize("key", ["1", "x", "0" * 32, "../x", "%00", "-1", NOBODY[:-1], NOBODY + "0", "null"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_wrong_ids(api: Api, method: str, key: str) -> None:
    answer = api(method, f"{VEHICLE}/{key}", json={"plate": "x"} if method == "PATCH" else None)
    assert is_problem(answer)["code"] in ("not_found", "method_not_allowed")


def test_unknown_records_and_addresses(api: Api) -> None:
    for path in (f"{VEHICLE}/{uuid4()}", "/garage/nonsense", "/nonsense", "/garage", f"{VEHICLE}/{uuid4()}/nonsense"):
        is_problem(api.get(path), 404)
    for path in (f"{NOBODY}/actions/nonsense", "actions/nonsense", f"{NOBODY}/restore"):
        is_problem(api.post(f"{VEHICLE}/{path}"), 404)


def test_methods(api: Api) -> None:
    answer = api("PUT", f"{VEHICLE}/{uuid4()}", json={})
    is_problem(answer, 405)
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["Allow"].split(", "))
    is_problem(api.delete(VEHICLE), 405)
    is_problem(api.get(f"{VEHICLE}/bulk"), 405)
    is_problem(api.delete(f"/contacts/consent/{uuid4()}"), 405)  # rows that are only ever added


BODIES: list[tuple[bytes, int]] = [
    (b"", 415),
    (b"{", 400),
    (b"nonsense", 400),
    (b"\xff\xfe", 400),
    (b'{"plate": "a", }', 400),
    (b'{"plate": NaN}', 400),
    (b'{"odometer": ' + DIGITS.encode() + b"}", 400),
    (b"[" * 100_000, 400),
    (b'{"equipment": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b"7", 422),
    (b"{}", 422),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: str(value)[:20])
def test_bodies(api: Api, body: bytes, status: int) -> None:
    kind = None if status == 415 else "application/json"
    is_problem(api("POST", VEHICLE, data=body, content_type=kind), status)


def test_media_type_and_size(api: Api) -> None:
    is_problem(api("POST", VEHICLE, data={"plate": "x"}), 415)
    is_problem(api("POST", VEHICLE, data=b'{"plate": "x"}', content_type="text/plain"), 415)
    is_problem(api("POST", VEHICLE, data=b" " * (11 * 1024 * 1024), content_type="application/json"), 413)


VALUES: list[tuple[str, Any]] = [
    ("plate", None), ("plate", ""), ("plate", "   "), ("plate", 7), ("plate", ["x"]), ("plate", {}), ("plate", True),
    ("plate", "a\x00b"), ("plate", "a\nb"), ("plate", "\ud800"), ("plate", "x" * 41), ("history", "a\x00b"),
    ("history", "\udfff"), ("fuel", "water"), ("fuel", 1), ("state", None), ("price", 12), ("price", "12.50 USD"),
    ("price", {"amount": "x", "currency": "USD"}), ("price", {"amount": "1", "currency": "QQQ"}), ("price", {}),
    ("price", {"amount": "1.234", "currency": "USD"}), ("price", {"amount": "9" * 30, "currency": "USD"}),
    ("price", {"amount": 1.5, "currency": "USD"}), ("price", {"amount": "1", "currency": "\x00\x00\x00"}),
    ("price", {"amount": "1", "currency": "USD", "more": 1}), ("odometer", "7"), ("odometer", 1.5), ("odometer", -1),
    ("odometer", 2**63), ("odometer", True), ("odometer", 10**400), ("consumption", 1.5), ("consumption", "1.2345"),
    ("consumption", "1e5"), ("consumption", "NaN"), ("consumption", "9999999"), ("weight", "9" * 61), ("insured", None),
    ("insured", "yes"), ("insured", 1), ("registered_on", "2026-02-30"), ("registered_on", 7), ("registered_on", "x"),
    ("registered_on", "20260131T00"), ("seen_at", "2026-01-31T14:30:00"), ("seen_at", "2026-01-31"),
    ("seen_at", "9999-12-31T23:59:59-23:59"), ("equipment", "a\x00"), ("equipment", {"\x00": 1}),
    ("equipment", "\ud800"),
    ("labels", "x"), ("labels", [1]), ("labels", ["a,b"]), ("labels", ["a\x00"]), ("labels", ["x" * 61]),
    ("labels", [f"tag{n}" for n in range(51)]), ("labels", None), ("hotline", "x"), ("hotline", "+1"), ("mail", "x"),
    ("mail", "a@b@c"), ("mail", "a" * 300 + "@example.com"), ("page", "javascript:alert(1)"), ("page", "http://"),
    ("page", "http://[::1"), ("device", "x"), ("device", 7), ("owner", "x"), ("owner", NOBODY), ("owner", 7),
    ("owner", {"id": NOBODY}), ("nonsense", 1), ("", 1), ("custom_fields", 7),
    ("custom_fields", {"nonsense": 1}), ("custom.nonsense", 1), ("created_at", "2026-01-01T00:00:00Z"), ("version", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), VALUES, ids=lambda value: repr(value)[:30])
def test_values(api: Api, name: str, value: Any) -> None:
    """`\\ud800` goes through as an escape: the body itself is sound."""
    body = {"plate": f"V-{uuid4().hex[:8]}", name: value}
    errors = is_problem(api.post(VEHICLE, body), 422)["errors"]
    assert list(errors) == ["custom.nonsense" if name == "custom_fields" and value != 7 else name or "body"]
    assert all(errors.values())


def test_text_that_people_write_is_stored_as_it_is(api: Api) -> None:
    for text in ("O'Hara; DROP TABLE x; --", "<script>alert(1)</script>", "{{ 7*7 }}", "%s %(x)s", "نص عربي", "日本語",
                 "👩‍👩‍👧‍👦", "\u202eabc", "a\u0301", "\\", '"', "null", "0", "ﷺ"):  # fmt: skip
        row = api.post(CONTACT + "?confirm=1", {"first_name": text}).get_json()
        assert api.get(f"{CONTACT}/{row['id']}").get_json()["first_name"] in (text, "á"), text


def test_headers(api: Api) -> None:
    row = api.post(VEHICLE, {"plate": f"H-{uuid4().hex[:8]}"}).get_json()
    one = f"{VEHICLE}/{row['id']}"
    for tag in ("x", '"x"', 'W/"1"', '"0"', '"1', "", '""', '"-1"'):
        answer = api.patch(one, {"battery": "x"}, headers={"If-Match": tag})
        assert is_problem(answer, 412)["version"] == 1, tag
    assert api.patch(one, {"battery": "x"}, headers={"If-Match": "*"}).status_code == 200
    assert api.patch(one, {"battery": "y"}, headers={"If-Match": '"1", "2"'}).status_code == 200
    for key in ("", "x" * 256):
        is_problem(api.post(VEHICLE, {"plate": "x"}, headers={"Idempotency-Key": key}), 422)


def test_what_nobody_foresaw_says_nothing_of_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.screens.rest import reads

    def broken(*_any: Any, **_more: Any) -> Any:
        raise RuntimeError("SELECT secret FROM vault")

    monkeypatch.setattr(reads, "read_list", broken)
    answer = house.api("owner").get(VEHICLE)
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert answer.get_json()["request_id"]
