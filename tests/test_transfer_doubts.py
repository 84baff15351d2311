"""Lines that look like a record that is there already: told by the check, imported or left out as the person says."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.contacts.models import Company, Contact
from app.host import registry
from app.testing.counting import count_statements
from app.transfer import doubts
from tests.transfer_house import bring, inside, problems

CONTACT = "contacts.contact"
BEFORE = b"First name,Last name,Email,Phone\nNora,Rashid,nora@x.example,\nSami,Haddad,,+966501234567\n"
AFTER = (
    b"First name,Last name,Email,WhatsApp\n"
    b"NORA,rashid,n@y.example,\n"  # 2: the name
    b"Samir,H,s@y.example,+966501234567\n"  # 3: the number, for another use
    b"Lina,New,l@y.example,\n"  # 4
    b"Lina,New,l2@y.example,\n"  # 5: like the line before, which was not there
)
SAME = {2: [("", "“Nora Rashid” may be the same: Contact.")], 3: [("", "“Sami Haddad” may be the same: Contact.")]}


@pytest.fixture
def tenant(app, house):
    tenant = house.new_tenant(country="SA")
    bring(app, tenant, CONTACT, BEFORE, house.people[tenant.slug, "owner"])
    return tenant


@pytest.fixture
def owner(house, tenant):
    return house.people[tenant.slug, "owner"]


def test_a_check_says_which_lines_look_like_records_that_are_there(app, tenant, owner):
    record = bring(app, tenant, CONTACT, AFTER, owner, dry=True, mode="insert", keys=())
    assert (record.created, record.failed) == (4, 0)
    assert problems(app, tenant, record) == SAME


@pytest.mark.parametrize("chunk", [1, 1000])
def test_they_are_imported_all_the_same_with_a_remark(app, tenant, owner, chunk, monkeypatch):
    monkeypatch.setattr("app.transfer.running.CHUNK", chunk)
    record = bring(app, tenant, CONTACT, AFTER, owner, mode="insert", keys=())
    assert (record.created, record.failed) == (4, 0)
    assert problems(app, tenant, record) == SAME


@pytest.mark.parametrize("dry", [True, False])
def test_or_left_out(app, tenant, owner, dry):
    record = bring(app, tenant, CONTACT, AFTER, owner, dry=dry, mode="insert", keys=(), doubtful="leave_out")
    assert (record.created, record.failed) == (2, 2)
    assert problems(app, tenant, record) == SAME
    with inside(app, tenant) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == (2 if dry else 4)


def test_what_a_key_recognises_is_in_no_doubt(app, tenant, owner):
    record = bring(app, tenant, CONTACT, b"First name,Last name,Email\nNora,Rashid,nora@x.example\n", owner,
                   mode="upsert", keys=("channels.email1.value",), doubtful="leave_out")  # fmt: skip
    assert (record.unchanged, record.failed) == (1, 0)


def test_companies_too(app, tenant, owner):
    with inside(app, tenant) as session:
        session.add(Company(name="Horizon", domain="horizon.example"))
        session.commit()
    data = b"Name,Domain\nHORIZON,\nOther,https://horizon.example/\nNew,\n"
    record = bring(app, tenant, "contacts.company", data, owner, mode="insert", keys=(), doubtful="leave_out")
    assert (record.created, record.failed) == (1, 2)


def test_lines_in_no_doubt_cost_no_statement_of_their_own(app, tenant, owner):
    data = "\n".join(["First name,Email", *(f"P{n},p{n}@x.example" for n in range(400))]).encode()
    with count_statements() as said:
        bring(app, tenant, CONTACT, data, owner, mode="insert", keys=())
    assert len(said) < 100


def test_without_suspects_every_new_line_is_asked_about(app, tenant, owner, monkeypatch):
    from dataclasses import replace

    with inside(app, tenant, owner):
        resource = replace(registry().entries[CONTACT].resource, suspects=None)
    monkeypatch.setattr(doubts.Doubts, "__init__", _with(doubts.Doubts.__init__, resource))
    record = bring(app, tenant, CONTACT, AFTER, owner, mode="insert", keys=())
    assert set(problems(app, tenant, record)) == {2, 3}


def _with(begin, resource):
    return lambda self, _resource, plan, before: begin(self, resource, plan, before)
