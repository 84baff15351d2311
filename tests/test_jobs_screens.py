"""What people see of jobs: a tenant's admins their own, the operator all, Prometheus the numbers."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.data import platform_session
from app.jobs import enqueue, run_due
from app.jobs.models import QueuedJob

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def failed(app, house):
    """One job that failed, one half way, one of the other tenant."""
    with app.app_context(), platform_session("tests start with an empty queue") as session:
        session.execute(text("DELETE FROM job"))
    with house.inside() as session:
        key = enqueue("garage.once", [NOBODY])
        session.commit()
    run_due(app)
    house.add(QueuedJob(name="garage.count", title="Half way", state="running", percent=50, words="5 of 10"))
    house.add(QueuedJob(name="garage.count", title="Theirs alone", state="failed"), tenant=house.globex)
    return key


def test_admins_see_the_jobs_of_their_tenant(house, failed):
    page = house.browser("admin").go("/console/job/").text
    assert '<progress max="100" value="50"></progress>' in page
    assert "Unexpected error: NoResultFound" in page
    assert "Theirs alone" not in page


def test_the_list_and_the_record_stay_within_the_budget(house, failed, statements):
    browser = house.browser("admin")
    for path in ("/console/job/", f"/console/job/{failed}", "/console/job/?state=failed"):
        browser.go(path)
        statements.clear()
        assert browser.go(path).status_code == 200
        assert len(statements) <= 8, path


def test_an_admin_retries_and_cancels(app, house, failed):
    browser = house.browser("admin")
    page = browser.send("/console/job/actions/retry", {"id": str(failed)}, follow_redirects=True)
    assert "1 job starts again." in page.text
    page = browser.send("/console/job/actions/retry", {"id": str(failed)}, follow_redirects=True)
    assert "None of these jobs can start again" in page.text
    page = browser.send("/console/job/actions/cancel", {"id": str(failed), "_run": "1"}, follow_redirects=True)
    assert "1 job was asked to end." in page.text
    assert run_due(app) == 0


@pytest.mark.parametrize(("role", "may_read", "may_retry"), [("manager", 200, 303), ("agent", 403, 403)])
def test_roles_decide(house, failed, role, may_read, may_retry):
    browser = house.browser(role)
    assert browser.go("/console/job/").status_code == may_read
    assert browser.send("/console/job/actions/retry", {"id": str(failed)}).status_code == may_retry


def test_nobody_writes_jobs_by_hand(house, failed):
    api = house.api("owner")
    assert api.get(f"/console/job/{failed}").json["state"] == "failed"
    assert api.patch(f"/console/job/{failed}", {"state": "done"}).status_code in (403, 404, 405)
    assert api.post("/console/job", {"title": "x"}).status_code in (403, 404, 405)


def test_the_operator_sees_and_retries_the_jobs_of_all(app, house, failed, statements):
    operator = house.browser(house.new_person(None, house.acme, operator=True))
    operator.get("/operator/jobs/")
    statements.clear()
    page = operator.get("/operator/jobs/").text
    assert len(statements) <= 8
    assert "Theirs alone" in page
    assert "Wash once" in page
    assert "NoResultFound" in page
    sent = operator.post("/operator/jobs/retry", data={"id": str(failed), "csrf_token": operator.csrf()})
    assert sent.status_code == 303
    assert "Wash once" not in operator.get("/operator/jobs/").text
    operator.post("/operator/jobs/retry", data={"csrf_token": operator.csrf()})
    assert "Nothing is stuck." in operator.get("/operator/jobs/").text


def test_a_tenants_owner_does_not_see_that_page(house, failed):
    assert house.browser("owner").get("/operator/jobs/").status_code in (403, 404)


def test_prometheus_reads_the_numbers(app, house, failed):
    said = app.test_client().get("/metrics").text
    assert 'tenantry_jobs{state="failed"} 2.0' in said
    assert 'tenantry_jobs{state="pending"} 0.0' in said
    assert "tenantry_jobs_oldest_seconds" in said
