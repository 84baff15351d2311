"""What is overdue says so in lists, in words as well; what is closed or done does not."""

from __future__ import annotations

import re
from datetime import timedelta

from app.data import utcnow
from plugins.crm.models import Lead, Task
from plugins.crm.tests.agenda import member_of, new_lead

LATE = '<time class="late" datetime="[^"]+"><i class="for-readers">Overdue: </i>'


def _rows(page):
    """Row by row the id, and whether anything in it is marked as overdue."""
    found = re.findall(r'<tr data-id="([^"]+)">(.*?)(?=<tr |</tbody>)', page, re.DOTALL)
    return {key: re.search(LATE, row) is not None for key, row in found}


def test_an_open_lead_whose_follow_up_has_passed_is_marked(house):
    tenant = house.new_tenant()
    owner, past, soon = member_of(house, tenant, "owner"), utcnow() - timedelta(hours=1), utcnow() + timedelta(hours=1)
    late = new_lead(house, tenant, owner, next_follow_up_at=past)
    ahead = new_lead(house, tenant, owner, next_follow_up_at=soon)
    won = new_lead(house, tenant, owner, stage="won", next_follow_up_at=past)
    with house.inside(tenant) as session:
        assert session.get(Lead, won).won_at is not None
    rows = _rows(house.browser("owner", tenant).go("/crm/lead/").text)
    assert rows == {str(late): True, str(ahead): False, str(won): False}


def test_a_day_is_overdue_once_it_is_over(house):
    tenant = house.new_tenant()
    owner, today = member_of(house, tenant, "owner"), utcnow().date()
    over = new_lead(house, tenant, owner, expected_close=today - timedelta(days=2))
    ahead = new_lead(house, tenant, owner, expected_close=today + timedelta(days=2))
    rows = _rows(house.browser("owner", tenant).go("/crm/lead/?columns=title,expected_close").text)
    assert rows == {str(over): True, str(ahead): False}


def test_a_task_is_marked_until_it_is_done_also_on_its_board_and_rest_is_as_before(house):
    tenant = house.new_tenant()
    owner, past = member_of(house, tenant, "owner"), utcnow() - timedelta(days=1)
    to_do, done = house.add(
        Task(title="Call", due_at=past, assignee_id=owner),
        Task(title="Wrote", due_at=past, assignee_id=owner, state="done"),
        tenant=tenant,
    )
    browser = house.browser("owner", tenant)
    assert _rows(browser.go("/crm/task/").text) == {str(to_do): True, str(done): False}
    assert len(re.findall(LATE, browser.go("/crm/task/board").text)) == 1
    told = house.api("owner", tenant).get("/crm/task").json["data"]
    assert {one["due_at"] for one in told} == {past.isoformat().replace("+00:00", "Z")}
