"""Three contacts and three leads become one while others write on them, and are taken apart again: the whole database
is as it was, with what was written meanwhile and nothing else."""

from __future__ import annotations

import random
import threading
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contacts.models import Contact
from app.merging.jobs import follow
from app.merging.models import Merge
from app.sdk import Money, utcnow
from app.testing.pumping import pump
from plugins.crm.models import Activity, Lead, LeadLine, ScoreCondition, ScoreRule, Stage
from plugins.crm.services import leads, lines
from tests.merging_house import contact, differences, dump, hang_everything_on, inside, merge_now, undo_now

WRITERS, EACH = 3, 4
OF_LINES = {"value_minor", "value_currency", "value_sort", "score", "score_sort", "score_reasons"}
"""What of a lead follows its lines and activities: looked at by itself."""
BY_JOBS = {"timeline_entry", "search_rebuild"}
"""What jobs of the house write when the queue is worked off, whoever merges."""


def three_contacts(app, tenant, samples):
    """With everything that any plugin hangs on a contact: leads, activities, files, tags, links."""
    with inside(app, tenant) as session:
        ids = [contact(session, samples, f"p{number}") for number in range(3)]
        session.commit()
    hang_everything_on(app, tenant, samples, ids)
    return ids


def three_leads(app, tenant, samples, dice):
    """With a few lines each, and everything that any plugin hangs on a lead: appointments, tasks, payments, files."""
    with inside(app, tenant) as session:
        stage = session.scalars(select(Stage).where(Stage.kind == "open").order_by(Stage.position)).first()
        rows = [Lead(title=f"Lead {n}", stage_id=stage.id, tags=[f"t{n}"]) for n in range(3)]
        for row in rows:
            leads.complete(row, True)
        session.add_all(rows)
        session.commit()
        ids = [row.id for row in rows]
    hang_everything_on(app, tenant, samples, ids, "crm.lead")
    with inside(app, tenant) as session:
        for line in session.scalars(select(LeadLine).where(LeadLine.lead_id.in_(ids))):
            line.price, line.quantity, line.discount = Money.of("3.00", "USD"), Decimal(1), Decimal(0)
            lines.complete_line(line, False)
        session.commit()
    for key in ids:
        for _number in range(dice.randrange(3)):
            write_line(app, tenant, key, dice)
    return ids


def write_line(app, tenant, lead, dice):
    """A line as REST writes it; its id, or None where the lead is there no more."""
    with inside(app, tenant) as session:
        owner = session.get(Lead, lead)
        if owner.deleted_at is not None:
            return None
        line = LeadLine(
            lead_id=lead, name=f"P{dice.randrange(10**6)}", quantity=Decimal(dice.randrange(1, 9)),
            discount=Decimal(0), price=Money(dice.randrange(1, 10**4), "USD"),
        )  # fmt: skip
        lines.complete_line(line, True)
        session.add(line)
        session.commit()
        return line.id


def write_call(app, tenant, person, dice):
    with inside(app, tenant) as session:
        row = Activity(kind="call", subject=f"Call {dice.randrange(10**6)}", contact_id=person, at=utcnow())
        session.add(row)
        session.commit()
        return row.id


def meanwhile(merge, write, ids, dice):
    """Merge while several others write; what the merge gave, and what each wrote: (id, whose it was)."""
    barrier, written, wrong, lock = threading.Barrier(WRITERS + 1), [], [], threading.Lock()
    seeds = [dice.randrange(10**9) for _number in range(WRITERS)]

    def writer(seed):
        own = random.Random(seed)
        barrier.wait()
        for _number in range(EACH):
            key = own.choice(ids)
            try:
                found = write(key, own)
            except Exception as error:
                wrong.append(error)
                return
            with lock:
                written.extend([(found, key)] if found else [])

    threads = [threading.Thread(target=writer, args=(seed,)) for seed in seeds]
    for one in threads:
        one.start()
    barrier.wait()
    done = merge()
    for one in threads:
        one.join(60)
    assert wrong == []
    return done, written


def without(found, written):
    """A dump without the rows written meanwhile, what belongs to them, and what of leads follows their lines."""
    new = {str(key) for key, _whose in written}
    kept = {}
    for key, row in found.items():
        mine = {str(row.get(name)) for name in ("id", "record_id", "target_id", "aggregate_id")}
        if mine & new or key[0] in BY_JOBS:
            continue
        kept[key] = {name: value for name, value in row.items() if key[0] != "crm.lead" or name not in OF_LINES}
    return kept


def check_leads(app, tenant, ids, written):
    """Every line is on the lead that it was written for, and each lead is worth what its lines come to."""
    with inside(app, tenant) as session:
        for key, whose in written:
            assert session.get(LeadLine, key).lead_id == whose
        for key in ids:
            lines = session.scalars(select(LeadLine).where(LeadLine.lead_id == key)).all()
            worth = session.get(Lead, key).value
            assert (worth.minor if worth else 0) == sum(line.amount.minor for line in lines)


SLOWLY = settings(
    max_examples=2, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@SLOWLY
@given(seed=st.integers(0, 10**6))
def test_three_leads_merged_while_lines_are_written_come_back_with_them(app, house, samples, seed):
    dice, tenant = random.Random(seed), house.new_tenant()
    ids = three_leads(app, tenant, samples, dice)
    before = dump(app, tenant)
    done, written = meanwhile(
        lambda: merge_now(app, tenant, ids, "crm.lead"), lambda key, own: write_line(app, tenant, key, own), ids, dice
    )
    with inside(app, tenant) as session:
        follow(None, str(done))
        session.commit()
        everything = session.scalars(select(LeadLine.id).where(LeadLine.lead_id == ids[0])).all()
        assert {key for key, _whose in written} <= set(everything), (
            "whoever they were written for, they are the survivor's"
        )
        worth = sum(session.get(LeadLine, key).amount.minor for key in everything)
        assert session.get(Lead, ids[0]).value.minor == worth
    undo_now(app, tenant, done, "crm.lead", rest="back")
    pump(app)
    check_leads(app, tenant, ids, written)
    assert differences(without(before, written), without(dump(app, tenant), written)) == []


@SLOWLY
@given(seed=st.integers(0, 10**6))
def test_three_contacts_merged_while_calls_are_written_come_back_with_them(app, house, samples, seed):
    dice, tenant = random.Random(seed), house.new_tenant()
    ids = three_contacts(app, tenant, samples)
    before = dump(app, tenant)
    done, written = meanwhile(
        lambda: merge_now(app, tenant, ids), lambda key, own: write_call(app, tenant, key, own), ids, dice
    )
    with inside(app, tenant) as session:
        follow(None, str(done))
        session.commit()
        for key, _whose in written:
            assert session.get(Activity, key).contact_id == ids[0]
    undo_now(app, tenant, done)
    with inside(app, tenant) as session:
        for key, whose in written:
            assert session.get(Activity, key).contact_id == whose
        assert {session.get(Contact, key).merged_into_id for key in ids} == {None}
    assert differences(without(before, written), without(dump(app, tenant), written)) == []


def test_a_score_that_changed_since_does_not_stand_in_the_way_of_taking_apart(app, house, samples):
    """It follows what is looked at: nobody is asked what becomes of it."""
    tenant, dice = house.new_tenant(), random.Random(1)
    worth = ScoreCondition(field="value", operator="at_least", value="1")
    called = ScoreCondition(field="activity.calls", operator="at_least", value="1")
    house.add(
        ScoreRule(name="worth", points=10, conditions=[worth]), ScoreRule(name="called", points=5, conditions=[called]),
        tenant=tenant,
    )  # fmt: skip
    with inside(app, tenant) as session:
        stage = session.scalars(select(Stage).where(Stage.kind == "open").order_by(Stage.position)).first()
        rows = [Lead(title=f"Lead {n}", stage_id=stage.id) for n in range(3)]
        for row in rows:
            leads.complete(row, True)
        session.add_all(rows)
        session.commit()
        ids = [row.id for row in rows]
    write_line(app, tenant, ids[1], dice)
    done = merge_now(app, tenant, ids, "crm.lead")
    with inside(app, tenant) as session:
        assert session.get(Lead, ids[0]).score == 10
        session.add(Activity(kind="call", lead_id=ids[0], at=utcnow()))
        session.commit()
    pump(app)
    with inside(app, tenant) as session:
        assert session.get(Lead, ids[0]).score == 15
    undo_now(app, tenant, done, "crm.lead")
    pump(app)
    with inside(app, tenant) as session:
        assert [session.get(Lead, key).score for key in ids] == [5, 10, 0]
        assert session.get(Merge, done).state == "undone"
