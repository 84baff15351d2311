"""Events: told with the change or not at all, handed over in order, handled once, tried again, replayed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from sqlalchemy import delete, func, select, text

from app.data import current_tenant_id, platform_session, uuid7
from app.data.bulk import TOLD
from app.data.migrate import owner_engine
from app.events import relay as relaying
from app.events.coding import dump, load, schema
from app.events.handling import handle
from app.events.models import DomainEvent, EventHandling
from app.events.relay import hand_over, relay
from app.host import Event, Handler, hookimpl
from app.host.claims import ClaimError
from app.host.events import fields_of
from app.host.happenings import _own_type
from app.jobs import run_due
from app.sdk import publish
from app.testing.pumping import hurry, pump
from tests.plugins_for_tests.depot import services
from tests.plugins_for_tests.depot.events import ParcelMoved
from tests.plugins_for_tests.depot.models import Heard, Parcel


@pytest.fixture(autouse=True)
def silence(app, house):
    """Every test begins and ends with nothing waiting."""
    _empty(app)
    yield
    _empty(app)


def _empty(app):
    with app.app_context(), platform_session("tests leave nothing behind") as session:
        for table in ("job", "domain_event", "depot.heard", "depot.parcel", "contact"):
            session.execute(text(f"DELETE FROM {table}"), execution_options=TOLD)


@pytest.fixture
def parcel(house):
    return house.add(Parcel(code="P-1"))[0]


def heard(house, handler=None, tenant=None):
    with house.inside(tenant) as session:
        rows = session.scalars(select(Heard).order_by(Heard.id)).all()
        found = [row for row in rows if handler in (None, row.handler)]
        session.expunge_all()
    return found


def events(house, name=None, tenant=None):
    with house.inside(tenant) as session:
        rows = session.scalars(select(DomainEvent).order_by(DomainEvent.told_at, DomainEvent.id)).all()
        found = [row for row in rows if name in (None, row.name)]
        session.expunge_all()
    return found


def handlings(house, tenant=None):
    with house.inside(tenant) as session:
        rows = list(session.scalars(select(EventHandling)))
        session.expunge_all()
    return {(row.handler, row.event_id): row for row in rows}


def move(house, parcel, times=1, tenant=None):
    for _ in range(times):
        with house.inside(tenant) as session:
            services.move(parcel)
            session.commit()


def test_an_event_is_handled_once_by_each_handler(app, house, parcel):
    move(house, parcel)
    pump(app)
    pump(app)
    assert sorted(row.handler for row in heard(house)) == ["hear", "hear_too", "welcome"]
    [event] = events(house, "depot.parcel_moved")
    assert (event.state, event.aggregate_type, event.aggregate_id) == ("done", "depot.parcel", parcel)
    assert event.schema_version == 2
    assert {row.state for row in handlings(house).values()} == {"done"}


def test_what_is_rolled_back_never_happened(app, house, parcel):
    with house.inside() as session:
        services.move(parcel)
        session.flush()
        session.rollback()
    with house.inside() as session:
        nested = session.begin_nested()
        services.move(parcel)
        session.flush()
        nested.rollback()
        session.commit()
    pump(app)
    assert events(house, "depot.parcel_moved") == []


def test_every_resource_tells_of_its_records(app, house):
    api = house.api("owner")
    made = api.post("/depot/parcel", {"code": "P-2"}).json["id"]
    api.patch(f"/depot/parcel/{made}", {"steps": 4})
    api.patch(f"/depot/parcel/{made}", {"steps": 4})
    api.delete(f"/depot/parcel/{made}")
    told = [(row.name, row.payload) for row in events(house)]
    base = {"id": made, "resource": "depot.parcel", "changed": [], "via": "rest"}
    assert told == [
        ("depot.parcel_created", base),
        ("depot.parcel_updated", {**base, "changed": ["steps"]}),
        ("depot.parcel_deleted", base),
    ]


def test_trash_is_a_deletion_and_coming_back_a_change(house):
    api = house.api("owner")
    made = api.post("/contacts/contact", {"first_name": "Zoë"}).json["id"]
    api.delete(f"/contacts/contact/{made}")
    api.post(f"/contacts/contact/{made}/restore")
    told = [(row.name, row.payload["changed"]) for row in events(house)]
    assert told == [
        ("contacts.contact_created", []), ("contacts.contact_deleted", []),
        ("contacts.contact_updated", ["deleted_at"]),
    ]  # fmt: skip


def test_a_save_with_its_event_stays_within_the_budget(house, statements):
    api = house.api("owner")
    made = api.post("/depot/parcel", {"code": "P-3"}).json["id"]
    statements.clear()
    api.patch(f"/depot/parcel/{made}", {"steps": 9})
    assert len(statements) <= 8
    assert sum("INSERT INTO domain_event" in one for one in statements) == 1


def test_events_of_one_parcel_come_in_order(app, house, parcel):
    move(house, parcel, times=12)
    pump(app)
    assert [row.step for row in heard(house, "hear")] == list(range(1, 13))


def test_a_handful_of_events_is_one_job_and_each_stands_for_itself(app, house):
    parcels = house.add(*[Parcel(code=code) for code in ("good", "bad", "better")])
    pump(app)
    for parcel in parcels:
        move(house, parcel)
    with app.app_context():
        relay()
    with house.inside() as session:
        jobs = (
            session.execute(text("SELECT args FROM job WHERE name = 'events.handle' AND state = 'pending'"))
            .scalars()
            .all()
        )
    assert sorted(map(len, jobs)) == [1, 1, 1, 3, 3]  # `hear` takes one each, the others a handful
    pump(app)
    assert {(row.parcel_id, row.handler) for row in heard(house)} == {
        (parcel, handler) for parcel in parcels for handler in ("welcome", "hear", "hear_too")
    }
    stumbled = {row.event_id: row for (key, _), row in handlings(house).items() if key == "depot.stumble"}
    by_parcel = {event.aggregate_id: stumbled[event.id] for event in events(house, "depot.parcel_moved")}
    assert [by_parcel[one].state for one in parcels] == ["done", "waiting", "done"]
    assert by_parcel[parcels[1]].attempts == 1
    for _ in range(3):
        hurry(app)
        pump(app)
    states = [one.state for one in events(house, "depot.parcel_moved")]
    assert sorted(states) == ["dead", "done", "done"]


@pytest.mark.parametrize("number", [3, 60])
def test_a_handful_costs_as_many_statements_as_a_few(app, house, statements, number):
    """What an import of thousands tells is handled by the hundred."""
    from app.contacts.models import Contact
    from app.contacts.timeline import TimelineEntry

    house.add(*[Contact(first_name=f"Nora {at}", full_name=f"Nora {at}") for at in range(number)])
    with app.app_context():
        relay()
    waiting = text("SELECT args FROM job WHERE name = 'events.handle' AND state = 'pending'")
    with house.inside() as session:
        (args,) = session.execute(waiting).scalars()
        statements.clear()
        handle(None, *args)
        session.commit()
        assert len(statements) <= 12, statements
        assert session.scalar(select(func.count()).select_from(TimelineEntry)) == number == len(args)
        session.execute(delete(TimelineEntry))
        session.commit()
    assert {one.state for one in events(house)} == {"done"}


def test_order_holds_under_eight_writers_and_two_relays(app, house):
    parcels = house.add(*[Parcel(code=f"W-{n}") for n in range(3)])
    stop = threading.Event()

    def write(number):
        for turn in range(15):
            move(house, parcels[(number + turn) % 3])

    def hand_over():
        while not stop.is_set():
            with app.app_context():
                relay()
            run_due(app)

    relays = [threading.Thread(target=hand_over) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in (*relays, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in relays:
        thread.join()
    pump(app)
    for handler in ("hear", "hear_too"):
        for each in parcels:
            steps = [row.step for row in heard(house, handler) if row.parcel_id == each]
            assert steps == list(range(1, 41)), (handler, steps)


IN_LINE = """
    INSERT INTO domain_event (tenant_id, id, name, schema_version, aggregate_type, aggregate_id, payload, state,
                              created_at, updated_at, version, custom_fields)
    SELECT :tenant, gen_random_uuid(), 'depot.parcel_moved', 1, 'depot.parcel',
           coalesce(CAST(:key AS uuid), gen_random_uuid()), '{}', :state, now(), now(), 1, '{}'
    FROM generate_series(1, :number)"""


def _write(session, number, key=None, state="waiting"):
    """Events of the depot, as if as many moves had been made; of one parcel, or each of its own."""
    values = {"tenant": current_tenant_id(), "key": key, "number": number, "state": state}
    session.execute(text(IN_LINE), values)


def test_thousands_of_events_of_one_record_keep_no_other_waiting(house):
    with house.inside() as session:  # rolled back
        _write(session, 5_000, uuid7())
        _write(session, 3)
        assert hand_over(session) == 4, "the first of the one record, and those of the others behind all of them"
        assert hand_over(session) == 0
        session.rollback()


@pytest.mark.parametrize("known", [0, 5_000], ids=["an empty log", "a log of events that are done"])
def test_a_round_costs_the_same_however_many_events_wait(house, settings, known):
    """Also while the database's statistics, as after an hour without any, say that none is waiting."""
    with house.inside() as session:
        _write(session, known, state="done")
        session.commit()
    with owner_engine(settings.role_url("owner")).begin() as connection:
        connection.execute(text("ANALYZE domain_event"))
    with house.inside() as session:  # rolled back
        session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        _write(session, 20_000)
        session.execute(relaying._IN_ORDER["off"])
        values = {"tenant": current_tenant_id(), "wanted": ["depot.parcel_moved"], **relaying._BEGINNING}
        plan = session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {relaying._PAGE.text}"), values).scalar_one()
        read = list(_rows_read(plan[0]["Plan"]))
        assert max(read) <= relaying.PAGE, "no part of the plan reads more than the page"
        session.execute(relaying._IN_ORDER["on"])
        assert hand_over(session) == relaying.BATCH
        session.rollback()


def _rows_read(node):
    yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    for part in node.get("Plans", ()):
        yield from _rows_read(part)


def test_a_failing_handler_is_tried_again_and_then_waits_for_a_person(app, house):
    [bad] = house.add(Parcel(code="bad-1"))
    move(house, bad)
    pump(app)
    [event] = events(house, "depot.parcel_moved")
    first = handlings(house)["depot.stumble", event.id]
    assert (first.state, first.attempts) == ("waiting", 1)
    assert "The parcel is bad." in first.last_error
    assert first.due_at is not None
    assert [row.handler for row in heard(house, "hear")] == ["hear"]
    for _ in range(2):
        hurry(app)
        pump(app)
    last = handlings(house)["depot.stumble", event.id]
    assert (last.state, last.attempts) == ("dead", 3)
    assert events(house, "depot.parcel_moved")[0].state == "dead"
    assert heard(house, "stumble") == []
    move(house, bad)
    pump(app)
    assert [row.step for row in heard(house, "hear")] == [1, 2]


def test_a_dead_letter_is_tried_again_by_a_person(app, house):
    [bad] = house.add(Parcel(code="bad-2"))
    move(house, bad)
    for _ in range(3):
        pump(app)
        hurry(app)
    [event] = events(house, "depot.parcel_moved")
    handling = handlings(house)["depot.stumble", event.id]
    with house.inside() as session:
        session.get(Parcel, bad).code = "good"
        session.commit()
    answer = house.api("admin").post(f"/events/handling/{handling.id}/actions/retry", {})
    assert answer.status_code == 200, answer.text
    pump(app)
    assert handlings(house)["depot.stumble", event.id].state == "done"
    assert events(house, "depot.parcel_moved")[0].state == "done"
    assert len(heard(house, "hear")) == 1
    assert house.api("agent").post(f"/events/handling/{handling.id}/actions/retry", {}).status_code == 403


def test_an_event_is_replayed_to_all_handlers(app, house, parcel):
    move(house, parcel)
    pump(app)
    [event] = events(house, "depot.parcel_moved")
    answer = house.api("owner").post(f"/events/event/{event.id}/actions/replay", {})
    assert answer.status_code == 200, answer.text
    pump(app)
    assert len(heard(house, "hear")) == 2
    assert {row.event_id for row in heard(house, "hear")} == {event.id}


def test_a_plugin_that_is_off_hears_nothing(app, house):
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        session.execute(
            text("UPDATE tenant_plugin SET state = 'off' WHERE plugin_key = 'depot'"), execution_options=TOLD
        )
        session.commit()
    [parcel] = house.add(Parcel(code="off"), tenant=tenant)
    move(house, parcel, tenant=tenant)
    pump(app)
    assert heard(house, tenant=tenant) == []
    assert {row.state for row in events(house, tenant=tenant)} == {"done"}


def test_the_jobs_of_a_tenant_are_called_by_its_language(app, house):
    tenant = house.new_tenant(locale="ar")
    house.add(Parcel(code="P-9"), tenant=tenant)
    with app.app_context():
        relay()
    with house.inside(tenant) as session:
        titles = set(session.scalars(text("SELECT title FROM job WHERE name = 'events.handle'")))
    assert titles == {"معالجة حدث"}


def test_tenants_hear_of_their_own_alone(app, house):
    [ours] = house.add(Parcel(code="same"))
    [theirs] = house.add(Parcel(code="same"), tenant=house.globex)
    move(house, ours)
    move(house, theirs, tenant=house.globex)
    pump(app)
    assert {row.parcel_id for row in heard(house, "hear")} == {ours}
    assert {row.parcel_id for row in heard(house, "hear", house.globex)} == {theirs}
    [event] = events(house, "depot.parcel_moved", house.globex)
    assert house.api("owner").get(f"/events/event/{event.id}").status_code == 404
    assert house.browser("owner").go(f"/events/event/{event.id}").status_code == 404


def test_a_handler_whose_job_was_lost_waits_for_a_person(app, house, parcel):
    from datetime import timedelta

    from app.data import current_tenant_id
    from app.events.handling import bury_lost

    move(house, parcel)
    with app.app_context():
        relay()
        with platform_session("a test parks a job") as session:
            session.execute(text("UPDATE job SET state = 'parked', lost_leases = 3 WHERE name = 'events.handle'"))
    with house.inside() as session:
        assert bury_lost(session, current_tenant_id(), timedelta(0)) >= 1
        session.commit()
    assert "dead" in {row.state for row in events(house)}
    pump(app)
    assert "waiting" not in {row.state for row in handlings(house).values()}


def test_old_events_are_forgotten_and_failures_kept(app, house, parcel):
    from app.jobs import enqueue

    move(house, parcel, times=3)
    pump(app)
    ids = [row.id for row in events(house, "depot.parcel_moved")]
    with app.app_context(), platform_session("a test makes events old") as session:
        session.execute(
            text("UPDATE domain_event SET created_at = now() - interval '40 days' WHERE id <> :new"), {"new": ids[2]}
        )
        session.execute(text("UPDATE domain_event SET state = 'dead' WHERE id = :dead"), {"dead": ids[0]})
    with house.inside() as session:
        enqueue("events.purge")
        session.commit()
    run_due(app)
    assert [row.id for row in events(house)] == [ids[0], ids[2]]


def test_values_travel_unchanged():
    moment = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)
    sent = ParcelMoved(uuid7(), 3, Decimal("1.50"), ("a", "b"), date(2026, 1, 2), moment, True)
    assert load(ParcelMoved, dump(sent)) == sent
    assert load(ParcelMoved, {**dump(sent), "gone": 1}) == sent
    assert load(ParcelMoved, {"parcel_id": str(sent.parcel_id), "step": 3}) == ParcelMoved(sent.parcel_id, 3)
    schemas = {field.name: schema(field) for field in fields_of(ParcelMoved)}
    assert schemas["weight"] == {
        "type": ["string", "null"],
        "format": "decimal",
        "description": "In kilogrammes, when it was weighed.",
    }
    assert schemas["stops"]["items"] == {"type": "string"}


@dataclass(frozen=True)
class Unknown(Event, name="depot.thing_lost"):
    """Nobody declares it."""


def test_only_declared_events_are_published(house):
    with house.inside(), pytest.raises(LookupError, match="not declared"):
        publish(Unknown())


def _event(**more: Any) -> type[Event]:
    options = {"name": "depot.thing_done", "doc": "Words.", "frozen": True, "hint": Annotated[int, "Words."], **more}
    body = {"__annotations__": {"field": options["hint"]}, "__module__": __name__}
    if options["doc"]:
        body["__doc__"] = options["doc"]
    made = type("Made", (Event,), body, name=options["name"])
    return dataclass(frozen=True)(made) if options["frozen"] else made


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"name": "other.thing_done"}, "must be named"), ({"name": "depot.thing"}, "must be named"),
        ({"name": ""}, "must be named"), ({"doc": ""}, "docstring"), ({"hint": int}, "needs words"),
        ({"hint": Annotated[dict, "Words."]}, "cannot travel"),
    ],
)  # fmt: skip
def test_events_outside_the_rules_are_refused(more, reason):
    _own_type("depot", _event())
    with pytest.raises(ClaimError, match=reason):
        _own_type("depot", _event(**more))


def test_a_handler_must_wait_for_something_that_exists(pytestconfig):
    from app.host.registry import build
    from app.testing.fixtures import installed
    from tests.plugins_for_tests.depot import plugin as depot

    @hookimpl
    def handlers():
        return [Handler("depot.parcel_vanished", services.hear)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(depot, "handlers", handlers)
        with pytest.raises(ClaimError, match="which no plugin declares"):
            build(installed(pytestconfig))


def test_the_timeline_of_a_person_is_told_by_events(app, house):
    from app.contacts.models import Note
    from app.contacts.timeline import TimelineEntry

    api = house.api("owner")
    zoe = api.post("/contacts/contact", {"first_name": "Zoë"}).json["id"]
    api.patch(f"/contacts/contact/{zoe}", {"position": "Head"})
    api.post("/contacts/note", {"target_type": "contacts.contact", "target_id": zoe, "content": "Called."})
    pump(app)
    with house.inside() as session:
        entries = session.scalars(select(TimelineEntry).order_by(TimelineEntry.at, TimelineEntry.id)).all()
        told = [(one.event_name, str(one.target_id), one.words) for one in entries]
        session.query(Note).delete()
        session.query(TimelineEntry).delete()
        session.commit()
    assert told == [
        ("contacts.contact_created", zoe, "Contact added"),
        (
            "contacts.contact_updated", zoe,
            "Contact changed: Position",
        ),
        ("contacts.note_created", zoe, "Note added"),
    ]  # fmt: skip
    assert "Timeline" in house.browser("owner").go(f"/contacts/contact/{zoe}").text
