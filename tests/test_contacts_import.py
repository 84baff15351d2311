"""Importing contacts: every row becomes a contact or is reported, and a second run adds nothing."""

from __future__ import annotations

import csv
import io
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.contacts.demo_people import companies, people
from app.contacts.dialects import read_people
from app.contacts.importing import count, place_people
from app.contacts.models import Company, Contact, ContactAddress, ContactChannel, Note
from app.data import Scope, db, scope
from app.search.index import SearchToken
from app.search.tags import Tag

FILES = sorted((Path(__file__).parent / "files" / "contacts").iterdir())
TABLES = (Company, Contact, ContactAddress, ContactChannel, Note, SearchToken, Tag)
HEADINGS = (
    "First Name", "Last Name", "Organization Name", "Organization Title", "Labels", "Notes", "E-mail 1 - Value",
    "Phone 1 - Value", "Address 1 - Street", "Address 1 - City", "Address 1 - Country", "Website 1 - Value",
)  # fmt: skip


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


def table(*rows):
    """A Google file of rows given by heading."""
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADINGS)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def person(first="", last="", email="", phone="", **more):
    names = {"company": "Organization Name", "title": "Organization Title", "tags": "Labels", "note": "Notes",
             "city": "Address 1 - City", "web": "Website 1 - Value"}  # fmt: skip
    row = {"First Name": first, "Last Name": last, "E-mail 1 - Value": email, "Phone 1 - Value": phone}
    return row | {names[name]: value for name, value in more.items()}


def placed(rows, **options):
    """In chunks, as an import does it."""
    outcomes = []
    for chunk in batched(rows, 500):
        outcomes += place_people(db.session(), chunk, **options)[0]
        db.session.commit()
    return outcomes


def batched(rows, size):
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


@pytest.fixture
def load(app, tenant):
    def run(data, **options):
        with app.app_context(), scope(Scope(tenant.id, via="import")):
            return placed(read_people(data, "SA"), **options)

    return run


@pytest.fixture
def contents(app, tenant):
    def read():
        with app.app_context(), scope(Scope(tenant.id, via="import")):
            found = {model.__name__: db.session.scalar(select(func.count()).select_from(model)) for model in TABLES}
            mine = select(func.count()).where(SearchToken.kind.like("contacts.%"))
            return {**found, "SearchToken": db.session.scalar(mine)}

    return read


@pytest.fixture
def contacts(app, tenant):
    def read():
        with app.app_context(), scope(Scope(tenant.id, via="import")):
            rows = db.session.scalars(select(Contact).order_by(Contact.id))
            return [
                (row.full_name, str(row.company or ""), {(one.kind, one.value, one.is_shared) for one in row.channels})
                for row in rows
            ]

    return read


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_every_row_of_every_dialect_is_accounted_for_and_a_second_run_adds_nothing(load, contents, file):
    rows = list(read_people(file, "SA"))
    first = load(file, source=file.name)
    assert [one.line for one in first] == [row.line for row in rows]
    for row, outcome in zip(rows, first, strict=True):
        assert (outcome.what == "reported") == (row.person is None)
        assert outcome.contact_id or outcome.remarks
    filled = contents()
    assert filled["Contact"] == count(first)["added"]
    second = load(file)
    assert count(second)["added"] == count(second)["completed"] == 0
    assert contents() == filled


def test_what_cannot_be_read_is_kept_in_a_note_and_warned_of(load, app, tenant):
    (outcome,) = load(table(person("Faisal", "Harbi", phone="12-34")))
    assert outcome.what == "added"
    assert "Line 2" in outcome.remarks[0]
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        assert "12-34" in db.session.scalars(select(Note.content)).one()


def test_a_known_person_is_completed_and_nothing_is_overwritten(load, contacts, app, tenant):
    load(table(person("Nora", "Rashid", "nora@x.example", company="Horizon", title="Manager", tags="VIP")))
    more = person("Nora", "Rashid", "NORA@x.example", "0501234567", company="Other", title="Boss", tags="vip ::: Press")
    (outcome,) = load(table({**more, "Address 1 - City": "Riyadh", "Notes": "Met at the fair."}))
    assert outcome.what == "completed"
    name, company, channels = contacts()[0]
    assert (name, company) == ("Nora Rashid", "Horizon")
    assert channels == {("email", "nora@x.example", False), ("phone", "+966501234567", False)}
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        contact = db.session.scalars(select(Contact)).one()
        assert (contact.position, contact.tags) == ("Manager", ["VIP", "Press"])
        assert [one.city for one in contact.addresses] == ["Riyadh"]
        found = db.session.scalars(select(SearchToken.token).where(SearchToken.record_id == contact.id)).all()
        assert {"nora", "966501234567", "0501234567", "#press"} <= set(found)
    (outcome,) = load(table(more))
    assert outcome.what == "unchanged"


def test_duplicates_inside_the_file_become_one_contact(load, contacts):
    rows = [person("Sami", email="s@x.example"), person("Sami", "Haddad", "s@x.example", "0501112222")]
    first = load(table(*rows, person("", "", "", "+966 50 111 2222")))
    assert [one.what for one in first] == ["added", "completed", "unchanged"]
    assert [(name, len(channels)) for name, _company, channels in contacts()] == [("Sami Haddad", 2)]


def test_people_who_share_a_number_stay_apart(load, contacts):
    family = table(
        person("John", "Smith", phone="0114650000"),
        person("Jane", "Smith", phone="0114650000"),
        person("Amal", "Odeh", "amal@x.example", phone="0114650000", web="https://acme.example.com"),
        person("Huda", "Odeh", "huda@x.example", web="https://acme.example.com"),
    )
    outcomes = load(family)
    assert count(outcomes)["added"] == 4
    assert "shared" in outcomes[1].remarks[0]
    assert [channels for _name, _company, channels in contacts()][:2] == [
        {("phone", "+966114650000", False)},
        {("phone", "+966114650000", True)},
    ]
    assert count(load(family))["unchanged"] == 4


def test_who_was_renamed_is_recognised_by_two_addresses(load, contacts, app, tenant):
    row = person("Jonathan", "Doe", "jd@x.example", "0507778888")
    load(table(row))
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        contact = db.session.scalars(select(Contact)).one()
        contact.first_name, contact.last_name, contact.full_name = "يوناتان", "ضو", "يوناتان ضو"
        db.session.commit()
    (outcome,) = load(table(row))
    assert outcome.what == "unchanged"
    assert "Jonathan Doe" in outcome.remarks[0]
    assert len(contacts()) == 1


def test_rows_without_any_address_are_recognised_by_name_and_company(load, contacts, app, tenant):
    file = table(
        person("Omar", "Nasser", company="Horizon"), person("Omar", "Nasser", company="Summit"), person("Omar")
    )
    assert count(load(file))["added"] == 3
    assert count(load(file))["unchanged"] == 3
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        contact = db.session.scalars(select(Contact).order_by(Contact.id)).first()
        contact.channels.append(ContactChannel(kind="email", value="o@x.example", value_normalised="o@x.example"))
        db.session.commit()
    assert count(load(file))["unchanged"] == 3
    assert len(contacts()) == 3


def test_companies_are_found_or_made_once(load, contents):
    load(table(*(person(f"P{number}", email=f"p{number}@x.example", company="ÉCLAT Co") for number in range(20))))
    load(table(person("Last", email="last@x.example", company="éclat CO")))
    assert contents()["Company"] == 1


def test_a_contact_in_the_trash_stays_there(load, contacts, app, tenant):
    from app.data import utcnow

    row = table(person("Thrown", "Away", "away@x.example"))
    load(row)
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        db.session.scalars(select(Contact)).one().deleted_at = utcnow()
        db.session.commit()
    assert [one.what for one in load(row)] == ["added"]
    assert len(contacts()) == 2


def test_a_row_that_fails_takes_no_other_with_it(load, contacts, app, tenant):
    """The database refuses one person of six hundred."""
    rows = [person(f"Person{number}", email=f"p{number}@x.example") for number in range(600)]
    people_of_file = list(read_people(table(*rows), "SA"))
    broken = people_of_file[300]
    people_of_file[300] = replace(broken, person=replace(broken.person, position="x" * 400))
    with app.app_context(), scope(Scope(tenant.id, via="import")):
        outcomes = placed(people_of_file)
    assert count(outcomes) == {"added": 599, "completed": 0, "unchanged": 0, "reported": 1}
    assert outcomes[300].remarks[0].startswith("Line 302:")
    assert "INSERT" not in outcomes[300].remarks[0]
    assert len(contacts()) == 599


def test_a_dry_run_says_the_same_and_stores_nothing(command, contents, tmp_path):
    before = contents()
    file = tmp_path / "contacts.csv"
    file.write_bytes(table(*(person(f"P{number}", email=f"p{number % 550}@x.example") for number in range(600))))
    planned = command(file, "--dry-run")
    assert contents() == before
    assert "Nothing was stored" in planned.output
    done = command(file)
    assert [line for line in planned.output.splitlines() if line.startswith("created")] == [
        line for line in done.output.splitlines() if line.startswith("created")
    ]


def test_another_tenant_is_not_touched(house, load, app):
    other = house.new_tenant()
    load(table(person("Ours", email="same@x.example")))
    with app.app_context(), scope(Scope(other.id, via="import")):
        outcomes = placed(read_people(table(person("Theirs", email="same@x.example")), "SA"))
        assert [one.what for one in outcomes] == ["added"]


@pytest.fixture
def command(app, tenant):
    from app.contacts.commands import import_

    def run(*arguments):
        with app.app_context():
            return CliRunner().invoke(import_, [*map(str, arguments), "--tenant", tenant.slug])

    return run


def test_the_command_sums_up_and_writes_a_report(command, contents, tmp_path):
    file, report = tmp_path / "contacts.csv", tmp_path / "report.csv"
    file.write_bytes(table(person("=HYPERLINK(1)", email="a@x.example"), person(), person("B", phone="12-34")))
    done = command(file, "--report", report)
    assert done.exit_code == 0, done.output
    assert "created           2" in done.output
    assert "failed            1" in done.output
    lines = list(csv.DictReader(io.StringIO(report.read_text(encoding="utf-8-sig"))))
    assert [line["Line of the file"] for line in lines] == ["3", "4"]
    assert "empty" in lines[0]["Reason"]
    assert "12-34" in lines[1]["Reason"]
    assert contents()["Contact"] == 2


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"a;b;c\n1;2;3\n", (), "at least one column"),
        (b"", (), "empty"),
        (None, (), "cannot open"),
        (table(), ("--region", "XX"), "not a country"),
    ],
)
def test_the_command_refuses_in_one_sentence(command, tmp_path, content, arguments, words):
    from app.ops.refusal import Refusal

    file = tmp_path / "contacts.csv"
    if content is not None:
        file.write_bytes(content)
    refused = command(file, *arguments)
    assert isinstance(refused.exception, Refusal)
    assert words in str(refused.exception)
    assert "\n" not in str(refused.exception)


def test_nothing_is_stored_when_the_report_cannot_be_written(command, contents, tmp_path):
    file = tmp_path / "contacts.csv"
    file.write_bytes(table(person("A", email="a@x.example")))
    refused = command(file, "--report", tmp_path / "missing" / "report.csv")
    assert "cannot be written" in str(refused.exception)
    assert contents()["Contact"] == 0


@pytest.mark.slow
def test_five_thousand_rows(load, contents, capsys):
    """Prints the speed; how fast it must be is for a machine that does nothing else to say."""
    firms = list(companies("speed", 2_000))
    rows = [
        person(one.first_name, one.last_name, one.email, one.phone, company=one.company.name if one.company else "",
               title=one.position, city=one.city, note=one.note or "", tags=" ::: ".join(one.tags))
        for one in people("speed", 5_000, 0.5, firms)
    ]  # fmt: skip
    data = table(*rows)
    for expected in ("added", "unchanged"):
        started, cpu = time.perf_counter(), time.process_time()
        assert count(load(data))[expected] == 5_000
        seconds, busy = time.perf_counter() - started, time.process_time() - cpu
        with capsys.disabled():
            sys.stdout.write(f"\n5,000 {expected}: {5_000 / seconds:,.0f} rows/s, {5_000 / busy:,.0f} a CPU second\n")
    assert contents()["Contact"] == 5_000
