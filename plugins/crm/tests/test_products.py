"""The list of products: what lines take from it and keep, files, and the report of what products bring."""

from __future__ import annotations

import pytest

from plugins.crm.tests.sales import Sales, money
from tests.transfer_house import bring, take_out


@pytest.fixture
def sales(house):
    return Sales(house)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def product(sales, **values):
    answer = sales.api.post(
        "/crm/product?confirm=1",
        {"name": "Chair", "code": "C-1", "price": usd("10.00"), "unit": "Piece", "tax_rate": "15.00", **values},
    )
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_line_takes_what_its_product_says_and_may_say_something_else(sales):
    chair = product(sales)
    lines = [
        {"product": chair["id"], "quantity": "3"},
        {"product": chair["id"], "name": "Old chair", "price": usd("4")},
    ]
    made = sales.api.post(
        "/crm/lead?expand=lines", {"title": "Office", "lines": [*lines, {"name": "Free", "price": usd("1")}]}
    )
    assert made.status_code == 201, made.text
    first, second, free = made.json["lines"]
    assert [first[name] for name in ("name", "unit", "price", "tax_rate", "amount")] == [
        "Chair", "Piece", usd("10.00"), "15.00", usd("30.00"),
    ]  # fmt: skip
    assert (second["name"], second["price"], second["unit"]) == ("Old chair", usd("4.00"), "Piece")
    assert (free["product"], free["tax_rate"]) == (None, None)
    assert sales.stored(made.json).value == money("35.00")
    table = product(sales, name="Table", code="T-1", price=usd("50.00"), unit=None)
    changed = sales.api.patch(f"/crm/line/{first['id']}", {"product": table["id"], "tax_rate": "5.00"})
    assert changed.status_code == 200, changed.text
    assert [changed.json[name] for name in ("name", "unit", "tax_rate", "amount")] == [
        "Table",
        None,
        "5.00",
        usd("150.00"),
    ]
    assert sales.stored(made.json).value == money("155.00")
    kept = sales.api.patch(f"/crm/line/{first['id']}", {"quantity": "1", "price": usd("45.00")})
    assert kept.json["amount"] == usd("45.00")
    for wrong, field in (({}, "name"), ({"name": "Nothing to pay"}, "price")):
        refused = sales.api.post("/crm/line", {"lead": made.json["id"], **wrong})
        assert (refused.status_code, list(refused.json["errors"])) == (422, [field])


def test_a_form_needs_no_more_than_the_product(sales):
    chair, lead = product(sales), sales.lead()
    page = sales.api.get(f"/crm/lead/{lead['id']}").json
    sent = sales.browser.send(
        f"/crm/lead/{lead['id']}/edit",
        {"_version": str(page["version"]), "lines-0-product": chair["id"], "lines-0-quantity": "2", "lines-0-name": "",
         "lines-0-price": "", "lines-0-unit": ""},
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    assert sales.stored(lead).value == money("20.00")


def test_what_is_archived_or_deleted_leaves_lines_as_they_are(sales):
    chair = product(sales)
    lead = sales.api.post("/crm/lead?expand=lines", {"title": "A", "lines": [{"product": chair["id"]}]}).json
    line = f"/crm/line/{lead['lines'][0]['id']}"
    assert sales.api.patch(f"/crm/product/{chair['id']}", {"price": usd("99.00"), "name": "Throne"}).status_code == 200
    assert sales.api.get(line).json["price"] == usd("10.00")
    assert sales.api.post(f"/crm/product/{chair['id']}/actions/archive").status_code == 200
    assert sales.api.patch(line, {"quantity": "2"}).json["amount"] == usd("20.00")
    refused = sales.api.post("/crm/line", {"lead": lead["id"], "product": chair["id"]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["product"])
    assert sales.api.delete(f"/crm/product/{chair['id']}").status_code == 204
    assert sales.api.get(line).json["name"] == "Chair"
    bin_ = f"/crm/product/trash/{chair['id']}/purge"
    assert sales.browser.send(bin_, {"_confirmed": "1"}).status_code == 303
    left = sales.api.get(line).json
    assert (left["product"], left["name"], left["amount"]) == (None, "Chair", usd("20.00"))


def test_codes_are_unique_and_files_find_products_by_them(sales):
    product(sales)
    again = sales.api.post("/crm/product?confirm=1", {"name": "Stool", "code": "C-1", "price": usd("1.00")})
    assert (again.status_code, list(again.json["errors"])) == (422, ["code"])
    app, tenant = sales.house.app, sales.tenant
    data = b"Code,Name,Price,Unit\nC-1,Chair,12.00 USD,Piece\nT-1,Table,50.00 USD,Piece\n"
    first = bring(app, tenant, "crm.product", data)
    assert (first.created, first.changed, first.failed) == (1, 1, 0)
    again = bring(app, tenant, "crm.product", data)
    assert (again.created, again.changed, again.failed) == (0, 0, 0)
    assert b"T-1" in take_out(app, tenant, "crm.product")
    rows = sales.api.get("/crm/product?sort=name").json["data"]
    assert [(row["code"], row["price"]["amount"]) for row in rows] == [("C-1", "12.00"), ("T-1", "50.00")]


def test_revenue_by_product(sales):
    chair, table = product(sales), product(sales, name="Table", code="T-1", price=usd("100.00"))
    lines = [{"product": chair["id"], "quantity": "2"}, {"product": table["id"]}]
    won, _open, lost = (sales.api.post("/crm/lead?confirm=1", {"title": name, "lines": lines}).json for name in "WOL")
    assert sales.act("win", won).status_code == 200
    assert sales.act("lose", lost, reason=str(sales.reason)).status_code == 200
    measures = "&".join(f"measure={one}" for one in ("lines", "revenue", "still_open", "expected"))
    answer = sales.api.get(f"/reports/run?source=crm.sold_products&by=product&{measures}")
    assert answer.status_code == 200, answer.text
    found = {}
    for cell in answer.json["cells"]:
        row = "total" if cell["row"] is None else answer.json["rows"][cell["row"]]["label"]
        found.setdefault(row, []).append(cell["values"])
    assert found == {
        "Chair": [[2, [usd("20.00")], [usd("20.00")], [usd("2.00")]]],
        "Table": [[2, [usd("100.00")], [usd("100.00")], [usd("10.00")]]],
        "total": [[4, [usd("120.00")], [usd("120.00")], [usd("12.00")]]],
    }


def test_what_is_open_in_the_archive_is_in_no_forecast(sales):
    """As the lists of open leads have it; what was won there stays won."""
    chair = product(sales)
    for title, verb in (("Archived", None), ("Won", "win")):
        lead = sales.api.post("/crm/lead?confirm=1", {"title": title, "lines": [{"product": chair["id"]}]}).json
        if verb:
            assert sales.act(verb, lead).status_code == 200
        assert sales.act("archive", lead).status_code == 200
    for source, measures in (("sold_products", "revenue still_open expected"), ("forecasting", "won open weighted")):
        asked = "&".join(f"measure={one}" for one in measures.split())
        answer = sales.api.get(f"/reports/run?source=crm.{source}&{asked}")
        [total] = answer.json["cells"]
        won = [usd("10.00")]
        assert total["values"] == ([won, [], []] if source == "sold_products" else [won, won, won]), total
