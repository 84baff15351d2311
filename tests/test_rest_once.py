"""Sent twice, done once; and not more often than allowed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from app.data import utcnow
from app.screens.rest import rate_limit
from app.screens.rest.idempotency import IdempotencyKey
from app.screens.rest.rate_limit import RateLimit
from app.testing.house import Api, House
from tests.plugins_for_tests.garage.models import Repair, Vehicle

VEHICLE = "/garage/vehicle"


@pytest.fixture(scope="module")
def api(house: House) -> Api:
    return house.api("owner")


def send(api: Api, key: str, path: str = VEHICLE, **values: Any) -> Any:
    return api.post(path, values, headers={"Idempotency-Key": key})


def stored(house: House, plate: str) -> int:
    with house.inside() as session:
        count = session.scalar(select(func.count()).select_from(Vehicle).where(Vehicle.plate == plate))
    return count or 0


def test_the_second_request_gets_the_first_answer(api: Api, house: House) -> None:
    key, plate = uuid4().hex, f"I-{uuid4().hex[:8]}"
    first, second = send(api, key, plate=plate), send(api, key, plate=plate)
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert second.data == first.data
    for name in ("Location", "ETag", "Content-Type"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert stored(house, plate) == 1


def test_another_request_with_the_key_is_refused(api: Api) -> None:
    key, plate = uuid4().hex, f"I-{uuid4().hex[:8]}"
    assert send(api, key, plate=plate).status_code == 201
    for path, values in ((VEHICLE, {"plate": plate + "x"}), (f"{VEHICLE}?confirm=1", {"plate": plate}),
                         (f"{VEHICLE}/bulk", {"plate": plate})):  # fmt: skip
        answer = send(api, key, path, **values)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "key_reused")


def test_keys_of_two_people_are_two_keys(api: Api, house: House) -> None:
    key = uuid4().hex
    assert send(api, key, plate=f"I-{key[:8]}").status_code == 201
    assert send(house.api("admin"), key, plate=f"J-{key[:8]}").status_code == 201
    assert send(house.api("owner", house.globex), key, plate=f"I-{key[:8]}").status_code == 201


def test_a_refusal_gives_the_key_back(api: Api) -> None:
    key = uuid4().hex
    assert send(api, key, plate="refused").status_code == 422
    assert send(api, key, plate=f"I-{key[:8]}").status_code == 201


def test_many_at_once_are_one(api: Api, house: House) -> None:
    key, plate = uuid4().hex, f"I-{uuid4().hex[:8]}"

    def one(_number: int) -> Any:
        return send(Api(house.app, api.headers["Authorization"].split()[1]), key, plate=plate)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(24)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert all(answer.get_json()["code"] == "in_flight" for answer in answers if answer.status_code == 409)
    fresh = [a for a in answers if a.status_code == 201 and "Idempotency-Replayed" not in a.headers]
    assert len(fresh) == 1
    assert stored(house, plate) == 1


def test_of_many_changes_of_one_version_one_is_made(api: Api, house: House) -> None:
    row = api.post(VEHICLE, {"plate": f"I-{uuid4().hex[:8]}"}).get_json()

    def change(number: int) -> int:
        own = Api(house.app, api.headers["Authorization"].split()[1])
        path, headers = f"{VEHICLE}/{row['id']}", {"If-Match": '"1"'}
        return int(own.patch(path, {"odometer": number}, headers=headers).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(change, range(12))) == [200] + [412] * 11
    assert api.get(f"{VEHICLE}/{row['id']}").get_json()["version"] == 2


def test_actions_and_restore_too(api: Api) -> None:
    vehicle = api.post(VEHICLE, {"plate": f"I-{uuid4().hex[:8]}"}).get_json()
    path, key = f"{VEHICLE}/{vehicle['id']}/actions/scrap", uuid4().hex
    first, second = send(api, key, path), send(api, key, path)
    assert (first.status_code, first.data) == (200, second.data)
    assert second.headers["Idempotency-Replayed"] == "true"


def set_state(house: House, key: str, **values: Any) -> None:
    with house.inside() as session:
        session.execute(update(IdempotencyKey).where(IdempotencyKey.key == key).values(**values))
        session.commit()


def test_an_abandoned_claim_is_taken_over_and_an_old_key_is_new_again(api: Api, house: House) -> None:
    key, plate = uuid4().hex, f"I-{uuid4().hex[:8]}"
    send(api, key, plate=plate)
    set_state(house, key, state="running", status=None, body=None)
    waiting = send(api, key, plate=plate)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (409, "1")
    set_state(house, key, lease_until=utcnow() - timedelta(seconds=1))
    assert send(api, key, plate=plate).status_code == 422  # it runs again: the plate is taken, the key free
    assert send(api, key, plate=plate + "y").status_code == 201
    set_state(house, key, expires_at=utcnow() - timedelta(seconds=1))
    assert send(api, key, plate=plate + "z").status_code == 201


def test_who_lost_the_claim_saves_nothing(api: Api, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process was thought dead and is not: the work of the one that took over stands alone."""
    from app.screens.rest import writes

    key, plate, real = uuid4().hex, f"I-{uuid4().hex[:8]}", writes.save

    def slow(*args: Any) -> Any:
        found = real(*args)
        from app.screens.rest.idempotency import _own_transaction

        with _own_transaction() as session:
            session.execute(update(IdempotencyKey).where(IdempotencyKey.key == key).values(claim=uuid4()))
        return found

    monkeypatch.setattr(writes, "save", slow)
    answer = send(api, key, plate=plate)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "in_flight")
    assert stored(house, plate) == 0


def test_numbers_without_gaps_stay_so_under_repetition(api: Api, house: House) -> None:
    vehicle = api.post(VEHICLE, {"plate": f"I-{uuid4().hex[:8]}"}).get_json()
    key, body = uuid4().hex, {"vehicle": vehicle["id"], "cost": {"amount": "1", "currency": "USD"}}
    numbers = {send(api, key, "/garage/repair", **body).get_json()["number"] for _ in range(3)}
    assert len(numbers) == 1
    with house.inside() as session:
        assert session.scalar(select(func.count()).select_from(Repair).where(Repair.number.in_(numbers))) == 1


# Rate limit -----------------------------------------------------------------------------------------------------------


TWENTY_PAST = 1_800_000_020.0
"""A moment twenty seconds into its minute, so that no test straddles two."""


@pytest.fixture
def few(house: House, monkeypatch: pytest.MonkeyPatch) -> RateLimit:
    with house.app.app_context():
        limit = rate_limit.limiter()
    monkeypatch.setattr(limit, "per_minute", 12)
    monkeypatch.setattr(limit, "_clock", lambda: TWENTY_PAST)
    return limit


def test_headers_and_429(house: House, few: RateLimit) -> None:
    api = house.api("owner")
    answers = [api.get(VEHICLE + "?size=1") for _ in range(14)]
    assert [answer.status_code for answer in answers] == [200] * 12 + [429] * 2
    assert [answer.headers["RateLimit-Remaining"] for answer in answers[:3]] == ["11", "10", "9"]
    assert answers[0].headers["RateLimit-Limit"] == "12"
    last = answers[-1]
    assert (last.headers["Retry-After"], last.headers["RateLimit-Reset"], last.mimetype) == (
        "40", "40", "application/problem+json",
    )  # fmt: skip
    assert house.api("owner").get(VEHICLE + "?size=1").status_code == 200  # another token


def test_processes_share_the_count(house: House) -> None:
    uri = house.app.config["RATELIMIT_STORAGE_URI"]
    one, two = (RateLimit(uri, 30, lambda: TWENTY_PAST) for _ in range(2))
    caller = uuid4().hex
    passed = sum(not limit.spend(caller).exceeded for _ in range(40) for limit in (one, two))
    assert 30 <= passed <= 50


def test_far_from_the_limit_it_hardly_asks_redis(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = RateLimit(house.app.config["RATELIMIT_STORAGE_URI"], 10_000, lambda: TWENTY_PAST)
    asked: list[int] = []
    real = limit._add
    monkeypatch.setattr(limit, "_add", lambda key, requests: asked.append(requests) or real(key, requests))
    caller = uuid4().hex
    last = [limit.spend(caller) for _ in range(100)][-1]
    assert (last.remaining, sum(asked) <= 100, len(asked) <= 15) == (9_900, True, True)


def test_without_redis_it_counts_by_itself() -> None:
    limit = RateLimit("redis://127.0.0.1:1/0", 5, lambda: TWENTY_PAST)
    assert [limit.spend("somebody").exceeded for _ in range(7)] == [False] * 5 + [True] * 2
