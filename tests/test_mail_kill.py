"""Workers that really die while they send, and many that want to send the same: no mail goes out twice."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from app.jobs import enqueue
from app.messaging.outbox import JOB, send_mail
from tests.job_house import JobHouse, kill
from tests.mail_house import SENDER, Post

pytestmark = pytest.mark.slow
MAILS = 40


@pytest.fixture(scope="module")
def post():
    server = Post()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def house(post):
    folder = Path(tempfile.mkdtemp(prefix="tenantry-mail-"))
    made = JobHouse(folder, tenants=1)
    made.environ |= {"TENANTRY_SMTP_URL": post.url, "TENANTRY_MAIL_FROM": SENDER}
    try:
        made.start("worker", "--processes", "3")
        made.start("dispatcher")
        made.wait_for("worker", 3, 90)
        made.wait_for("dispatcher", 1, 90)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def states(house):
    return Counter(state for (state,) in house.rows("SELECT state FROM outbound_message"))


def test_many_that_want_to_send_the_same_send_it_once(house, post):
    with house.inside() as session:
        keys = [send_mail(f"nora{number}@example.com", "x", "y") for number in range(MAILS)]
        for _again in range(4):
            for key in keys:
                enqueue(JOB, key)
        session.commit()
    # Who meets a mail in somebody else's hands looks again when that claim has run out: such jobs are there as well.
    house.wait_until(lambda: states(house) == {"sent": MAILS} and house.states(JOB).get("done", 0) >= MAILS * 5, 180)
    sent = Counter(envelope.rcpt_tos[0] for envelope in post.envelopes)
    assert len(sent) == MAILS
    assert set(sent.values()) == {1}


def test_a_worker_that_dies_between_sending_and_sent_leaves_it_unknown(house, post):
    before = len(post.envelopes)
    post.hold.clear()  # the server has the mail and says nothing
    with house.inside() as session:
        key = send_mail("kill@example.com", "x", "y")
        session.commit()
    house.wait_until(lambda: len(post.envelopes) > before, 60)
    assert house.rows("SELECT state FROM outbound_message WHERE id = :key", key=key) == [("sending",)]
    again = "SELECT 1 FROM job WHERE state = 'delayed' AND args ->> 0 = :key"
    for pid in house.pids("worker"):
        kill(pid)
    post.hold.set()
    house.wait_until(lambda: house.rows(again, key=str(key)), 90)
    house.rows("UPDATE outbound_message SET lease_until = now() WHERE state = 'sending' RETURNING 1")
    house.rows("UPDATE job SET due_at = now() WHERE state = 'delayed' RETURNING 1")
    house.wait_until(lambda: states(house)["unknown"] == 1, 90)
    assert [one.rcpt_tos for one in post.envelopes[before:]] == [["kill@example.com"]], (
        "it is never sent by itself again"
    )
