"""The index written again: the same tokens as writing gave, whatever happens meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.orm.exc import StaleDataError

from app.contacts.models import Company, Contact, ContactChannel
from app.data.bulk import TOLD
from app.host import registry
from app.jobs import enqueue, run_due
from app.search import rebuild as module
from app.search.index import SearchRebuild, SearchToken
from app.search.making import tokens_of
from app.search.purging import forget_plugin
from app.search.rebuild import rebuild, searchable_kinds
from tests.plugins_for_tests.garage.models import Vehicle

KIND = "contacts.contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def contact(name, *values):
    row = Contact(full_name=name, first_name=name, tags=["vip"])
    for value in values:
        row.channels.append(ContactChannel(kind="email", value=value, value_normalised=value))
    return row


@pytest.fixture
def filled(house, tenant, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 3)
    house.add(*(contact(f"Person {n}", f"p{n}@x.example") for n in range(10)), Company(name="Firm"), tenant=tenant)
    return tenant


def stored(session, kind=KIND):
    columns = select(SearchToken.record_id, SearchToken.token, SearchToken.fields).where(SearchToken.kind == kind)
    return set(map(tuple, session.execute(columns)))


def right(session):
    """What the tokens must be."""
    entry = registry().entries[KIND]
    return {
        (row.id, token, fields)
        for row in session.scalars(select(Contact))
        for token, fields in tokens_of(session(), entry, row).items()
    }


def test_lost_wrong_and_stray_tokens_are_put_right(house, filled):
    with house.inside(filled) as session:
        before = stored(session)
        assert before == right(session)
        session.execute(text("DELETE FROM search_token WHERE token LIKE 'p%' AND kind = 'contacts.contact'"))
        session.execute(text("UPDATE search_token SET fields = ''"))
        strays = "SELECT tenant_id, kind, 'stray', gen_random_uuid() FROM search_token WHERE kind = 'contacts.contact'"
        session.execute(text(f"INSERT INTO search_token (tenant_id, kind, token, record_id) {strays}"))
        session.commit()
        firms = stored(session, "contacts.company")
        assert list(rebuild(session(), KIND)) == [3, 6, 9, 10]
        assert stored(session) == before
        assert stored(session, "contacts.company") == firms
        assert session.scalars(select(SearchRebuild.finished_at)).one() is not None
        session.execute(text("DELETE FROM contact"), execution_options=TOLD)
        session.commit()
        assert list(rebuild(session(), KIND)) == []
        assert stored(session) == set()


def test_broken_off_it_goes_on_where_it_stopped(house, filled):
    with house.inside(filled) as session:
        before = stored(session)
        session.execute(text("DELETE FROM search_token"))
        session.commit()
        steps = rebuild(session(), KIND)
        assert [next(steps), next(steps)] == [3, 6]
        steps.close()
    with house.inside(filled) as session:
        assert list(rebuild(session(), KIND)) == [9, 10]
        assert stored(session) == before
        assert list(rebuild(session(), KIND)) == [3, 6, 9, 10]
        next(rebuild(session(), KIND))
        assert list(rebuild(session(), KIND, restart=True)) == [3, 6, 9, 10]


def test_a_kind_that_is_not_searched_is_refused(house, tenant):
    with house.inside(tenant) as session:
        for kind in ("contacts.nothing", "contacts.consent", ""):
            with pytest.raises(LookupError):
                list(rebuild(session(), kind))


def test_writers_and_the_rebuild_do_not_spoil_each_other(house, filled):
    """Names and e-mail addresses change, come and go all the time; no writer fails, and the index is right at the
    end."""
    failed: list[BaseException] = []
    stop = threading.Event()
    written = []

    def write(number):
        try:
            turn = 0
            while not stop.is_set():
                turn += 1
                # One that was overtaken by another change says so, and writes on.
                with suppress(StaleDataError), house.app.app_context(), house.inside(filled) as session:
                    rows = session.scalars(select(Contact).order_by(Contact.id)).all()
                    row = rows[(turn * 3 + number) % 8 if number else 8 + turn % 2]
                    row.full_name = f"Name{number}x{turn}"
                    if row.channels and turn % 3 == 0:
                        row.channels.pop()
                    elif row.channels and turn % 3 == 1:
                        value = f"c{number}x{turn}@y.example"
                        row.channels[0].value = row.channels[0].value_normalised = value
                    else:
                        value = f"n{number}x{turn}@y.example"
                        row.channels.append(ContactChannel(kind="email", value=value, value_normalised=value))
                    session.flush()
                    time.sleep(0.005)
                    session.commit()
                    written.append(number)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
    for one in writers:
        one.start()
    try:
        rounds = 0
        while not failed and (rounds < 8 or len(written) <= 20):  # whoever is the quicker one on this machine
            with house.inside(filled) as session:
                assert list(rebuild(session(), KIND))[-1] == 10
            rounds += 1
    finally:
        stop.set()
        for one in writers:
            one.join()
    assert not failed, failed
    assert len(written) > 20
    with house.inside(filled) as session:
        assert stored(session) == right(session)


def test_a_writer_in_the_way_is_waited_for(house, filled):
    with house.inside(filled) as session, house.app.app_context():
        holding, done = threading.Event(), threading.Event()

        def hold():
            with house.app.app_context(), house.inside(filled) as other:
                row = other.scalars(select(Contact).order_by(Contact.id)).first()
                row.full_name = "Held"
                other.flush()
                holding.set()
                done.wait(1)
                other.commit()

        holder = threading.Thread(target=hold)
        holder.start()
        assert holding.wait(60)
        assert list(rebuild(session(), KIND))[-1] == 10
        holder.join()
        assert "held" in {token for _row, token, _fields in stored(session)}
        assert stored(session) == right(session)


def test_an_inline_row_that_goes_at_the_same_time_takes_its_tokens_with_it(house, filled):
    """The record itself is not locked by whoever removes its e-mail address."""
    gone, removed = threading.Event(), []

    def remove():
        with house.app.app_context(), house.inside(filled) as other:
            channel = other.scalars(select(ContactChannel).order_by(ContactChannel.id)).first()
            removed.append(channel.value)
            other.delete(channel)
            other.flush()
            gone.set()
            time.sleep(0.1)
            other.commit()

    remover = threading.Thread(target=remove)
    remover.start()
    assert gone.wait(60)
    with house.inside(filled) as session:
        assert list(rebuild(session(), KIND))[-1] == 10
        remover.join()
        assert removed[0] not in {token for _row, token, _fields in stored(session)}
        assert stored(session) == right(session)


def test_as_a_job(house, app, filled):
    with house.inside(filled) as session:
        before = stored(session)
        session.execute(text("DELETE FROM search_token"))
        enqueue("console.rebuild_search")
        session.commit()
    run_due(app)
    with house.inside(filled) as session:
        assert stored(session) == before
        assert session.scalar(select(func.count()).select_from(SearchRebuild)) == len(searchable_kinds())


def test_the_sweep_is_a_job_too(house, app, filled):
    from app.files.models import FileUsage

    with house.inside(filled) as session:
        enqueue("console.sweep_files")
        session.commit()
    run_due(app)
    with house.inside(filled) as session:
        assert session.execute(select(FileUsage.bytes, FileUsage.files)).one() == (0, 0)


def test_the_command(house, app, filled, monkeypatch):
    from contextlib import contextmanager

    from app.cli import search
    from app.ops.refusal import Refusal

    @contextmanager
    def application():
        with app.app_context():
            yield app

    monkeypatch.setattr(search, "application", application)
    with house.inside(filled) as session:
        before = stored(session)
        session.execute(text("DELETE FROM search_token"))
        session.commit()
    asked = ["rebuild", "--tenant", filled.slug, "--kind", KIND]
    said = CliRunner().invoke(search.search, asked, catch_exceptions=False).output
    assert "10 records" in said
    with house.inside(filled) as session:
        assert stored(session) == before
    for wrong in (["--kind", "x.y"], ["--tenant", "nobody-here"]):
        with pytest.raises(Refusal):
            CliRunner().invoke(search.search, ["rebuild", *wrong], catch_exceptions=False)


def test_a_plugin_that_goes_leaves_no_token(house, filled, monkeypatch):
    from app.search import purging

    monkeypatch.setattr(purging, "BATCH", 7)
    house.add(*(Vehicle(plate=f"P {n}") for n in range(9)), tenant=filled)
    other = house.new_tenant()
    house.add(Vehicle(plate="Other"), tenant=other)
    with house.inside(filled) as session:
        contacts = stored(session)
        assert stored(session, "garage.vehicle")
        assert forget_plugin(session(), "garage") >= 18
        assert not stored(session, "garage.vehicle")
        assert stored(session) == contacts
        assert forget_plugin(session(), "garage") == 0
    with house.inside(other) as session:
        assert stored(session, "garage.vehicle")
