"""Guessing is slowed down: per account and per address, for all processes together, on the screen and over the API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from app.identity.throttle import (
    PER_ACCOUNT,
    TooManyAttemptsError,
    account_key,
    address_key,
    count_attempt,
    forgive,
)
from tests.test_identity_lab import PASSWORD, Lab

pytest_plugins = ["tests.test_identity_lab"]


FREE = PER_ACCOUNT.free
OTHER_PROCESS = """
import json, sys
from flask import Flask
from app.data import db
from app.identity.throttle import TooManyAttemptsError, count_attempt
given = json.load(sys.stdin)
app = Flask("other")
app.config.update(given["config"])
db.init_app(app)
refused = 0
with app.app_context():
    for _ in range(given["times"]):
        try:
            count_attempt(given["account"], given["address"])
        except TooManyAttemptsError:
            refused += 1
print(refused)
"""


@pytest.fixture(autouse=True)
def _fresh(lab: Lab):
    lab.unlock()
    yield
    lab.unlock()


def test_after_a_few_wrong_passwords_the_account_is_locked_with_clear_words(lab: Lab):
    account = lab.person()
    answers = [lab.sign_in(lab.browser(), account.email, f"wrong {n}") for n in range(FREE + 1)]
    assert [one.status_code for one in answers] == [401] * FREE + [429]
    wait = int(answers[-1].headers["Retry-After"])
    assert 1 <= wait <= PER_ACCOUNT.first_lock
    assert f"Try again in {wait} second" in answers[-1].text
    locked = lab.sign_in(lab.browser(), account.email)
    assert locked.status_code == 429, "not even the right password opens a locked account"


def test_one_account_has_one_counter_for_both_its_names_and_both_doors(lab: Lab):
    with lab.app.app_context():
        from app.identity.services import create_account

        account = create_account("counter@lab.example", "Co", "Unter", PASSWORD, username="counterperson")
    lab.join(account, lab.acme, "agent")
    for n in range(FREE):
        name = (account.email, account.username)[n % 2]
        if n % 2:
            lab.sign_in(lab.browser(), name, "wrong")
        else:
            lab.browser().post("/api/v1/security/login", json={"username": name, "password": "wrong"})
    assert lab.sign_in(lab.browser(), account.username).status_code == 429
    api = lab.browser().post("/api/v1/security/login", json={"username": account.email, "password": PASSWORD})
    assert api.status_code == 429
    assert api.mimetype == "application/problem+json"
    assert int(api.headers["Retry-After"]) >= 1


def test_a_name_nobody_has_is_locked_just_the_same(lab: Lab):
    name = "nobody-at-all@lab.example"
    answers = [lab.sign_in(lab.browser(), name, "wrong").status_code for _ in range(FREE + 1)]
    assert answers == [401] * FREE + [429]


def test_each_further_attempt_doubles_the_lock_up_to_the_longest(lab: Lab):
    with lab.app.app_context():
        key, address = account_key("doubling", None), address_key("192.0.2.1")
        waits = []
        for _ in range(FREE + 12):
            count_attempt(key, address)
            rows = lab.sql(
                "SELECT extract(epoch FROM locked_until - now()) FROM sign_in_throttle WHERE key = :k", k=key
            )
            waits.append(round(rows[0][0] or 0))
            lab.sql("UPDATE sign_in_throttle SET locked_until = now() - interval '1 second' WHERE key = :k", k=key)
    assert waits[: FREE - 1] == [0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 4] == [5, 10, 20, 40, 80]
    assert max(waits) == waits[-1] == PER_ACCOUNT.longest_lock


def test_the_right_password_starts_the_account_afresh(lab: Lab):
    account = lab.person()
    for _ in range(3):
        for _ in range(FREE - 1):
            assert lab.sign_in(lab.browser(), account.email, "wrong").status_code == 401
        assert lab.sign_in(lab.browser(), account.email).status_code == 303


def test_one_address_cannot_try_many_accounts(lab: Lab):
    lab.app.config["SIGN_IN_ATTEMPTS_PER_ADDRESS"] = 8
    try:
        client = lab.browser()
        codes = [lab.sign_in(client, f"guess{n}@lab.example", "wrong").status_code for n in range(9)]
        other = lab.sign_in(lab.browser(), "guess@lab.example", "wrong", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    finally:
        lab.app.config["SIGN_IN_ATTEMPTS_PER_ADDRESS"] = 100_000
    assert codes == [401] * 8 + [429]
    assert other.status_code == 401, "another address is not concerned"


def test_people_who_know_their_password_do_not_use_up_their_address(lab: Lab):
    lab.app.config["SIGN_IN_ATTEMPTS_PER_ADDRESS"] = 4
    try:
        account = lab.person()
        assert [lab.sign_in(lab.browser(), account.email).status_code for _ in range(8)] == [303] * 8
    finally:
        lab.app.config["SIGN_IN_ATTEMPTS_PER_ADDRESS"] = 100_000


def test_addresses_are_counted_by_what_a_customer_owns():
    assert address_key("2001:db8:1:2:3::4") == address_key("2001:db8:1:2:ffff::1")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("nonsense") == address_key("") == "address:unknown"


def test_the_counters_hold_across_processes(lab: Lab):
    account = lab.person()
    key = account_key(account.email, account.id)
    bind = lab.app.config["SQLALCHEMY_BINDS"]["platform_direct"]
    direct = {"url": str_url(bind), "isolation_level": bind["isolation_level"]}
    given = {
        "config": {name: lab.app.config[name] for name in ("SQLALCHEMY_DATABASE_URI",)}
        | {"SQLALCHEMY_DATABASE_URI": str_url(lab.app.config["SQLALCHEMY_DATABASE_URI"])}
        | {"SQLALCHEMY_BINDS": {"platform_direct": direct}},
        "account": key,
        "address": "address:192.0.2.9",
        "times": FREE,
    }
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [run.communicate(json.dumps(given), timeout=240)[0] for run in runs]
    assert sum(map(int, outputs)) == FREE, "of twice the free attempts, half is refused whoever asks"
    assert lab.sign_in(lab.browser(), account.email).status_code == 429


def str_url(bind):
    url = bind["url"] if isinstance(bind, dict) else bind
    return url if isinstance(url, str) else url.render_as_string(hide_password=False)


def test_parallel_guesses_are_all_counted(lab: Lab):
    key, address = account_key("parallel", None), address_key("192.0.2.3")
    allowed = []

    def guess():
        with lab.app.app_context():
            try:
                count_attempt(key, address)
            except TooManyAttemptsError:
                return
            allowed.append(1)

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == FREE
    with lab.app.app_context():
        forgive(key, address)


def test_guessing_the_present_password_on_the_profile_page_is_slowed_down_too(lab: Lab):
    client = lab.browser(lab.person())
    codes = [
        lab.post(
            client, "/profile/password", current=f"wrong {n}", password="some new password", again="some new password"
        ).status_code
        for n in range(FREE + 1)
    ]
    assert codes == [422] * FREE + [429]
