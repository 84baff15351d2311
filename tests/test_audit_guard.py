"""Ways round the session's flush: told, or refused. And which tables are not audited at all."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from app.audit.guard import Unaudited
from app.audit.models import AuditEntry
from app.contacts.bulk import NewChannel, NewContact, store
from app.contacts.models import Company, Contact, ContactChannel
from app.data import TenantTable, db, platform_session
from app.host import registry
from app.testing.trail import Trail
from app.transfer.commands import import_file

ROOT = Path(__file__).parents[1]
NOT_AUDITED = {
    "mail": "received words are no change of ours; what is sent is noted",
    "mail_copy": "where a mail lies",
    "mail_folder": "how far a folder was read",
    "mail_party": "who is in a mail",
    "mail_thread": "how a conversation stands",
    "assignment": "whose a lead became, and how; the change of the lead is told",
    "audit_entry": "an entry about an entry would never end",
    "audit_head": "the end of the chain",
    "desk": "how a person arranges their own work",
    "automation_outcome": "what a step of an automation did; what it changed is told",
    "automation_run": "how an automation fared; what its steps change is told",
    "brand_logo": "the bytes of a logo; the brand that shows it is told",
    "picture": "what is kept of a picture; the record that shows it is told",
    "picture_file": "the bytes of a picture in one size; the record that shows it is told",
    "domain_event": "tells of changes itself",
    "duplicate_pair": "what a job found alike; what is decided about it is told",
    "event_handling": "how a handler fared",
    "file_usage": "how much the files take up, which are told themselves",
    "import_change": "how to undo an import; what it changes is told",
    "import_line": "lines of files that wait to be imported",
    "hook_fault": "how a plugin's hook fared",
    "idempotency_key": "what was answered to a call",
    "job": "how a job fares; what it does is told",
    "job_schedule": "when a schedule ran last",
    "lead_answer": "a log itself; the lead's own change is told",
    "made_row": "which rows a plugin's hook made; the rows are told themselves",
    "merge_change": "how to undo a merge; what it changes is told",
    "note_mention": "follows the text of its note",
    "notification": "what a member is told; what they are told of is told",
    "number_sequence": "the next number: the record that took it is told",
    "outbound_message": "how mail fares on its way out",
    "received_webhook": "what another system said; what comes of it is told",
    "reminder": "that somebody was reminded; the notice is there itself",
    "rotation": "whose turn it is; the lead that is given is told",
    "start_page": "which cards a person sees on their own start page",
    "search_rebuild": "how far the index is written again",
    "search_token": "follows the records",
    "send_quota": "how much was sent today",
    "territory_change": "a log itself; the lead's own change is told",
    "stage_change": "a log itself; the lead's own change is told",
    "timeline_entry": "made from events",
    "visit_step": "of the tests: only told on a timeline",
    "webhook_attempt": "how a delivery fared",
    "webhook_delivery": "how a delivery fares",
}
PAST_THE_SESSION = {
    "app/data/sequences.py": "number sequences",
    "app/identity/sync.py": "permissions belong to no tenant",
}
"""Modules that use Core statements or a raw connection for writing, and on what that is no audited row."""


@pytest.fixture
def trail(app, house):
    tenant = house.new_tenant()
    return Trail(app, tenant.id), tenant


def test_every_table_that_is_not_audited_is_known(app):
    silent = {
        mapper.local_table.name
        for mapper in TenantTable.registry.mappers
        if issubclass(mapper.class_, TenantTable) and not mapper.class_.__audited__
    }
    assert silent == set(NOT_AUDITED)


def test_rows_inserted_in_bulk_are_told(house, trail):
    watch, tenant = trail
    watch.start()
    with house.inside(tenant) as session:
        contacts = [
            NewContact(
                f"Bulk {at}", tags=["new tag"], channels=[NewChannel("email", f"{at}@b.example", f"{at}@b.example")]
            )
            for at in range(30)
        ]
        store(session(), contacts)
        session.commit()
    assert watch.untold() == []
    entries = watch.entries()
    assert sorted({one.action for one in entries}) == ["console.tag.create", "contacts.contact.create"]
    assert len(entries) == 31, "rows inside a contact's form are told with it"


def test_an_update_or_delete_of_a_model_is_told(house, trail):
    watch, tenant = trail
    (company_id,) = house.add(Company(name="One"), tenant=tenant)
    house.add(Contact(full_name="Ali", first_name="Ali", company_id=company_id), tenant=tenant)
    watch.start()
    with house.inside(tenant) as session:
        session.execute(update(Company).where(Company.id == company_id).values(city="Riyadh", name="Two"))
        session.commit()
    assert watch.untold() == []
    (entry,) = watch.entries()
    assert json.loads(entry.body)["fields"] == {"name": ["One", "Two"], "city": [None, "Riyadh"]}
    watch.start()
    with house.inside(tenant) as session:
        session.execute(delete(Company))
        session.commit()
    assert watch.untold() == [], "the contact lost its link, which the database did"
    assert sorted(one.action for one in watch.entries()) == ["contacts.company.delete", "contacts.contact.update"]


def test_the_platform_is_told_in_each_tenant(app, house, trail):
    watch, tenant = trail
    other = house.new_tenant()
    for one in (tenant, other):
        house.add(Company(name="Everywhere"), tenant=one)
    second = Trail(app, other.id).start()
    watch.start()
    with app.app_context(), platform_session("a test changes two tenants at once") as session:
        mine = Company.tenant_id.in_([tenant.id, other.id])
        session.execute(update(Company).where(mine, Company.name == "Everywhere").values(city="Jeddah"))
        added = Company(name="From outside", tenant_id=other.id)
        session.add(added)
    assert (watch.untold(), second.untold()) == ([], [])
    assert (len(watch.entries()), len(second.entries())) == (1, 2)


@pytest.mark.parametrize(
    "statement",
    [
        insert(Company).values(name="x"),
        insert(Company.__table__).values(name="x"),
        update(Company.__table__).values(name="x"),
        delete(ContactChannel.__table__),
        text("UPDATE contact SET position = 'x'"),
        text("WITH a AS (DELETE FROM public.contact RETURNING id) SELECT * FROM a"),
        text('INSERT INTO garage."vehicle" (plate) VALUES (1)'),
    ],
)
def test_what_cannot_be_told_is_refused(house, trail, statement):
    with house.inside(trail[1]) as session, pytest.raises(Unaudited):
        session.execute(statement, execution_options={"tenantry_tenant_is_explicit": True})


def test_overwriting_what_was_never_loaded_tells_what_was_there(house, trail):
    watch, tenant = trail
    with house.inside(tenant) as session:
        company = Company(name="Before", city="Old")
        session.add(company)
        session.commit()
        watch.start()
        company.city = "New"  # expired by the commit: the old value is not in memory
        session.commit()
        company.name = "After"
        session.delete(company)
        session.commit()
    assert watch.untold() == []
    changed, gone = watch.entries()
    assert json.loads(changed.body)["fields"] == {"city": ["Old", "New"]}
    assert json.loads(gone.body)["fields"]["name"] == ["Before", None]


def test_changes_of_one_transaction_are_one_entry(house, trail):
    watch, tenant = trail
    watch.start()
    with house.inside(tenant) as session:
        company = Company(name="One")
        session.add(company)
        session.flush()
        company.city = "Riyadh"
        session.flush()
        company.city = None
        session.flush()
        passing = Company(name="Came and went")
        session.add(passing)
        session.flush()
        session.delete(passing)
        session.commit()
    (entry,) = watch.entries()
    assert (entry.action, json.loads(entry.body)["fields"]["name"]) == ("contacts.company.create", [None, "One"])
    assert watch.untold() == []


def test_a_large_transaction_is_written_in_parts(app, house, trail, monkeypatch):
    from app.audit import collecting, keeping

    monkeypatch.setattr(collecting, "_MOST", 10)
    watch, tenant = trail
    watch.start()
    with house.inside(tenant) as session:
        for part in range(4):
            session.add_all(Company(name=f"Part {part} {at}") for at in range(8))
            session.flush()
        for is_kept in (False, True):
            savepoint = session.begin_nested()
            session.add_all(Company(name=f"In a savepoint {at}") for at in range(25))
            session.flush()
            savepoint.commit() if is_kept else savepoint.rollback()
        session.commit()
    assert watch.untold() == []
    assert len(watch.entries()) == 4 * 8 + 25
    with app.app_context():
        assert keeping.verify_one(tenant.id).broken == ""


def test_secrets_are_masked(app, house, trail, monkeypatch):
    from dataclasses import replace

    from app.audit import values

    monkeypatch.setattr(
        Company, "__fields__", {**Company.__fields__, "domain": replace(Company.__fields__["domain"], secret=True)}
    )
    for kept in (values.told_of, values._simple_and_others):
        kept.cache_clear()
    watch, tenant = trail
    watch.start()
    with house.inside(tenant) as session:
        company = Company(name="One", domain="hunter2")
        session.add(company)
        session.commit()
        company.domain = "hunter3"
        session.commit()
    for kept in (values.told_of, values._simple_and_others):
        kept.cache_clear()
    made, changed = watch.entries()
    assert "hunter" not in made.body + changed.body
    assert json.loads(changed.body)["fields"] == {"domain": ["•••", "•••"]}


def test_nobody_writes_past_the_session():
    """Bulk methods of sessions that fire no event, and DML on raw connections."""
    forbidden = {"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}
    for path in sorted((ROOT / "app").rglob("*.py")) + sorted((ROOT / "plugins").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in forbidden:
                raise AssertionError(f"{name}:{node.lineno} writes rows that no listener sees")
            raw = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".connection().execute")
            if raw and name not in PAST_THE_SESSION and "testing" not in name:
                raise AssertionError(f"{name}:{node.lineno} writes past the session")


def test_an_action_without_a_change_is_told(house, trail, app):
    from app.audit import note

    watch, tenant = trail
    (company_id,) = house.add(Company(name="One"), tenant=tenant)
    watch.start()
    with house.inside(tenant) as session:
        note("contacts.company.call", session.get(Company, company_id), {"minutes": 3})
        note("reports.report.sent")
        session.commit()
        assert registry() is not None
    first, second = watch.entries()
    assert (first.action, first.target_id, first.target_label) == ("contacts.company.call", company_id, "One")
    assert json.loads(first.body) == {"details": {"minutes": 3}}
    assert (second.action, second.target_id) == ("reports.report.sent", None)


def test_a_save_costs_two_statements_more(house, trail, statements):
    _watch, tenant = trail
    with house.inside(tenant) as session:
        company = Company(name="One")
        session.add(company)
        session.commit()
        session.refresh(company)
        statements.clear()
        company.city = "Riyadh"
        session.commit()
        told = [one for one in statements if "audit_" in one]
    assert len(told) == 2, told
    with house.inside(tenant) as session:
        statements.clear()
        session.scalars(select(Company)).all()
        session.commit()
        assert not [one for one in statements if "audit_" in one], "reading costs nothing"
        assert session.scalars(select(AuditEntry.seq)).all()
    assert db.session is not None


def test_a_job_is_named_in_its_entries(app, house, trail):
    from app.data import Scope, scope, uuid7

    watch, tenant = trail
    job_id = uuid7()
    watch.start()
    with app.app_context(), scope(Scope(tenant.id, None, "job", None, job_id)):
        db.session.add(Company(name="By a job"))
        db.session.commit()
    (entry,) = watch.entries()
    assert (entry.via, entry.job_id) == ("job", job_id)


def test_an_import_is_told(app, house, trail, tmp_path):
    watch, tenant = trail

    def run(content: bytes, *, dry_run: bool = False) -> None:
        file = tmp_path / "google.csv"
        file.write_bytes(content)
        with app.app_context():
            import_file(file, tenant.slug, "contacts.contact", region="SA", dry_run=dry_run, report=None)

    file = b"First Name,Last Name,E-mail 1 - Value,Organization Name\nAli,Haddad,ali@x.example,Acme\n"
    run(file)
    more = file.replace(b"Organization Name", b"Phone 1 - Value").replace(b"Acme", b"+966501234567")
    watch.start()
    run(more)
    assert watch.untold() == []
    changed = [entry for entry in watch.entries() if entry.action == "contacts.contact.update"]
    assert [entry.via for entry in changed] == ["import"]
    rows = json.loads(changed[0].body)["rows"]["channels"]
    assert next(iter(rows.values()))["fields"]["value"][1] == "+966501234567"
    watch.start()
    run(file.replace(b"ali", b"omar"), dry_run=True)
    told = {entry.action for entry in watch.entries()}
    assert watch.untold() == []
    itself = {"transfer.import.create", "transfer.import.update", "core.file_object.create"}
    assert told <= itself, "a dry run changes nothing but itself"
