"""Imports: what is coerced, matched, allowed, refused, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from app.contacts.models import Company, Contact, ContactChannel
from app.data import Money
from app.features.access_rules import AccessRule
from app.host import Cancelled, registry
from app.screens.reading import Surface
from app.search.index import SearchToken
from app.search.tags import Tag
from app.transfer.guessing import guess
from tests.plugins_for_tests.garage.models import Door, Vehicle
from tests.transfer_house import Run, bring, inside, look, problems, take_back, take_out

CARS = "garage.vehicle"
PEOPLE = "contacts.contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA", currency="SAR", timezone="Asia/Riyadh")


@pytest.fixture
def owner(house, tenant):
    return house.people[tenant.slug, "owner"]


@pytest.fixture
def cars(app, tenant):
    def read():
        with inside(app, tenant) as session:
            return {row.plate: row for row in session.scalars(select(Vehicle).where(Vehicle.is_live()))}

    return read


def test_values_are_read_in_the_forms_people_write_them(app, tenant, owner, cars):
    data = (
        "Plate;Fuel;Price;Consumption;Insured;Registered on;Seen at;Labels;Odometer\n"
        "A;ELECTRIC;€ 1.234,50;7,5;نعم;31/01/2026;31.01.2026 14:30;x, y;١٢٣\n"
        "B;petrol;SAR 12.5;1,234.5;no;2026-02-01;2026-02-01T10:00:00Z;;\n"
        "C;;7;;✓;;1/2/2026 2:05 PM;;\n"
    ).encode()
    record = bring(app, tenant, CARS, data, owner)
    assert record.failed == 0, problems(app, tenant, record)
    found = cars()
    assert (found["A"].fuel, found["A"].price) == ("electric", Money(123450, "EUR"))
    assert (str(found["A"].consumption), found["A"].insured) == ("7.500", True)
    assert found["A"].registered_on == date(2026, 1, 31)
    assert found["A"].seen_at == datetime(2026, 1, 31, 11, 30, tzinfo=UTC)
    assert (found["A"].labels, found["A"].odometer) == (["x", "y"], 123)
    assert (found["B"].price, str(found["B"].consumption)) == (Money(1250, "SAR"), "1234.500")
    assert found["C"].price == Money(700, "SAR")
    assert found["C"].seen_at == datetime(2026, 2, 1, 11, 5, tzinfo=UTC)
    assert found["C"].state == "new"


@pytest.mark.parametrize(
    "headings",
    [
        ("Prénom", "Nom de famille", "Adresse e-mail", "Téléphone", "Société", "Étiquettes"),
        ("Prénom", "Nom", "Adresse e-mail", "Téléphone", "Société", "Étiquettes"),
        ("Nombre", "Apellidos", "Correo electrónico", "Móvil", "Empresa", "Etiquetas"),
        ("Adı", "Soyadı", "E-posta", "Cep telefonu", "Şirket", "Etiketler"),
        ("الاسم الأول", "اسم العائلة", "البريد الإلكتروني", "الجوال", "الشركة", "الوسوم"),
    ],
)
def test_headings_are_recognised_in_the_words_people_use(app, tenant, owner, headings):
    with inside(app, tenant, owner) as session, app.test_request_context():
        found = guess(Surface(registry().entries["contacts.contact"], session), headings)
    targets = [found.get(heading) for heading in headings]
    assert targets[:2] == ["first_name", "last_name"]
    assert [".email" in targets[2] or "email" in targets[2], "phone" in targets[3]] == [True, True]
    assert targets[4:] == ["company", "tags"]


def test_headings_are_recognised_by_label_name_and_language(app, tenant, owner):
    data = "الاسم الأول,Last_Name,E-MAIL,Mobile,الشركة\nNora,Rashid,n@x.example,0501234567,\n".encode()
    record = bring(app, tenant, "contacts.contact", data, owner, format=_csv())
    assert record.created == 1, (record.error, record.plan, problems(app, tenant, record))
    with inside(app, tenant) as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.full_name == "Nora Rashid"
        assert {one.value for one in contact.channels} == {"n@x.example", "+966501234567"}
        found = set(session.scalars(select(SearchToken.token).where(SearchToken.record_id == contact.id)))
        assert {"nora", "0501234567", "n@x.example"} <= found


def _csv(**more):
    from app.transfer.reading import Format

    return Format("csv", **more)


def test_upsert_changes_what_is_given_and_leaves_the_rest(app, tenant, owner, cars):
    bring(app, tenant, CARS, b"Plate,Fuel,Odometer\nA,diesel,5\nB,petrol,6\n", owner)
    record = bring(app, tenant, CARS, b"Plate,Fuel,Odometer\nA,,7\nC,petrol,8\nB,petrol,6\n", owner)
    assert (record.created, record.changed, record.unchanged) == (1, 1, 1), problems(app, tenant, record)
    assert (cars()["A"].fuel, cars()["A"].odometer) == ("diesel", 7)
    only = bring(app, tenant, CARS, b"Plate,Odometer\nA,9\nX,1\n", owner, mode="update", keys=("plate",))
    assert (only.created, only.changed, only.failed) == (0, 1, 1)
    new = bring(app, tenant, CARS, b"Plate\nA\nY\n", owner, mode="insert", keys=("plate",))
    assert (new.created, new.failed) == (1, 1)
    assert problems(app, tenant, new)[2] == [("", "There is a record of this kind already.")]


def test_contacts_are_found_by_any_of_their_addresses(app, tenant, owner):
    first = b"First name,Email,Phone\nNora,n@x.example,0501234567\n"
    bring(app, tenant, "contacts.contact", first, owner, format=_csv())
    more = b"First name,Last name,Phone,Email\nNora,Rashid,+966 50 123 4567,new@x.example\n"
    keys = ("channels.email1.value", "channels.phone1.value")
    record = bring(app, tenant, "contacts.contact", more, owner, format=_csv(), mode="upsert", keys=keys)
    assert (record.created, record.changed) == (0, 1), problems(app, tenant, record)
    with inside(app, tenant) as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.last_name == "Rashid"
        assert sorted(one.value for one in contact.channels) == ["+966501234567", "n@x.example", "new@x.example"]
    _outcome, undone = take_back(app, tenant, record, owner)
    assert undone.state == "undone"
    with inside(app, tenant) as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.last_name is None
        assert sorted(one.value for one in contact.channels) == ["+966501234567", "n@x.example"]
        tokens = set(session.scalars(select(SearchToken.token).where(SearchToken.record_id == contact.id)))
        assert "new@x.example" not in tokens


def test_lines_that_mean_the_same_are_refused_after_the_first(app, tenant, owner):
    data = b"Plate,Odometer\nA,1\nB,2\na,3\n"
    for dry in (True, False):
        record = bring(app, tenant, CARS, data, owner, dry=dry, mode="upsert", keys=("plate",))
        assert (record.created, record.failed) == (2, 1)
        assert problems(app, tenant, record) == {4: [("", "Line 2 of the file means the same record.")]}


def test_what_the_database_refuses_costs_one_line_each(app, tenant, owner, cars):
    bring(app, tenant, CARS, b"Plate\nA 7\n", owner)
    data = "Plate\n" + "".join(f"A {number % 450}\n" for number in range(500))
    record = bring(app, tenant, CARS, data.encode(), owner, mode="insert", keys=())
    assert (record.created, record.failed) == (449, 51)
    assert all(
        why == [("Plate", "Another record already has this Plate.")] for why in problems(app, tenant, record).values()
    )
    assert len(cars()) == 450


def test_relations_by_label_key_and_id(app, tenant, owner):
    bring(
        app,
        tenant,
        "contacts.company",
        b"Name,External id\nAcme,k-1\nTwin,k-2\nTwin,k-3\n",
        owner,
        mode="insert",
        keys=(),
    )
    with inside(app, tenant) as session:
        acme = str(session.scalars(select(Company.id).where(Company.name == "Acme")).one())
    data = f"First name,Company\na,acme\nb,k-3\nc,{acme}\nd,Twin\ne,Nobody\n".encode()
    record = bring(app, tenant, "contacts.contact", data, owner, format=_csv(), mode="insert", keys=())
    assert (record.created, record.failed) == (3, 2)
    assert problems(app, tenant, record) == {
        5: [("Company", "Several records are called “Twin”; use their id.")],
        6: [("Company", "There is no Company “Nobody”.")],
    }


def test_another_tenants_records_cannot_be_referred_to(app, house, tenant, owner):
    other = house.new_tenant()
    (foreign,) = house.add(Company(name="Foreign"), tenant=other)
    data = f"First name,Company\na,Foreign\nb,{foreign}\n".encode()
    record = bring(app, tenant, "contacts.contact", data, owner, format=_csv(), mode="insert", keys=())
    assert (record.created, record.failed) == (0, 2)


def test_inline_rows_are_read_by_number(app, tenant, owner, cars):
    data = b"plate,doors.1.side,doors.1.width,doors.2.side,doors.2.width\nA,right,1.5,left,2\nB,,,,\nC,left,x,,\n"
    record = bring(app, tenant, CARS, data, owner)
    assert (record.created, record.failed) == (2, 1)
    with inside(app, tenant) as session:
        doors = session.scalars(select(Door).order_by(Door.id)).all()
        assert [(one.side, str(one.width)) for one in doors] == [("right", "1.50"), ("left", "2.00")]


def test_field_rules_of_the_importing_person_hold(app, house, tenant, cars):
    house.add(
        AccessRule(role="manager", resource=CARS, row_scope="own", hidden=["price"], readonly=["fuel"]), tenant=tenant
    )
    with inside(app, tenant) as session:
        from app.tenancy.configuration import configuration_changed

        configuration_changed(session)
        session.commit()
    manager = house.people[tenant.slug, "manager"]
    house.add(Vehicle(plate="THEIRS"), tenant=tenant)
    data = b"Plate,Fuel,Price,Odometer\nA,diesel,5 SAR,1\nTHEIRS,diesel,1 SAR,2\n"
    mapping = {name: name.lower() for name in ("Plate", "Fuel", "Price", "Odometer")}
    record = bring(app, tenant, CARS, data, manager, mapping=mapping, mode="upsert", keys=("plate",))
    assert (record.created, record.failed) == (1, 1), record.error
    assert problems(app, tenant, record)[3][0][1] == "Another record already has this Plate."
    found = cars()
    assert (found["A"].fuel, found["A"].price, found["A"].odometer) == (None, None, 1)
    assert found["THEIRS"].odometer is None
    out = take_out(app, tenant, CARS, account=manager, columns=("plate", "price")).decode()
    assert "THEIRS" not in out
    assert "Price" not in out
    assert '"A"' in out


def test_who_may_not_is_stopped_when_the_job_runs(app, house, tenant):
    record = bring(app, tenant, CARS, b"Plate\nA\n", house.people[tenant.slug, "viewer"])
    assert record.state == "failed"
    assert record.error == "None of your roles here allows this. An owner or admin can change that."


def test_sequences_and_rules_of_the_resource_hold(app, tenant, owner):
    bring(app, tenant, CARS, b"Plate\nA\n", owner)
    record = bring(app, tenant, "garage.repair", b"Vehicle,Cost\nA,5 SAR\nA,6 SAR\n", owner, mode="insert", keys=())
    assert record.created == 2, (record.error, problems(app, tenant, record))
    from tests.plugins_for_tests.garage.models import Repair

    with inside(app, tenant) as session:
        numbers = sorted(session.scalars(select(Repair.number)))
        assert len(set(numbers)) == 2
        assert all(numbers)


def test_tags_are_registered_and_custom_fields_kept(app, tenant, owner, cars):
    from app.host.custom_fields import CustomFieldDef

    with inside(app, tenant) as session:
        session.add(CustomFieldDef(resource=CARS, key="fleet", label="Fleet number", kind="integer"))
        session.commit()
    data = b"Plate,Fleet number,Labels\nA,17,red\nB,x,blue\n"
    record = bring(app, tenant, CARS, data, owner)
    assert (record.created, record.failed) == (1, 1)
    assert cars()["A"].custom_fields == {"fleet": 17}
    with inside(app, tenant) as session:
        assert set(session.scalars(select(Tag.name))) & {"red", "blue"} == {"red"}


def test_a_dry_run_leaves_nothing_and_finds_the_same(app, tenant, owner, cars):
    data = b"Plate,Odometer\nA,1\nB,-1\nA,2\n"
    dry = bring(app, tenant, CARS, data, owner, dry=True)
    assert (dry.state, dry.created, dry.failed) == ("checked", 1, 2)
    assert cars() == {}
    with inside(app, tenant) as session:
        assert session.scalar(select(func.count()).where(SearchToken.kind == CARS)) == 0
    real = bring(app, tenant, CARS, data, owner)
    assert (real.created, real.failed) == (1, 2)
    assert problems(app, tenant, real) == problems(app, tenant, dry)


def test_cancelled_and_gone_on_nothing_is_twice(app, tenant, owner, cars, monkeypatch):
    from app.transfer import running, services
    from app.transfer.models import Import

    monkeypatch.setattr(running, "CHUNK", 100)
    data = ("Plate\n" + "".join(f"P{n}\n" for n in range(1000))).encode()
    with pytest.raises(Cancelled):
        bring(app, tenant, CARS, data, owner, run=Run(stop_at=300), mode="insert", keys=())
    with inside(app, tenant, owner) as session:
        record = session.scalars(select(Import)).one()
        assert (record.state, record.created) == ("cancelled", 300)
        services.start(session, record, dry=False)
        session.commit()
        key = record.id
        running.run_import(Run(), str(key))
        assert look(session, key).created == 1000
    assert len(cars()) == 1000


def test_undo_leaves_what_was_changed_or_is_in_use(app, tenant, owner, cars):
    bring(app, tenant, CARS, b"Plate,Odometer\nOLD,1\n", owner)
    record = bring(app, tenant, CARS, b"Plate,Odometer\nOLD,2\nA,3\nB,4\nC,5\nD,6\n", owner)
    with inside(app, tenant) as session:
        rows = {row.plate: row for row in session.scalars(select(Vehicle))}
        rows["A"].odometer = 99
        session.add(Door(vehicle_id=rows["B"].id))
        session.commit()
    bring(app, tenant, "garage.repair", b"Vehicle,Cost\nC,5 SAR\n", owner, mode="insert", keys=())
    outcome, undone = take_back(app, tenant, record, owner)
    assert undone.state == "undone"
    assert outcome == {"kept": 3}
    found = cars()
    assert set(found) == {"OLD", "A", "B", "C"}
    assert found["OLD"].odometer == 1
    from app.transfer.models import ImportChange

    with inside(app, tenant) as session:
        reasons = set(session.scalars(select(ImportChange.kept).where(ImportChange.import_id == record.id)))
    assert reasons == {"It was changed after the import.", "Repairs refer to it."}


def test_an_address_book_is_undone_with_its_companies_and_notes(app, tenant, owner):
    data = (
        b"First Name,Last Name,Organization Name,Labels,Notes,E-mail 1 - Value\n"
        b"Nora,Rashid,Horizon,VIP,Met at the fair,n@x.example\n"
    )
    record = bring(app, tenant, "contacts.contact", data, owner)
    assert record.created == 1, record.error
    assert record.plan["format"]["kind"] == "address_book"
    outcome, _undone = take_back(app, tenant, record, owner)
    assert outcome == {"kept": 0}
    with inside(app, tenant) as session:
        for model in (Contact, Company, ContactChannel):
            assert session.scalar(select(func.count()).select_from(model)) == 0, model
        assert session.scalar(select(func.count()).where(SearchToken.kind.like("contacts.%"))) == 0


def test_the_database_of_another_tenant_is_not_touched(app, house, tenant, owner):
    other = house.new_tenant()
    house.add(Vehicle(plate="A"), tenant=other)
    record = bring(app, tenant, CARS, b"Plate,Odometer\nA,5\n", owner, mode="upsert", keys=("plate",))
    assert record.created == 1
    with inside(app, other) as session:
        assert session.scalars(select(Vehicle)).one().odometer is None


def test_a_plan_of_another_file_is_used_as_far_as_it_goes():
    from app.transfer.plan import Plan

    plan = Plan(headings=("A", "B"), mapping={"A": "x"}, keys=("y",), mode="upsert")
    other = Plan(headings=("C",), mapping={"B": "y", "Z": "z"}, keys=("y", "z"), mode="update")
    used = plan.with_mapping_of(other)
    assert (used.mapping, used.keys, used.mode) == ({"B": "y"}, ("y",), "update")
    assert Plan.of(used.as_json()) == replace(used, mapping=dict(used.mapping))


@pytest.mark.parametrize(
    ("heads", "values", "named"),
    [
        ("Full name", "Vera Lind", ("Vera Lind", "Vera", "Lind")),
        ("Name", "Nora", ("Nora", "Nora", None)),
        ("الاسم الكامل", "نورة بنت سعد الشمري", ("نورة بنت سعد الشمري", "نورة", "بنت سعد الشمري")),
        ("Full name,First name,Last name", "Dr. Nora Salem,Nora,Salem", ("Dr. Nora Salem", "Nora", "Salem")),
        ("Name,First name", "Lind,Vera", ("Vera Lind", "Vera", "Lind")),
        ("Name,Last name", "Vera,Lind", ("Vera Lind", "Vera", "Lind")),
    ],
)
def test_a_whole_name_names_a_contact(app, tenant, heads, values, named):
    record = bring(app, tenant, PEOPLE, f"{heads},E-mail\n{values},v@example.com\n".encode())
    assert record.created == 1, (record.plan, problems(app, tenant, record))
    assert _named(app, tenant) == named


@pytest.mark.parametrize(
    ("brought", "named"),
    [
        ("Dr. Vera Lind", ("Dr. Vera Lind", "Vera", "Lind")),
        ("Vera Holm", ("Vera Holm", "Vera", "Holm")),
        ("", ("Vera Lind", "Vera", "Lind")),
    ],
)
def test_a_whole_name_renames_a_known_contact(app, tenant, brought, named):
    bring(app, tenant, PEOPLE, b"First name,Last name,E-mail\nVera,Lind,v@example.com\n")
    record = bring(app, tenant, PEOPLE, f"Name,E-mail\n{brought},v@example.com\n".encode())
    assert record.failed == record.created == 0, problems(app, tenant, record)
    assert _named(app, tenant) == named


def _named(app, tenant):
    with inside(app, tenant) as session:
        one = session.scalars(select(Contact)).one()
        return one.full_name, one.first_name, one.last_name
