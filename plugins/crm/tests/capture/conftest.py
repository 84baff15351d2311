"""A public form, a visitor, and the work that follows."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.data import Scope, db, scope
from plugins.crm.models import CaptureForm, CaptureSubmission
from plugins.crm.services.capture import guard, processing
from plugins.crm.tests.capture.questions import QUESTIONS, Run, question


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


@pytest.fixture
def make_form(house, tenant):
    def make(**more):
        asked = [
            question(label, target, kind, position=at, **extra)
            for at, (label, target, kind, extra) in enumerate(QUESTIONS)
        ]
        form = CaptureForm(key=uuid4().hex[:12], questions=asked, **{"name": "Website", "source": "web", **more})
        house.add(form, tenant=tenant)
        return form.key, form.id

    return make


@pytest.fixture
def visitor(app, tenant, monkeypatch):
    """Somebody without an account; forms need not be open for seconds in these tests unless a test says so."""
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    client = app.test_client()
    stem = f"/t/{tenant.slug}/crm/public"

    class Visitor:
        def page(self, key, **more):
            return client.get(f"{stem}/form/{key}", **more)

        def get(self, path):
            return client.get(path)

        def send(self, key, token=None, origin=None, **answers):
            if token is None:
                token = self.page(key).text.split('name="started" value="')[1].split('"')[0]
            headers = {"Origin": origin} if origin else {}
            return client.post(f"{stem}/form/{key}", data={"started": token, **answers}, headers=headers)

        def ask(self, key, **more):
            return client.get(f"{stem}/capture/{key}", **more)

        def post(self, key, body, **more):
            return client.post(f"{stem}/capture/{key}", json=body, **more)

        def preflight(self, key, origin):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            return client.open(f"{stem}/capture/{key}", method="OPTIONS", headers=headers)

        def confirm(self, address, method="GET"):
            return client.open(address[address.index("/t/") :], method=method)

    return Visitor()


@pytest.fixture
def work(app, tenant):
    """Process what waits, as the worker would; everything of the tenant afterwards."""

    def run():
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            waiting = db.session.scalars(select(CaptureSubmission.id).where(CaptureSubmission.state == "received"))
            for one in waiting.all():
                processing.process(Run(), str(one))
                db.session.commit()
            rows = db.session.scalars(select(CaptureSubmission).order_by(CaptureSubmission.id)).all()
            return [(row.state, row.problem) for row in rows]

    return run


@pytest.fixture
def look(app, tenant):
    def read(statement):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            return [tuple(row) for row in db.session.execute(statement)]

    return read
