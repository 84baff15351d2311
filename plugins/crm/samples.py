"""What checks fill records with, and call jobs with, where any value of the kind will not do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app.sdk import Money


def _hour(number: int) -> datetime:
    return datetime(2026, 3, 29, 1, tzinfo=UTC) + timedelta(hours=number)


SAMPLES = {
    "crm.capture_form": {
        "allowed_origins": lambda number, marker: f"https://site{number}.example",
        "key": lambda number, marker: f"form-{number}",
        "is_open": lambda number, marker: True,
        "archived_at": lambda number, marker: None,
        "team": lambda number, marker: None,
    },
    "crm.lead": {  # settings are everybody's, whoever made them
        "response_target": lambda number, marker: None,
        "territory": lambda number, marker: None,
    },
    "crm.line": {
        "quantity": lambda number, marker: Decimal(number % 9 + 1),
        "price": lambda number, marker: Money(1000 + number, "USD"),
    },
    "crm.stage_need": {"needed": lambda number, marker: "source", "custom_key": lambda number, marker: None},
    "crm.capture_field": {
        "name": lambda number, marker: f"field_{number}",
        "target": lambda number, marker: "lead.description",
        "options": lambda number, marker: "one\ntwo",
    },
    "crm.appointment": {
        "scheduled_at": lambda number, marker: _hour(number),
        "ends_at": lambda number, marker: _hour(number) + timedelta(minutes=45),
        "timezone": lambda number, marker: "Asia/Riyadh",
    },
    "crm.working_time": {"starts": lambda number, marker: "09:00", "ends": lambda number, marker: "17:00"},
    "crm.response_target": {"pipeline": lambda number, marker: None, "is_active": lambda number, marker: False},
    "crm.absence": {
        "starts_at": lambda number, marker: datetime(2027, 3, 1, tzinfo=UTC),
        "ends_at": lambda number, marker: datetime(2027, 3, 29, tzinfo=UTC),
    },
    "crm.assignment_rule": {
        "member": lambda number, marker: None,
        "is_territorial": lambda number, marker: False,
        "is_active": lambda number, marker: False,
    },
    "crm.rule_condition": {
        "field": lambda number, marker: "source",
        "operator": lambda number, marker: "is",
    },
    "crm.territory": {"archived_at": lambda number, marker: None},
    "crm.territory_review": {
        "moves": lambda number, marker: [{"from": f"{marker} {number}", "to": None, "leads": number}]
    },
    "crm.territory_rule": {"is_active": lambda number, marker: False},
    "crm.territory_condition": {
        "field": lambda number, marker: "source",
        "operator": lambda number, marker: "is",
    },
    "crm.social_snapshot": {"target_type": lambda number, marker: "contacts.contact"},
    "crm.sales_target": {
        "starts_on": lambda number, marker: date(1900 + number % 200, number % 12 + 1, 1),
        "covers": lambda number, marker: "person",
        "territory": lambda number, marker: None,
    },
    "crm.score_condition": {
        "field": lambda number, marker: "source",
        "operator": lambda number, marker: "is",
    },
}
JOBS = {
    "crm.capture_again": lambda record: [record("crm.capture_form")],
    "crm.empty": lambda record: ["Stage", record("crm.stage", kind="open"), record("crm.stage", kind="open")],
    "crm.follow_kind": lambda record: [record("crm.stage", kind="open")],
    "crm.refresh_snapshots": lambda record: ["crm.lead", record("crm.lead")],
    "crm.replace": lambda record: ["status_id", record("crm.status")],
    "crm.scores_follow": lambda record: ["leads", record("crm.lead")],
    "crm.territories_count": lambda record: [record("crm.territory_review", state="counting")],
    "crm.territories_move": lambda record: [record("crm.territory_review", state="moving")],
    "crm.territory_remove": lambda record: [record("crm.territory"), record("crm.territory")],
}
