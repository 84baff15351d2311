"""Export, then import into an empty tenant: equal rows, for every kind of field, in every format."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactAddress, ContactChannel
from app.data import Money
from app.host.custom_fields import CustomFieldDef
from app.transfer.models import Import
from tests.plugins_for_tests.garage.models import Door, Vehicle
from tests.transfer_house import bring, inside, problems, take_out

STAMPS = {"tenant_id", "id", "created_at", "created_by", "updated_at", "updated_by", "version"}
KINDS = ("text", "long_text", "choice", "integer", "decimal", "flag", "day", "moment", "email", "phone", "url")


def vehicles():
    at = datetime(2026, 3, 29, 1, 30, 5, 123456, tzinfo=timezone(timedelta(hours=3)))
    full = Vehicle(
        plate="=1+1", vin="X1", history='Two\nlines, "quoted"; and ; more', fuel="electric", state="used",
        battery="@big", price=Money(-1250, "KWD"), odometer=0, balance=-(2**62), consumption=Decimal("-7.125"),
        weight=Decimal("123456789012345678.000000000001"), insured=False, stolen=True, registered_on=date(2020, 2, 29),
        seen_at=at, equipment=[{"a": [1, None, "=x"]}, "b"], labels=["وسم", "Two words"], hotline="+966501234567",
        mail="a@b.example", page="https://x.example/?a=1&b=2", custom_fields={
            "c_text": "'+quoted", "c_long_text": "a\nb", "c_choice": "One", "c_integer": 5, "c_decimal": "1.50",
            "c_flag": True, "c_day": "2026-01-31", "c_moment": "2026-01-31T10:00:00Z", "c_email": "c@d.example",
            "c_phone": "+966501234568", "c_url": "https://y.example",
        },
    )  # fmt: skip
    full.doors = [
        Door(side="right", note="-5 degrees", worth=Money(5, "JPY"), width=Decimal("1.25"), locks=False,
             checked_at=datetime(2026, 1, 1, tzinfo=UTC), marks=["x"]),
        Door(side="left"),
    ]  # fmt: skip
    rest = [Vehicle(plate=text) for text in ("'=x", "لوحة ١", "+5", "\u200e7", "-", "'", "plain", "Å")]
    return [full, *rest]


def define(session):
    for kind in KINDS:
        session.add(CustomFieldDef(resource="garage.vehicle", key=f"c_{kind}", label=f"Own {kind}", kind=kind,
                                   options="One\nTwo" if kind == "choice" else None))  # fmt: skip


def contents(app, tenant, *models):
    """Rows without their stamps and ids, children by the label of their parent."""
    found = []
    with inside(app, tenant) as session:
        for model in models:
            for row in session.scalars(select(model)):
                columns = [c.name for c in model.__table__.columns if c.name not in STAMPS and c.computed is None]
                values = {name: getattr(row, name) for name in columns if not name.endswith("_id")}
                parent = str(row.vehicle) if model is Door else str(row.contact) if hasattr(row, "contact_id") else ""
                found.append((model.__name__, parent, repr(sorted(values.items()))))
    return sorted(found)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_every_kind_of_field_comes_back_as_it_went(app, house, kind):
    first, second = house.new_tenant(timezone="Europe/Berlin"), house.new_tenant(timezone="Europe/Berlin")
    for tenant in (first, second):
        with inside(app, tenant) as session:
            define(session)
            session.commit()
    house.add(*vehicles(), tenant=first)
    owner, other = house.people[first.slug, "owner"], house.people[second.slug, "owner"]
    data = take_out(app, first, "garage.vehicle", kind, owner)
    record = bring(app, second, "garage.vehicle", data, other, name=f"x.{kind}", mode="insert", keys=())
    assert record.failed == 0, problems(app, second, record)
    assert record.created == 9, record.error
    assert contents(app, second, Vehicle, Door) == contents(app, first, Vehicle, Door)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_contacts_with_their_channels_and_relations(app, house, kind):
    first, second = house.new_tenant(country="SA"), house.new_tenant(country="SA")
    rows = (
        b"Company,First name,Last name,Email,Phone,Email 2\n"
        b"Acme,Nora,Rashid,n@x.example,0501234567,n2@x.example\nAcme,Sami,,,+966501234568,\n,=cmd,x,c@x.example,,\n"
    )
    for tenant in (first, second):
        bring(app, tenant, "contacts.company", b"Name,City\nAcme,Riyadh\nOther,Jeddah\n")
    account = house.people[first.slug, "owner"]
    record = bring(app, first, "contacts.contact", rows, account, mode="insert", keys=(), format=_table(rows))
    assert (record.created, record.failed) == (3, 0), problems(app, first, record)
    data = take_out(app, first, "contacts.contact", kind, account)
    again = bring(app, second, "contacts.contact", data, house.people[second.slug, "owner"], mode="insert", keys=())
    assert (again.created, again.failed) == (3, 0), problems(app, second, again)
    models = Contact, ContactChannel, ContactAddress
    assert contents(app, second, *models) == contents(app, first, *models)
    with inside(app, second) as session:
        assert {str(one.company) for one in session.scalars(select(Contact))} == {"Acme", "None"}
    assert isinstance(again, Import)


def _table(data):
    import io

    from app.transfer.reading import detect

    return detect(io.BytesIO(data))
