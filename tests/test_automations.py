"""Automations: what sets them off, what they do, in whose name, once, and never in a circle."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.automations import clock, running, starting, tidying
from app.automations.models import Automation, AutomationRun
from app.contacts.models import Contact, ContactChannel
from app.data import utcnow
from app.host.custom_fields import CustomFieldDef
from app.host.form_rules import FormRule
from app.host.lifecycle import switch
from app.jobs import run_due
from app.messaging.models import CommunicationTemplate, Notification, OutboundMessage
from app.tenancy.models import Membership, MembershipRole
from app.testing.pumping import discard_pending, hurry
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.automation_house import VEHICLE, Automations, set_field
from tests.plugins_for_tests.garage.models import Vehicle


@pytest.fixture
def tenant(app, house):
    discard_pending(app)
    yield house.new_tenant(currency="EUR")
    discard_pending(app)


@pytest.fixture
def automations(house, tenant):
    return Automations(house, tenant)


@pytest.fixture
def car(house, tenant):
    def make(plate="AUTO 1", **values):
        return house.add(Vehicle(plate=plate, **values), tenant=tenant)[0]

    return make


@pytest.fixture
def stored(house, tenant):
    def read(key, model=Vehicle):
        with house.inside(tenant) as session:
            row = session.get(model, key)
            session.expunge_all()
        return row

    return read


@pytest.fixture
def rows(house, tenant):
    def read(model):
        with house.inside(tenant) as session:
            found = list(session.scalars(select(model).order_by(model.id)))
            session.expunge_all()
        return found

    return read


@pytest.fixture
def change(house, tenant):
    def write(key, model=Vehicle, **values):
        with house.inside(tenant) as session:
            row = session.get(model, key)
            for name, value in values.items():
                setattr(row, name, value)
            session.commit()

    return write


IS_NEW = [[{"field": "state", "operator": "is", "values": ["new"]}]]


# --- what sets them off -----------------------------------------------------------------------------------------------


def test_a_new_record_that_fits_gets_its_fields_set(automations, car, stored):
    automations.make(set_field("odometer", 7), conditions=IS_NEW)
    new, old = car(state="new"), car("AUTO 2", state="used")
    automations.work()
    assert stored(new).odometer == 7
    assert stored(old).odometer is None
    [run] = automations.runs()
    assert (run.state, run.target_id, run.record_label) == ("done", new, "AUTO 1")
    assert automations.said() == ["Set Odometer → 7"]


def test_a_change_of_a_watched_field_sets_it_off_and_another_does_not(automations, car, stored, change):
    key = car()
    automations.make(set_field("odometer", 9), trigger="updated", watched=["state"])
    change(key, vin="V-1")
    automations.work()
    assert automations.runs() == []
    change(key, state="sold")
    automations.work()
    assert stored(key).odometer == 9


def test_conditions_are_asked_when_it_runs_not_when_it_was_set_off(automations, car, stored, change):
    automations.make(set_field("odometer", 7), conditions=IS_NEW)
    key = car(state="new")
    change(key, state="sold")
    automations.work()
    assert stored(key).odometer is None


def test_groups_of_conditions_own_fields_among_them(house, tenant, automations, car, stored):
    house.add(CustomFieldDef(resource=VEHICLE, key="wheels", label="Wheels", kind="integer"), tenant=tenant)
    groups = [
        [{"field": "custom.wheels", "operator": "at_least", "values": ["4"]}],
        [
            {"field": "vin", "operator": "filled", "values": []},
            {"field": "state", "operator": "is", "values": ["sold"]},
        ],
    ]
    automations.make(set_field("odometer", 1), conditions=groups)
    four, two = car("W-4", custom_fields={"wheels": 4}), car("W-2", custom_fields={"wheels": 2})
    sold, kept = car("W-S", vin="V", state="sold"), car("W-K", vin="V", state="new")
    automations.work()
    assert [stored(key).odometer for key in (four, two, sold, kept)] == [1, None, 1, None]


def test_an_event_of_a_plugin_sets_it_off(house, tenant, automations, rows):
    contact = house.add(Contact(first_name="Nora", last_name="Haddad", full_name="Nora Haddad"), tenant=tenant)[0]
    automations.make(
        ("set", {"values": [{"field": "first_name", "how": "value", "value": "Noor"}]}),
        resource="contacts.contact", trigger="event", event_name="contacts.contact_updated",
    )  # fmt: skip
    with house.inside(tenant) as session:
        session.get(Contact, contact).last_name = "Sayegh"
        session.commit()
    automations.work()
    assert [one.first_name for one in rows(Contact)] == ["Noor"]


def at_the_clock(house, automations):
    """Let the clock look, as its job would."""
    with house.inside(automations.tenant) as session:
        clock.look(None)
        session.commit()
    automations.work()


def test_hours_before_a_moment_once_for_each_record_and_moment(house, automations, car, stored, change, rows):
    key = automations.make(
        set_field("odometer", 5), trigger="moment", moment_field="seen_at", amount=2, unit="hours", direction="before",
        looked_until=utcnow() + clock.OVERLAP - timedelta(minutes=10),
    )  # fmt: skip
    now = utcnow()
    due = car("M-1", seen_at=now + timedelta(hours=2, minutes=-1))
    early, late = car("M-2", seen_at=now + timedelta(hours=3)), car("M-3", seen_at=now)
    at_the_clock(house, automations)
    at_the_clock(house, automations)
    assert [stored(one).odometer for one in (due, early, late)] == [5, None, None]
    assert len(automations.runs()) == 1
    change(due, seen_at=now + timedelta(hours=2, minutes=-2))
    at_the_clock(house, automations)
    assert len(automations.runs()) == 2
    assert stored(key, Automation).version == 1


def test_days_after_a_date_on_the_clock_of_the_tenant(house, automations, car):
    zone = clock.ZoneInfo("UTC")
    now = utcnow()
    at = f"{now.astimezone(zone) - timedelta(minutes=1):%H:%M}"
    automations.make(
        set_field("odometer", 5), trigger="moment", moment_field="registered_on", amount=3, unit="days",
        direction="after", at_time=at, looked_until=now + clock.OVERLAP - timedelta(minutes=10),
    )  # fmt: skip
    due = car("D-1", registered_on=(now - timedelta(minutes=1)).date() - timedelta(days=3))
    car("D-2", registered_on=now.date() - timedelta(days=5))
    at_the_clock(house, automations)
    assert [run.target_id for run in automations.runs()] == [due]


def test_every_day_all_that_match_once(house, automations, car, stored):
    cars = [car(f"S-{number}", state="new") for number in range(3)]
    car("S-9", state="sold")
    automations.make(
        set_field("odometer", 3), trigger="schedule", at_time="09:00", conditions=IS_NEW,
        next_at=utcnow() - timedelta(minutes=1),
    )  # fmt: skip
    at_the_clock(house, automations)
    at_the_clock(house, automations)
    assert sorted(run.target_id for run in automations.runs()) == sorted(cars)
    [row] = [stored(run.automation_id, Automation) for run in automations.runs()[:1]]
    assert timedelta(0) < row.next_at - utcnow() <= timedelta(days=1)


def test_the_next_time_is_the_weekday_on_the_tenants_clock(app):
    row = Automation(at_time="09:30", weekday="mon")
    with app.test_request_context():
        zone = clock.ZoneInfo("Asia/Riyadh")
        after = clock.datetime(2026, 11, 27, 12, 0, tzinfo=clock.UTC)
        clock._zone, before = lambda: zone, clock._zone
        try:
            assert clock.next_time(row, after) == clock.datetime(2026, 11, 30, 6, 30, tzinfo=clock.UTC)
            row.weekday = None
            assert clock.next_time(row, after) == clock.datetime(2026, 11, 28, 6, 30, tzinfo=clock.UTC)
        finally:
            clock._zone = before


# --- steps ------------------------------------------------------------------------------------------------------------


def test_values_come_from_the_record_and_from_now(automations, car, stored):
    lines = [
        {"field": "history", "how": "value", "value": "{plate} is {state}, insured: {insured}"},
        {"field": "registered_on", "how": "after", "value": 3},
        {"field": "vin", "how": "clear"},
        {"field": "battery", "how": "from", "value": "plate"},
    ]
    automations.make(("set", {"values": [one for one in lines if one["field"] != "vin"]}))
    key = car("V-1", state="used")
    automations.work()
    row = stored(key)
    assert row.history == "V-1 is Used, insured: Yes"
    assert row.registered_on == (utcnow() + timedelta(days=3)).date()
    assert row.battery == "V-1"


def test_form_rules_hold_and_their_words_stand_in_the_log(house, tenant, automations, car, stored):
    sold = [[{"field": "state", "operator": "is", "values": ["sold"]}]]
    house.add(
        FormRule(name="Sold has a price", resource=VEHICLE, is_active=True, position=1, conditions=sold,
                 effects=[{"do": "require", "field": "price", "values": []}]), tenant=tenant,
    )  # fmt: skip
    automations.make(set_field("odometer", 1), set_field("state", "sold"), set_field("odometer", 2))
    key = car(state="new")
    automations.work()
    [run] = automations.runs()
    assert run.state == "failed"
    assert "Sold has a price" in run.reason
    assert (stored(key).state, stored(key).odometer) == ("new", 1)


def test_an_action_runs_with_its_parameters(house, tenant, automations, car, rows):
    automations.make(("action", {"action": "scrap"}))
    car()
    automations.work()
    [run] = automations.runs()
    assert run.state == "done", run.reason
    assert "Scrap" in automations.said()[0]


def test_a_record_of_another_kind_is_added_with_what_the_record_holds(house, tenant, automations, rows):
    given = [
        {"field": "first_name", "value": "Friend of {first_name}"},
        {"field": "last_name", "how": "from", "value": "last_name"},
    ]
    automations.make(("make", {"resource": "contacts.contact", "values": given}), resource="contacts.contact")
    house.add(Contact(first_name="Nora", last_name="Haddad", full_name="Nora Haddad"), tenant=tenant)
    automations.work()
    names = [str(one) for one in rows(Contact)]
    assert names[:2] == ["Nora Haddad", "Friend of Nora Haddad"]
    assert len(names) == 1 + starting.DEEPEST  # each one sets it off again, and then no further
    *done, last = automations.runs()
    assert {run.state for run in done} == {"done"}
    assert (last.state, "in a row" in last.reason) == ("stopped", True)


def test_members_are_told(house, tenant, automations, car, rows):
    to = ["field:keeper", "role:manager"]
    automations.make(("notify", {"to": to, "title": "Look at {plate}", "text": "It is {state}."}))
    car("N-1", keeper_id=automations.member("agent"))
    automations.work()
    told = {one.member_id: one for one in rows(Notification)}
    assert set(told) == {automations.member("agent"), automations.member("manager")}
    assert {(one.title, one.body, one.target_type) for one in told.values()} == {("Look at N-1", "It is New.", VEHICLE)}


def template(house, tenant):
    house.add(
        CommunicationTemplate(channel="email", key="welcome", language="en", subject="Dear {{ name }}",
                              body="About {{ plate }}", variables="name = N\nplate = P"), tenant=tenant,
    )  # fmt: skip


def test_the_contact_is_mailed_by_a_template_and_not_when_they_opted_out(house, tenant, automations, car, rows):
    template(house, tenant)
    nora, omar = Contact(first_name="Nora", full_name="Nora"), Contact(first_name="Omar", full_name="Omar")
    nora.channels.append(ContactChannel(kind="email", value="n@x.example", value_normalised="n@x.example"))
    omar.channels.append(
        ContactChannel(kind="email", value="o@x.example", value_normalised="o@x.example", opt_state="opted_out")
    )
    house.add(nora, omar, tenant=tenant)
    automations.make(("mail", {"template": "welcome", "variables": {}}))
    car("E-1", owner_id=nora.id)
    car("E-2", owner_id=omar.id)
    automations.work()
    assert [(one.recipient, one.subject, one.body) for one in rows(OutboundMessage)] == [
        ("n@x.example", "Dear Nora", rows(OutboundMessage)[0].body)
    ]
    assert "About E-1" in rows(OutboundMessage)[0].body
    assert any("no address" in words for words in automations.said())


def test_a_webhook_is_called_with_the_record(house, tenant, automations, car, rows):
    endpoint = house.add(
        WebhookEndpoint(url="https://hooks.example/x", events="none.at_all", state="paused", secret=""), tenant=tenant
    )[0]  # fmt: skip
    automations.make(("webhook", {"endpoint": str(endpoint)}))
    car("H-1")
    automations.work()
    [delivery] = rows(WebhookDelivery)
    assert delivery.event_name == "automations.called"
    assert '"plate":"H-1"' in delivery.body


def test_it_waits_and_goes_on_only_while_conditions_hold(app, automations, car, stored, change):
    steps = (
        ("wait", {"amount": 2, "unit": "days"}), ("stop", {"conditions": IS_NEW}), set_field("odometer", 4),
    )  # fmt: skip
    automations.make(*steps)
    stays, goes = car("P-1", state="new"), car("P-2", state="new")
    automations.work()
    assert [run.state for run in automations.runs()] == ["waiting", "waiting"]
    assert stored(stays).odometer is None
    change(goes, state="sold")
    let_time_pass(automations)
    assert (stored(stays).odometer, stored(goes).odometer) == (4, None)
    assert [run.state for run in automations.runs()] == ["done", "stopped"]


def let_time_pass(automations):
    """Days later."""
    with automations.house.inside(automations.tenant) as session:
        session.execute(update(AutomationRun).where(AutomationRun.state == "waiting").values(due_at=utcnow()))
        session.commit()
    hurry(automations.house.app)
    automations.work()


# --- safety -----------------------------------------------------------------------------------------------------------


def test_it_does_not_set_itself_off_and_circles_end(automations, car, stored):
    automations.make(set_field("odometer", 1), trigger="updated", name="One")
    automations.make(set_field("odometer", 2), trigger="updated", name="Two")
    key = car()
    automations.work()
    assert automations.runs() == []
    automations.make(set_field("odometer", 0), trigger="created", name="First")
    other = car("C-2")
    automations.work()
    runs = [run for run in automations.runs() if run.target_id == other]
    assert 3 <= len(runs) <= 10
    assert any(run.state == "stopped" and "led to the change itself" in run.reason for run in runs)
    assert key not in {run.target_id for run in runs}


def test_each_event_sets_it_off_once_however_many_handle_it(app, house, tenant, automations, car):
    automations.make(set_field("odometer", 1))
    key = car()
    with house.inside(tenant) as session:
        row = session.scalars(select(Automation)).one()
        first = starting.start(row, [key], "an event")
        again = starting.start(row, [key], "an event")
        session.commit()
    assert (first, again) == (1, 0)
    automations.work()
    assert len(automations.runs()) == 2  # that one, and the real event


def test_two_workers_do_each_step_once(app, house, tenant, automations, car, rows):
    automations.make(*[("notify", {"to": ["role:owner"], "title": f"Step {n}"}) for n in range(5)])
    for number in range(4):
        car(f"T-{number}")
    with app.app_context():
        from app.events.relay import relay

        relay()
    threads = [threading.Thread(target=run_due, args=(app,)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    automations.work()
    assert [run.state for run in automations.runs()] == ["done"] * 4
    assert len(rows(Notification)) == 20
    assert len(automations.said()) == 20


def test_a_right_that_is_gone_stops_it_and_its_owner_is_told(house, tenant, automations, car, rows, stored):
    automations.make(set_field("odometer", 1), role="agent")
    with house.inside(tenant) as session:
        held = session.scalars(
            select(MembershipRole).where(MembershipRole.membership_id == automations.member("agent"))
        ).one()
        held.role = "viewer"
        session.commit()
    key = car()
    automations.work()
    [run] = automations.runs()
    assert run.state == "failed"
    assert "may not" in run.reason
    assert stored(key).odometer is None
    assert [one.member_id for one in rows(Notification)] == [automations.member("agent")]


def test_a_member_who_left_runs_nothing(house, tenant, automations, car, stored):
    automations.make(set_field("odometer", 1), role="agent")
    with house.inside(tenant) as session:
        session.get(Membership, automations.member("agent")).left_at = utcnow()
        session.commit()
    key = car()
    automations.work()
    assert stored(key).odometer is None
    assert "left" in automations.runs()[0].reason


def test_errors_are_tried_again_and_then_kept_for_a_person(app, house, tenant, automations, car, stored, monkeypatch):
    from app.automations.steps import STEPS

    broken = STEPS["set"].__class__("set", "edit", STEPS["set"].check, lambda doing, settings: 1 / 0)
    real = dict(running.STEPS)
    monkeypatch.setattr(running, "STEPS", {**real, "set": broken})
    automations.make(set_field("odometer", 1))
    key = car()
    automations.work()
    for _ in range(running.ATTEMPTS):
        let_time_pass(automations)
    [run] = automations.runs()
    assert (run.state, run.attempts) == ("failed", running.ATTEMPTS)
    monkeypatch.setattr(running, "STEPS", real)
    answer = house.api("owner", tenant).post(f"/automations/run/{run.id}/actions/again", {})
    assert answer.status_code == 200, answer.json
    automations.work()
    assert stored(key).odometer == 1


def test_too_many_in_an_hour_are_held_back_and_can_be_let_go(
    house, tenant, automations, car, rows, stored, monkeypatch
):
    monkeypatch.setattr(starting, "MOST_AN_HOUR", 2)
    automations.make(set_field("odometer", 1))
    keys = [car(f"L-{number}") for number in range(3)]
    automations.work()
    assert sorted(run.state for run in automations.runs()) == ["done", "done", "held"]
    assert {one.kind for one in rows(Notification)} == {starting.HELD_BACK}
    held = next(run for run in automations.runs() if run.state == "held")
    assert house.api("owner", tenant).post(f"/automations/run/{held.id}/actions/again", {}).status_code == 200
    automations.work()
    assert [stored(key).odometer for key in keys] == [1, 1, 1]


def test_where_the_plugin_is_off_saving_works_and_the_run_says_why(house, tenant, automations, car, stored):
    key = automations.make(set_field("odometer", 1), ("wait", {"amount": 1, "unit": "days"}), set_field("odometer", 2))
    vehicle = car()
    automations.work()
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    let_time_pass(automations)
    [run] = automations.runs()
    assert run.state == "failed"
    assert "plugin" in run.reason
    page = house.browser("owner", tenant).go(f"/automations/show/{key}")
    assert page.status_code == 200
    assert "Cannot run" in page.text
    assert stored(vehicle).odometer == 1


def test_a_field_that_is_gone_ends_the_run_in_words(automations, car):
    automations.make(set_field("custom.gone", 1))
    automations.make(
        set_field("odometer", 1), conditions=[[{"field": "custom.gone", "operator": "is", "values": ["1"]}]]
    )
    car()
    automations.work()
    assert [run.state for run in automations.runs()] == ["failed", "failed"]


def test_other_tenants_are_not_touched(house, tenant, automations, stored):
    automations.make(set_field("odometer", 1))
    other = house.add(Vehicle(plate="G-1"), tenant=house.globex)[0]
    automations.work()
    assert automations.runs() == []
    with house.inside(house.globex) as session:
        assert session.get(Vehicle, other).odometer is None
        session.expunge_all()


def test_runs_whose_job_was_lost_wait_for_a_person_and_old_ones_are_forgotten(app, house, tenant, automations, car):
    automations.make(set_field("odometer", 1), keep_days=30, trigger="button")
    key = car()
    with house.inside(tenant) as session:
        starting.start(session.scalars(select(Automation)).one(), [key], "a press")
        session.commit()
    discard_pending(app)
    with house.inside(tenant) as session:
        assert running.bury_lost(timedelta(0)) == 1
        session.commit()
    [run] = automations.runs()
    assert run.state == "failed"

    class Run:
        def check(self):
            pass

    with house.inside(tenant) as session:
        assert tidying.forget(Run()) == 0
        session.execute(update(AutomationRun).values(created_at=utcnow() - timedelta(days=31)))
        assert tidying.forget(Run()) == 1
        session.commit()


def test_more_records_than_one_statement_takes(house, tenant, automations, car, monkeypatch):
    monkeypatch.setattr(starting, "CHUNK", 2)
    key = automations.make(set_field("odometer", 1), trigger="button")
    cars = [car(f"MANY {number}") for number in range(5)]
    with house.inside(tenant) as session:
        assert starting.start(session.get(Automation, key), cars, "a press") == 5
        session.commit()
    automations.work()
    assert {run.target_id for run in automations.runs()} == set(cars)


def test_what_is_in_the_archive_is_left_alone_as_in_lists(automations, car, stored):
    automations.make(set_field("odometer", 1))
    away, here = car("ARCH 1", archived_at=utcnow()), car("ARCH 2")
    automations.work()
    assert (stored(away).odometer, stored(here).odometer) == (None, 1)
