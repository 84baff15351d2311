"""What people do with the garage of an afternoon; run inside the fresh environment by `test_afternoon`.

python afternoon.py use|crawl|keep|gone|again   ->   nothing, or a complaint and exit status 1
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from sqlalchemy import text

from app import create_app
from app.data import platform_session
from app.ops.routes_table import rows
from app.testing.house import Browser, House
from config import load_settings

APP = create_app(load_settings())


def house() -> House:
    """The house of the tenants that the commands have made: no new ones."""
    found = House.__new__(House)
    found.app, found._browsers = APP, {}
    with APP.app_context(), platform_session("a test looks for the tenants it made") as session:
        accounts = session.execute(text("SELECT p.id, p.email, a.uid FROM ab_user p JOIN account a USING (id)"))
        people = {row.email.partition("@")[0]: SimpleNamespace(**row._mapping) for row in accounts}
        tenants = {row.slug: row for row in session.execute(text("SELECT id, slug FROM tenant"))}
    found.acme, found.globex = tenants["acme"], tenants["globex"]
    found.people = {(slug, "owner"): people[slug] for slug in tenants}
    return found


def use() -> None:
    """The owner of acme adds by form and by REST, and reads both ways."""
    home = house()
    browser, api = home.browser("owner", home.acme), home.api("owner", home.acme)
    assert browser.send("/garage/vehicle/add", {"plate": "FORM 1"}).status_code == 303
    made = api.post("/garage/vehicle", {"plate": "REST 1"})
    assert made.status_code == 201, made.json
    given = {"vehicle": made.json["id"], "status": "booked", "cost": {"amount": "12.50", "currency": "USD"}}
    repair = api.post("/garage/repair", given)
    assert repair.status_code == 201, repair.json
    page = browser.go("/garage/vehicle/").text
    assert "FORM 1" in page
    assert "REST 1" in page
    assert api.get("/garage/vehicle?q=form").json["data"][0]["plate"] == "FORM 1"
    assert browser.go("/garage/repair/").status_code == 200
    assert "REST 1" in browser.go("/garage/repair/board").text, "a card says whose repair it is"
    assert browser.go("/garage/repair/report").status_code == 200


def crawl() -> None:
    """The owner of globex, where the garage is off, opens every address of it, with the ids of acme's records."""
    home = house()
    theirs = home.api("owner", home.acme)
    keys = [row["id"] for kind in ("vehicle", "repair") for row in theirs.get(f"/garage/{kind}").json["data"]]
    browser, api = home.browser("owner", home.globex), home.api("owner", home.globex)
    tried = 0
    for row in rows(APP):
        if "/garage/" not in row.path or "<uuid:entry_id>" in row.path:
            continue
        for key in keys:
            path = row.path.replace("<uuid:record_id>", key).replace("<name>", "vehicle").replace("<group>", "x")
            client = api if path.startswith("/api/") else browser
            if client is api:
                answer = api(row.method, path.removeprefix("/api/v1"), json={})
            else:
                answer = browser.go(path) if row.method == "GET" else browser.send(path)
            assert answer.status_code == 404, f"{row.method} {path}: {answer.status_code}"
            tried += 1
    assert tried > 50, tried


def keep() -> None:
    """The new column is there, empty, and what was there before is unchanged."""
    home = house()
    api = home.api("owner", home.acme)
    rows_now = api.get("/garage/vehicle").json["data"]
    assert sorted(row["plate"] for row in rows_now) == ["FORM 1", "REST 1"]
    assert {row["colour"] for row in rows_now} == {None}
    assert api.patch(f"/garage/vehicle/{rows_now[0]['id']}", {"colour": "red"}).json["colour"] == "red"


def gone() -> None:
    """It is off: no address of it answers, the menu does not name it, and the data waits."""
    home = house()
    browser: Browser = home.browser("owner", home.acme)
    assert browser.go("/garage/vehicle/").status_code == 404
    assert home.api("owner", home.acme).get("/garage/vehicle").status_code == 404
    assert "/garage/vehicle" not in browser.go("/").text


def again() -> None:
    """Installed anew, it begins with nothing and works."""
    home = house()
    api = home.api("owner", home.acme)
    assert api.get("/garage/vehicle").json["data"] == []
    assert api.post("/garage/vehicle", {"plate": "NEW 1"}).status_code == 201


if __name__ == "__main__":
    {"use": use, "crawl": crawl, "keep": keep, "gone": gone, "again": again}[sys.argv[1]]()
