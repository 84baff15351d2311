"""Appointments that come as a file: the same rule, two lines of one file as well, and nobody gets mail."""

from __future__ import annotations

from sqlalchemy import select

from app.jobs import run_due
from app.messaging.models import OutboundMessage
from app.testing.pumping import pump
from app.transfer.commands import import_file
from app.transfer.models import ImportLine
from plugins.crm.models import Appointment
from plugins.crm.tests.agenda import member_of, new_lead

HEAD = "Lead,With,Begins,Ends,Type\n"


def test_lines_that_overlap_are_refused_one_by_one(app, house, tmp_path):
    tenant = house.new_tenant()
    agent = member_of(house, tenant)
    lead = new_lead(house, tenant, agent, title="Order 7", email="nora@example.com")
    lines = (
        ("2031-03-05T09:00:00Z", "2031-03-05T09:30:00Z"),
        ("2031-03-05T09:15:00Z", "2031-03-05T09:45:00Z"),
        ("2031-03-05T09:30:00Z", "2031-03-05T10:00:00Z"),
    )
    file = tmp_path / "appointments.csv"
    file.write_text(HEAD + "".join(f"{lead},{agent},{begins},{ends},Call\n" for begins, ends in lines))
    with app.app_context():
        import_file(file, tenant.slug, "crm.appointment", region=None, dry_run=False, report=None)
    run_due(app)
    pump(app)
    with house.inside(tenant) as session:
        begins = session.scalars(select(Appointment.scheduled_at).order_by(Appointment.scheduled_at))
        assert [moment.minute for moment in begins] == [0, 30]
        [refused] = [line for line in session.scalars(select(ImportLine)) if line.failed]
        assert "overlaps with another record" in str(refused.problems)
        assert list(session.scalars(select(OutboundMessage))) == []
