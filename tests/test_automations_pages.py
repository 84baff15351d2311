"""Automations on screens and over REST: made by lines of a form, on trial without a trace, buttons, rights."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.automations.models import Automation
from app.data import platform_session
from app.testing.counting import count_statements
from app.testing.pages import page_of
from app.testing.pumping import discard_pending
from app.testing.whole import differences, dump
from tests.automation_house import VEHICLE, Automations, set_field
from tests.plugins_for_tests.garage.models import Vehicle

STEP = {"position": 0, "kind": "set", "settings": set_field("odometer", 8)[1]}


@pytest.fixture
def tenant(app, house):
    discard_pending(app)
    yield house.new_tenant(currency="EUR")
    discard_pending(app)


@pytest.fixture
def automations(house, tenant):
    return Automations(house, tenant)


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def car(house, tenant):
    def make(plate="PAGE 1", **values):
        return house.add(Vehicle(plate=plate, **values), tenant=tenant)[0]

    return make


def odometer(house, tenant, key):
    with house.inside(tenant) as session:
        return session.get(Vehicle, key).odometer


FORM = {
    "name": "Price of sold ones", "trigger": "created", "amount": "0", "unit": "days", "direction": "after",
    "at_time": "09:00", "keep_days": "90",
    "w.0.0.field": "state", "w.0.0.operator": "one_of", "w.0.0.value": "sold",
    "s.0.kind": "set", "s.0.v.0.field": "odometer", "s.0.v.0.how": "value", "s.0.v.0.value": "1200",
    "s.0.v.1.field": "price", "s.0.v.1.how": "value", "s.0.v.1.value": "9.50", "s.0.v.1.value-currency": "EUR",
    "s.1.kind": "notify", "s.1.to": "role:owner", "s.1.title": "Sold: {plate}", "s.1.text": "",
}  # fmt: skip


def test_one_is_made_in_its_form_switched_on_and_runs(house, tenant, automations, browser, car):
    page = browser.go(f"/automations/new?kind={VEHICLE}")
    assert page.status_code == 200
    again = browser.send(f"/automations/new?kind={VEHICLE}", {**FORM, "do": "step"})
    assert 'name="s.2.kind"' in again.text
    answer = browser.send(f"/automations/new?kind={VEHICLE}", {**FORM, "do": "save"})
    assert answer.status_code == 303, page_of(answer).text
    shown = browser.get(answer.location)
    assert "Odometer → 1200" in shown.text
    assert "Sold: {plate}" in shown.text
    key = answer.location.rsplit("/", 1)[1]
    assert browser.send(f"/automations/switch/{key}", {"on": "1"}).status_code == 303
    sold, new = car("S-1", state="sold"), car("S-2", state="new")
    automations.work()
    assert odometer(house, tenant, sold) == 1200
    assert odometer(house, tenant, new) is None
    with house.inside(tenant) as session:
        assert str(session.get(Vehicle, sold).price) == "9.50 EUR"
    log = browser.go(f"/automations/show/{key}").text
    assert "S-1" in log
    assert "Told 1 member" in log


def test_what_is_saved_unchanged_stays_as_it_is(house, tenant, automations, browser):
    key = automations.make(
        ("set", {"values": [{"field": "registered_on", "how": "after", "value": 3},
                            {"field": "history", "how": "value", "value": "{plate}"},
                            {"field": "insured", "how": "value", "value": True}]}),
        ("wait", {"amount": 2, "unit": "hours"}), ("stop", {"conditions": [[
            {"field": "state", "operator": "one_of", "values": ["new", "used"]}]]}),
        state="off", conditions=[[{"field": "plate", "operator": "starts", "values": ["A"]}]], trigger="moment",
        moment_field="seen_at", amount=2, unit="hours", direction="before",
    )  # fmt: skip
    before = dump(house.app, tenant)
    form = page_of(browser.go(f"/automations/edit/{key}")).guarded()
    answer = browser.post(f"{browser.prefix}/automations/edit/{key}", data=form.data(do="save"))
    assert answer.status_code == 303, page_of(answer).text
    assert differences(before, dump(house.app, tenant)) == []


def test_what_cannot_be_is_said_at_the_step(browser):
    wrong = {**FORM, "s.0.v.0.value": "many", "s.1.to": ""}
    answer = browser.send(f"/automations/new?kind={VEHICLE}", {**wrong, "do": "save"})
    assert answer.status_code == 422
    assert "Step 1" in answer.text


def test_a_trial_tells_every_step_and_leaves_the_database_as_it_was(app, house, tenant, automations, browser, car):
    steps = (
        set_field("odometer", 5), ("make", {"resource": "contacts.contact", "values": [
            {"field": "first_name", "value": "Owner of {plate}"}]}),
        ("notify", {"to": ["role:owner"], "title": "Hello"}), ("wait", {"amount": 1, "unit": "days"}),
        ("action", {"action": "scrap"}),
    )  # fmt: skip
    key = automations.make(*steps, trigger="button")
    record = car("DRY-1")
    automations.work()
    api = house.api("owner", tenant)
    before, jobs = dump(app, tenant), rows_of_machinery(app, tenant)
    answer = browser.send(f"/automations/try/{key}", {"record": str(record)})
    assert answer.status_code == 200
    for words in ("Odometer → 5", "Owner of DRY-1", "Told 1 member", "Waits until", "Scrap"):
        assert words in answer.text
    last = browser.send(f"/automations/try/{key}", {"last": "1"})
    assert "DRY-1" in last.text
    tried = api.post(f"/automations/try/{key}", {"ids": [str(record)]})
    assert [one["kind"] for one in tried.json["data"][0]["steps"]] == ["set", "make", "notify", "wait", "action"]
    assert differences(before, dump(app, tenant)) == []
    assert rows_of_machinery(app, tenant) == jobs


def rows_of_machinery(app, tenant):
    """What `dump` leaves out: the log, events, jobs."""
    with app.app_context(), platform_session("a test counts") as session:
        return [
            session.scalar(text(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant"), {"tenant": tenant.id})
            for table in ("audit_entry", "domain_event", "event_handling", "job")
        ]


def test_a_button_stands_among_the_actions_and_runs_with_other_rights(house, tenant, automations, browser, car):
    key = automations.make(set_field("odometer", 6), trigger="button", name="Six it")
    one, two = car("B-1"), car("B-2")
    agent, viewer = house.browser("agent", tenant), house.browser("viewer", tenant)
    assert "Six it" in agent.go(f"/garage/vehicle/{one}").text
    assert "Six it" in agent.go("/garage/vehicle/").text
    assert "Six it" not in viewer.go(f"/garage/vehicle/{one}").text
    assert agent.send(f"/automations/press/{key}", {"id": str(one)}).status_code == 303
    automations.work()
    assert (odometer(house, tenant, one), odometer(house, tenant, two)) == (6, None)
    answer = house.api("agent", tenant).post(f"/automations/press/{key}", {"ids": [str(two)]})
    assert answer.status_code == 200, answer.json
    refused = house.api("viewer", tenant).post(f"/automations/press/{key}", {"ids": [str(two)]})
    assert refused.status_code == 403
    automations.work()
    assert odometer(house, tenant, two) == 6


def test_rest_makes_changes_and_reads_them(house, tenant, automations, car):
    api = house.api("owner", tenant)
    body = {"name": "By REST", "resource": VEHICLE, "trigger": "created"}
    made = api.post("/automations/automation", body)
    assert made.status_code == 201, made.json
    step = {**STEP, "automation": made.json["id"]}
    assert api.post("/automations/step", step).status_code == 201
    wrong = {**step, "settings": set_field("nothing", 1)[1]}
    refused = api.post("/automations/step", wrong)
    assert refused.status_code == 422
    assert "nothing" in refused.json["errors"]["settings"]
    assert api.patch(f"/automations/automation/{made.json['id']}", {"state": "on"}).status_code == 200
    key = car()
    automations.work()
    assert odometer(house, tenant, key) == 8
    runs = api.get("/automations/run?automation.is=" + made.json["id"]).json
    assert [row["state"] for row in runs["data"]] == ["done"]


def test_only_admins_make_them_and_nobody_gains_rights(house, tenant, automations):
    body = {"name": "X", "resource": VEHICLE, "trigger": "created"}
    assert house.api("manager", tenant).post("/automations/automation", body).status_code == 403
    assert house.browser("agent", tenant).go("/automations/").status_code in (403, 404)
    as_owner = {**body, "runs_as": str(automations.member("owner"))}
    refused = house.api("admin", tenant).post("/automations/automation", as_owner)
    assert refused.status_code == 422
    assert "runs_as" in refused.json["errors"]
    assert house.api("admin", tenant).post("/automations/automation", body).status_code == 201
    of_owner = automations.make(trigger="created", state="draft")
    step = {**STEP, "automation": str(of_owner)}
    assert house.api("admin", tenant).post("/automations/step", step).status_code == 422
    assert house.api("owner", tenant).post("/automations/step", step).status_code == 201


def test_the_timeline_of_a_record_tells_of_it(house, tenant, automations, browser):
    from app.contacts.models import Contact

    automations.make(
        ("set", {"values": [{"field": "source", "value": "by hand"}]}), resource="contacts.contact", name="Say whence",
    )  # fmt: skip
    key = house.add(Contact(first_name="Nora", full_name="Nora"), tenant=tenant)[0]
    automations.work()
    told = browser.go(f"/contacts/contact/{key}/timeline").text
    assert "Automation “Say whence”: Set" in told
    assert "by hand" in told


def test_pages_stay_within_eight_statements(house, tenant, automations, browser, car):
    for number in range(5):
        key = automations.make(set_field("odometer", number), name=f"A {number}")
    for number in range(4):
        car(f"Q-{number}")
    automations.work()
    for path in ("/automations/", f"/automations/show/{key}", f"/automations/edit/{key}", "/automations/run/"):
        browser.go(path)
        with count_statements() as statements:
            assert browser.go(path).status_code == 200
        assert len(statements) <= 8, (path, statements)


def test_saving_costs_no_statement_more_without_automations_or_with(house, tenant, automations, browser, car):
    key = car("C-1")

    def save(value):
        form = page_of(browser.go(f"/garage/vehicle/{key}/edit")).guarded()
        with count_statements() as statements:
            assert browser.post(form.action, data=form.data(_confirmed="1", odometer=value)).status_code == 303
        return len(statements)

    save("1")
    without = save("2")
    automations.make(set_field("balance", 1), trigger="updated")
    save("3")
    assert save("4") == without


def test_one_of_another_tenant_is_not_there(house, tenant, automations):
    key = automations.make(set_field("odometer", 1), trigger="button")
    stranger = house.browser("owner", house.globex)
    assert stranger.go(f"/automations/show/{key}").status_code == 404
    assert stranger.send(f"/automations/press/{key}", {"id": str(key)}).status_code == 404
    with house.inside(house.globex) as session:
        assert session.get(Automation, key) is None


def test_what_the_log_says_of_a_person_is_told_and_forgotten(house, tenant, automations):
    from app.automations import privacy
    from app.automations.models import AutomationRun
    from app.contacts.models import Contact

    key = house.add(Contact(first_name="Nora", full_name="Nora"), tenant=tenant)[0]
    automations.make(set_field("history", "Owned by {owner}"))
    house.add(Vehicle(plate="PRIV 1", owner_id=key), Vehicle(plate="PRIV 2"), tenant=tenant)
    automations.work()
    with house.inside(tenant) as session:
        contact = session.get(Contact, key)
        assert [one["automation"] for one in privacy.known_of(contact)["automations"]] == ["Tidy up"]
        assert "Nora" in str(privacy.known_of(contact))
        privacy.forget(contact)
        session.commit()
        assert privacy.known_of(contact) == {}
        assert [one.record_label for one in session.query(AutomationRun)] == ["PRIV 2"]
        session.expunge_all()
