"""An advertising account as an admin sets it up, and what its platform sends."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlsplit

from sqlalchemy import select

from app.data import Scope, db, scope
from app.testing.pumping import pump

QUESTIONS = (
    {"label": "Name", "kind": "text", "target": "contact.name", "required": True},
    {"label": "E-mail", "name": "email", "kind": "email", "target": "contact.email", "required": True},
    {"label": "Phone", "kind": "phone", "target": "contact.phone"},
    {"label": "City", "kind": "text", "target": "contact.city"},
    {"label": "Which model?", "name": "which_model", "kind": "text"},
)


class Account:
    """One account, its form, and the platform's side of it."""

    def __init__(self, app, house, tenant, platform):
        self.app, self.house, self.tenant = app, house, tenant
        self.api = house.api("admin", tenant)
        self.form = self.api.post("/crm/capture_form", {"name": "Ads"}).json["id"]
        for at, question in enumerate(QUESTIONS):
            asked = {"form": self.form, "position": at, "required": False, **question}
            answer = self.api.post("/crm/capture_field", asked)
            assert answer.status_code == 201, answer.text
        body = {"name": platform.title(), "platform": platform, "form": self.form}
        answer = self.api.post("/lead_ads/account", body)
        assert answer.status_code == 201, answer.text
        self.id = answer.json["id"]
        self.key = self.act("connect").rsplit(" ", 1)[1]
        parts = urlsplit(self.seen()["address"])
        self.path = f"{parts.path}?{parts.query}"

    def act(self, verb, **values):
        answer = self.api.post(f"/lead_ads/account/{self.id}/actions/{verb}", values)
        assert answer.status_code == 200, answer.text
        return answer.json["message"]

    def seen(self):
        return self.api.get(f"/lead_ads/account/{self.id}").json

    def ask(self, **query):
        return self.app.test_client().get(self.path.partition("?")[0], query_string={"account": self.id, **query})

    def post(self, body, **headers):
        raw = json.dumps(body).encode()
        return self.app.test_client().post(self.path, data=raw, headers={"Content-Type": "application/json", **headers})

    def tell(self, *leads, secret, form="77"):
        """Meta's call: several leads in one body."""
        changes = [
            {"field": "leadgen", "value": {"leadgen_id": one, "form_id": form, "page_id": "900", "created_time": 1}}
            for one in leads
        ]
        body = {"object": "page", "entry": [{"id": "900", "time": 1, "changes": changes}]}
        mac = hmac.new(secret.encode(), json.dumps(body).encode(), hashlib.sha256).hexdigest()
        return self.post(body, **{"X-Hub-Signature-256": f"sha256={mac}"})

    def work(self):
        """Let the jobs run that are due."""
        pump(self.app)

    def look(self, statement):
        with self.app.app_context(), scope(Scope(self.tenant.id, via="job")):
            return [tuple(row) for row in db.session.execute(statement)]

    def states(self, model):
        return [state for (state,) in self.look(select(model.state).order_by(model.id))]
