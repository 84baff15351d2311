"""The chain: gapless under any load, whole after a kill, and broken in words by whoever touches it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from app.audit import anchors, keeping
from app.audit.anchoring import Anchoring, run_anchoring
from app.audit.anchors import AnchorFile, BrokenAnchors
from app.audit.models import AuditEntry
from app.contacts.models import Company, Contact
from app.data import db, platform_session, utcnow


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def owner(app, settings):
    """The role that owns the tables, past every wall: what an intruder would be."""
    engine = create_engine(settings.role_url("owner"), poolclass=NullPool)

    def run(statement, **values):
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY"))
            connection.execute(text("ALTER TABLE audit_head NO FORCE ROW LEVEL SECURITY"))
            done = connection.execute(text(statement), values).rowcount
            connection.execute(text("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY"))
            connection.execute(text("ALTER TABLE audit_head FORCE ROW LEVEL SECURITY"))
        return done

    return run


@pytest.fixture
def errors(caplog):
    """What the anchoring puts into the error log."""
    with caplog.at_level("ERROR", "app.audit.anchoring"):
        yield caplog


def companies(house, tenant, number):
    ids = []
    for at in range(number):
        ids += house.add(Company(name=f"Company {at}"), tenant=tenant)
    return ids


def check(app, tenant, anchors=()):
    with app.app_context():
        return keeping.verify_one(tenant.id, anchors)


def test_fifty_writers_leave_no_gap(app, house, tenant):
    start = check(app, tenant).entries
    errors = []

    def write(number):
        try:
            with house.inside(tenant) as session:
                for part in range(4):
                    session.add(Company(name=f"Writer {number} {part}"))
                    if part == 2:
                        session.rollback()
                    else:
                        session.commit()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = check(app, tenant)
    assert errors == []
    assert report.broken == ""
    assert report.entries == report.seq == start + 150


def test_a_savepoint_that_is_rolled_back_tells_nothing(app, house, tenant):
    with house.inside(tenant) as session:
        session.add(Company(name="kept"))
        for name in ("lost", "also kept"):
            savepoint = session.begin_nested()
            session.add(Company(name=name))
            session.flush()
            savepoint.rollback() if name == "lost" else savepoint.commit()
        session.commit()
        labels = list(
            session.scalars(select(AuditEntry.target_label).where(AuditEntry.target_type == "contacts.company"))
        )
    assert labels == ["kept", "also kept"]


KILLED = """
import os, signal, sys
from app.testing.servers import settings_for
from app import create_app
from app.audit import collecting
from app.contacts.models import Company
from app.data import Scope, db, scope
from pathlib import Path
from uuid import UUID

url, redis, folder, tenant = sys.argv[1:]
app = create_app(settings_for(url, redis, Path(folder)))
with app.app_context(), scope(Scope(UUID(tenant))):
    db.session.add(Company(name="never"))
    db.session.flush()
    collecting.write(db.session())  # the head is locked, the entry is written, the commit never comes
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_between_entry_and_commit_leaves_neither(app, house, tenant, settings):
    companies(house, tenant, 2)
    before = check(app, tenant)
    arguments = [settings.database_url, settings.redis_url, str(settings.var), str(tenant.id)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, env=_bare())
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert "written" in done.stdout
    companies(house, tenant, 1)
    report = check(app, tenant)
    assert (report.broken, report.entries) == ("", before.entries + 1)


def _bare():
    return {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}


TAMPERING = {
    "was changed": "UPDATE audit_entry SET action = 'contacts.company.update' WHERE tenant_id = :t AND seq = :s",
    "The content of entry": "UPDATE audit_entry SET body = replace(body, 'Company', 'Firm')"
    " WHERE tenant_id = :t AND seq = :s",
    "no entry says that it was erased": "UPDATE audit_entry SET body = NULL, salt = NULL, actor_name = NULL, ip = NULL,"
    " target_label = NULL WHERE tenant_id = :t AND seq = :s",
    "is missing": "DELETE FROM audit_entry WHERE tenant_id = :t AND seq = :s",
    "its last entries are gone": "DELETE FROM audit_entry WHERE tenant_id = :t AND seq > :s",
    "no entry says that retention": "WITH cut AS (DELETE FROM audit_entry WHERE tenant_id = :t AND seq <= :s)"
    " UPDATE audit_head SET pruned_seq = :s, pruned_hash ="
    " (SELECT hash FROM audit_entry WHERE tenant_id = :t AND seq = :s) WHERE tenant_id = :t",
}


@pytest.mark.parametrize("words", TAMPERING)
def test_tampering_by_the_owner_of_the_tables_is_found(app, house, tenant, owner, words):
    companies(house, tenant, 5)
    report = check(app, tenant)
    assert report.broken == ""
    assert owner(TAMPERING[words], t=tenant.id, s=report.seq - 2) >= 1
    assert words in check(app, tenant).broken


def test_a_rewritten_chain_is_found_by_its_anchor(app, house, tenant, owner, tmp_path):
    companies(house, tenant, 3)
    file = AnchorFile(tmp_path / "anchors.jsonl", "a key")
    honest = check(app, tenant)
    file.add("2026-01-01", [(tenant.id, honest.seq, honest.hash)])
    anchors = file.read()[tenant.id]
    assert check(app, tenant, anchors).broken == ""
    companies(house, tenant, 2)
    assert check(app, tenant, anchors).broken == "", "an anchor of the past is in the chain"
    # The intruder throws the log away and writes a shorter, sound one.
    owner("DELETE FROM audit_entry WHERE tenant_id = :t", t=tenant.id)
    owner("DELETE FROM audit_head WHERE tenant_id = :t", t=tenant.id)
    companies(house, tenant, 1)
    assert check(app, tenant).broken == ""
    assert "was cut" in check(app, tenant, anchors).broken
    companies(house, tenant, honest.seq)
    assert "was rewritten" in check(app, tenant, anchors).broken


def test_anchors_show_when_they_were_touched(house, tenant, tmp_path):
    path = tmp_path / "anchors.jsonl"
    file = AnchorFile(path, "a key")
    for seq in (1, 2, 3):
        assert file.add(f"day {seq}", [(tenant.id, seq, bytes([seq]) * 32)]) == 1
    assert file.add("day 4", []) == 0, "nothing moved, nothing is written"
    lines = path.read_text().splitlines()
    for forged in (lines[1:], [lines[0], lines[2]], [lines[0].replace('"day 1"', '"day 9"'), *lines[1:]], ["{}"]):
        path.write_text("\n".join(forged) + "\n")
        with pytest.raises(BrokenAnchors):
            file.read()
    path.write_text("\n".join(lines) + "\n")
    assert [one.seq for one in file.read()[tenant.id]] == [1, 2, 3]
    with pytest.raises(BrokenAnchors):
        AnchorFile(path, "another key").read()


def test_a_line_half_written_is_dropped_and_anchoring_goes_on(tenant, tmp_path):
    path = tmp_path / "anchors.jsonl"
    file = AnchorFile(path, "a key")
    for seq in (1, 2):
        file.add(f"moment {seq}", [(tenant.id, seq, bytes([seq]))])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert [one.seq for one in file.read()[tenant.id]] == [1], "what was not written to its end vouches for nothing"
    file.add("moment 3", [(tenant.id, 3, b"3")])
    assert [one.seq for one in file.read()[tenant.id]] == [1, 3]
    path.write_bytes(whole[: whole.index(b"\n") - 5])
    file.add("moment 4", [(tenant.id, 4, b"4")])
    assert [one.seq for one in file.read()[tenant.id]] == [4], "a first line may be the half one"


def test_a_full_file_is_put_aside_and_the_next_knows_every_head(house, tenant, tmp_path, monkeypatch):
    monkeypatch.setattr(anchors, "FULL_BYTES", 1_000)
    path, other = tmp_path / "anchors.jsonl", house.new_tenant()
    file = AnchorFile(path, "a key")
    file.add("2026-11-26T00:00:00", [(other.id, 7, b"7")])
    for seq in range(1, 9):
        file.add(f"2026-11-26T00:00:0{seq}", [(tenant.id, seq, bytes([seq]))])
    aside = sorted(tmp_path.glob("anchors-*.jsonl"))
    assert [old.name for old in aside] == ["anchors-20261126T000004.jsonl"], "named by the moment of its last line"
    known = file.read()
    assert (known[tenant.id][-1].seq, known[other.id][-1].seq) == (8, 7), "although the other's head moved long ago"
    assert path.stat().st_size < 1_500
    for old in aside:
        assert AnchorFile(old, "a key").read(), "what was put aside can still be read and is still signed"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(BrokenAnchors, match="Line 1"):
        file.read()


def test_the_app_role_cannot_touch_what_is_written(house, tenant):
    companies(house, tenant, 1)
    for statement in ("UPDATE audit_entry SET body = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with house.inside(tenant) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(statement))


def test_retention_removes_old_entries_and_the_chain_still_holds(app, house, tenant, owner):
    companies(house, tenant, 6)
    last = check(app, tenant).seq
    assert _pruned(app, tenant, 1) == 0, "nothing is that old"
    _age(app, tenant, owner, last - 2, timedelta(days=40))
    assert _pruned(app, tenant, 30) == last - 2
    report = check(app, tenant)
    assert (report.broken, report.entries, report.seq) == ("", 3, last + 1), "two that were kept, one that tells"
    companies(house, tenant, 2)
    assert check(app, tenant).broken == ""


def _pruned(app, tenant, days):
    from app.audit import retention

    with app.app_context(), platform_session("a test prunes one tenant") as session:
        return retention.prune(session, tenant.id, days)


def _age(app, tenant, owner, through, by):
    """Write the chain as if its first entries had been made long ago."""
    from app.audit import chain

    with app.app_context(), platform_session("a test ages a chain") as session:
        mine = select(AuditEntry).where(AuditEntry.tenant_id == tenant.id).order_by(AuditEntry.seq)
        rows = session.scalars(mine).all()
    previous = chain.genesis(tenant.id)
    for row in rows:
        moment = row.created_at - by if row.seq <= through else row.created_at
        ids = (row.id, row.created_by, row.membership_id, row.token_id, row.job_id, row.target_id)
        texts = (row.action, row.target_type, row.via, row.request_id)
        previous = chain.hash_of(previous, chain.facts_of(row.seq, moment, ids, texts, row.digest))
        change = "UPDATE audit_entry SET created_at = :m, hash = :h WHERE tenant_id = :t AND seq = :s"
        owner(change, m=moment, h=previous, t=tenant.id, s=row.seq)
    owner("UPDATE audit_head SET hash = :h WHERE tenant_id = :t", h=previous, t=tenant.id)


def test_personal_data_is_erased_and_the_chain_still_holds(app, house, tenant):
    (contact_id,) = house.add(Contact(full_name="Zenobia Zq", first_name="Zenobia"), tenant=tenant)
    companies(house, tenant, 1)
    with app.app_context():
        assert keeping.erase_records(tenant.id, [contact_id], "asked to be forgotten") == 1
    report = check(app, tenant)
    assert (report.broken, report.erased) == ("", 1)
    with house.inside(tenant) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.target_id == contact_id)).one()
        assert (entry.body, entry.target_label, entry.salt) == (None, None, None)
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "console.audit_entry.erase")).one()
        assert json.loads(told.body)["details"] == {"entries": [entry.seq], "reason": "asked to be forgotten"}
        everything = session.execute(text("SELECT string_agg(r::text, ' ') FROM audit_entry r")).scalar()
        tokens = session.execute(
            text("SELECT count(*) FROM search_token WHERE record_id = :i"), {"i": entry.id}
        ).scalar()
    assert "Zenobia" not in everything
    assert tokens == 0


def test_the_commands_say_what_they_find(app, house, tenant, owner, tmp_path, monkeypatch, settings):
    from contextlib import contextmanager
    from dataclasses import replace

    from click.testing import CliRunner

    from app.cli import audit as command
    from app.ops.refusal import Refusal

    @contextmanager
    def application():
        with app.app_context():
            yield app

    monkeypatch.setattr(command, "application", application)
    monkeypatch.setitem(app.config, "TENANTRY", replace(settings, audit_anchors=tmp_path / "a" / "anchors.jsonl"))
    companies(house, tenant, 2)
    run = CliRunner().invoke
    assert "heads written" in run(command.audit, ["anchor"]).output
    sound = run(command.audit, ["verify", "--tenant", tenant.slug])
    assert sound.exit_code == 0
    assert "entries hold" in sound.output
    owner("UPDATE audit_entry SET via = 'job' WHERE tenant_id = :t AND seq = 2", t=tenant.id)
    broken = run(command.audit, ["verify"])
    assert isinstance(broken.exception, Refusal), "which the console script turns into exit status 1"
    assert "Entry 2 of" in broken.output
    assert tenant.slug in str(broken.exception)
    assert "0 entries removed" in run(command.audit, ["prune"]).output
    assert db.session is not None


def test_moments_of_entries_follow_their_numbers(app, house, tenant):
    companies(house, tenant, 3)
    with house.inside(tenant) as session:
        rows = session.execute(select(AuditEntry.seq, AuditEntry.created_at).order_by(AuditEntry.seq)).all()
    assert [row.created_at for row in rows] == sorted(row.created_at for row in rows)
    assert rows[-1].created_at <= utcnow() + timedelta(seconds=5)


def test_the_daily_job_keeps_the_log(app, house, tenant, owner, monkeypatch, settings):
    from dataclasses import replace

    from app.jobs import enqueue, run_due

    monkeypatch.setitem(app.config, "TENANTRY", replace(settings, audit_keep_days=30))
    schedule = app.extensions["tenantry"].schedules["console.prune_audit_log"]
    companies(house, tenant, 2)
    owner(
        "UPDATE audit_entry SET created_at = now() - interval '40 days' WHERE tenant_id = :t AND seq = 1", t=tenant.id
    )
    with house.inside(tenant) as session:
        enqueue(schedule.job, *schedule.args)
        session.commit()
    run_due(app)
    with house.inside(tenant) as session:
        assert session.scalar(select(AuditEntry.id).where(AuditEntry.seq == 1)) is None


def cut(owner, tenant, seq):
    """What an intruder with the database would do: take entries away and set the head back, so that all looks sound."""
    owner("DELETE FROM audit_entry WHERE tenant_id = :t AND seq > :s", t=tenant.id, s=seq)
    before = "(SELECT e.hash FROM audit_entry e WHERE e.tenant_id = :t AND e.seq = :s)"
    owner(f"UPDATE audit_head SET seq = :s, hash = {before} WHERE tenant_id = :t", t=tenant.id, s=seq)


def test_what_is_cut_off_after_a_round_of_anchors_is_found(app, house, tenant, owner, tmp_path, errors):
    file = AnchorFile(tmp_path / "anchors.jsonl", "a key")
    quiet = house.new_tenant()
    companies(house, tenant, 2)
    anchoring = Anchoring(file)
    with app.app_context():
        assert anchoring.round() >= 2, "the first round knows of nothing"
        companies(house, tenant, 2)
        anchoring.round()
    anchors = file.read()
    last = check(app, tenant).seq
    assert [one.seq for one in anchors[tenant.id]] == [last - 2, last]
    assert [one.seq for one in anchors[quiet.id]] == [check(app, quiet).seq], "what did not move is not written again"
    assert check(app, tenant, anchors[tenant.id]).unanchored == 0
    cut(owner, tenant, last - 1)
    assert check(app, tenant).broken == "", "the cut itself leaves a sound chain"
    assert "was cut" in check(app, tenant, anchors[tenant.id]).broken
    with app.app_context():
        anchoring.round()
    assert f"the audit log of tenant {tenant.id} was cut: it had {last} entries and has {last - 1}" in errors.text
    assert "was cut" in check(app, tenant, file.read()[tenant.id]).broken, "a later anchor does not hide it"


def test_entries_that_no_anchor_vouches_for_are_counted(app, house, tenant, tmp_path):
    file = AnchorFile(tmp_path / "anchors.jsonl", "a key")
    companies(house, tenant, 1)
    with app.app_context():
        Anchoring(file).round()
    companies(house, tenant, 3)
    assert check(app, tenant, file.read()[tenant.id]).unanchored == 3


def test_anchors_are_written_while_it_runs_and_at_its_end(app, house, tenant, tmp_path, monkeypatch, settings):
    from dataclasses import replace

    path = tmp_path / "anchors.jsonl"
    monkeypatch.setitem(app.config, "TENANTRY", replace(settings, audit_anchors=path, audit_anchor_seconds=3600))
    stop = threading.Event()
    thread = threading.Thread(target=run_anchoring, args=(app, stop))
    thread.start()
    anchored = lambda: AnchorFile(path, settings.derived_key("audit anchors")).read().get(tenant.id, ())  # noqa: E731
    while not anchored():
        assert thread.is_alive()
        thread.join(0.05)
    companies(house, tenant, 2)
    stop.set()
    thread.join()
    assert anchored()[-1].seq == check(app, tenant).seq


def test_a_file_of_anchors_that_cannot_be_written_is_told_and_stops_nothing(
    app, house, tenant, tmp_path, monkeypatch, settings, errors
):
    from dataclasses import replace

    path = tmp_path / "anchors.jsonl"
    path.write_text("{}\n")
    monkeypatch.setitem(app.config, "TENANTRY", replace(settings, audit_anchors=path, audit_anchor_seconds=1))
    stop = threading.Event()
    stop.set()
    run_anchoring(app, stop)
    assert "the audit log is not anchored now" in errors.text
    assert path.read_text() == "{}\n"
