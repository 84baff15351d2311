"""A lead with its lines, and a capture form with its questions, in one call."""

from __future__ import annotations

import pytest

from plugins.crm.tests.sales import Sales, money


@pytest.fixture
def sales(house):
    return Sales(house)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def test_a_lead_with_its_lines(sales):
    lines = [{"name": "Chair", "quantity": "3", "price": usd("10.00")}, {"name": "Desk", "price": usd("99.50")}]
    made = sales.api.post("/crm/lead?expand=lines", {"title": "Office", "lines": lines})
    assert made.status_code == 201, made.text
    assert made.json["value"] == usd("129.50")
    chair, desk = made.json["lines"]
    assert (chair["amount"], desk["amount"]) == (usd("30.00"), usd("99.50"))
    path = f"/crm/lead/{made.json['id']}"
    fewer = sales.api.patch(f"{path}?expand=lines", {"lines": [{"id": chair["id"], "quantity": "2"}]})
    assert fewer.status_code == 200, fewer.text
    assert (fewer.json["value"], len(fewer.json["lines"])) == (usd("20.00"), 1)
    swapped = sales.api.patch(path, {"lines": [{"name": "Stool", "price": usd("20.00")}]})
    assert (swapped.status_code, swapped.json["value"]) == (200, usd("20.00"))
    odd = [{"name": "A", "price": usd("1.00")}, {"name": "B", "price": {"amount": "1.00", "currency": "EUR"}}]
    assert sales.api.patch(path, {"lines": odd}).json["errors"].keys() == {"lines"}
    wrong = sales.api.patch(path, {"lines": [{"id": chair["id"]}, {"name": "B", "price": usd("x")}]})
    assert {"lines.0.id", "lines.1.price"} == wrong.json["errors"].keys()
    assert sales.stored(made.json).value == money("20.00")


def test_a_capture_form_with_its_questions(sales):
    questions = [
        {"kind": "text", "label": "Name", "target": "contact.name", "required": True},
        {"kind": "email", "label": "E-mail", "target": "contact.email"},
    ]
    made = sales.api.post("/crm/capture_form?expand=questions", {"name": "Website", "questions": questions})
    assert made.status_code == 201, made.text
    assert [one["label"] for one in made.json["questions"]] == ["Name", "E-mail"]
    name, mail = made.json["questions"]
    changed = sales.api.patch(
        f"/crm/capture_form/{made.json['id']}?expand=questions",
        {"questions": [{"id": name["id"]}, {"id": mail["id"], "label": "Mail"}]},
    )
    assert [one["label"] for one in changed.json["questions"]] == ["Name", "Mail"]
