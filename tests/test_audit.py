"""The audit log: nothing that changes a tenant's rows goes untold, and nothing told can be changed unnoticed."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.contacts.models import Contact, ContactChannel


def entries(session, **where):
    wanted = select(AuditEntry).filter_by(**where).order_by(AuditEntry.seq)
    return list(session.scalars(wanted))


def body(entry):
    return json.loads(entry.body)


def test_a_saved_record_is_told_with_the_fields_that_changed(house):
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        contact = Contact(full_name="Ali Haddad", first_name="Ali")
        contact.channels = [ContactChannel(kind="email", value="a@x.example", value_normalised="a@x.example")]
        session.add(contact)
        session.commit()
        contact_id = contact.id
        contact.position = "Head"
        session.commit()
        session.delete(contact)
        session.commit()
        made, changed, gone = entries(session, target_id=contact_id)
    assert [e.action for e in (made, changed, gone)] == [
        f"contacts.contact.{v}" for v in ("create", "update", "delete")
    ]
    assert made.target_label == "Ali Haddad"
    assert body(made)["fields"]["first_name"] == [None, "Ali"]
    (row,) = body(made)["rows"]["channels"].values()
    assert row["fields"]["value"] == [None, "a@x.example"]
    assert body(changed) == {"fields": {"position": [None, "Head"]}}
    assert body(gone)["fields"]["position"] == ["Head", None]
    assert next(iter(body(gone)["rows"]["channels"].values()))["verb"] == "delete"
