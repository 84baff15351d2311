"""Garage: a plugin of Tenantry."""

from datetime import date

from sqlalchemy import select

from app.sdk import Contact, Job, Mapped, Money, Plugin, Record, Resource, Schedule, _l
from app.sdk import belongs_to, choice, day, hookimpl, money, session, text, utcnow

plugin = Plugin("garage", title=_l("Garage"), summary=_l("Vehicles, repairs"), version="1.0", requires=("contacts",))


class Vehicle(Record):
    plate: Mapped[str] = text(sortable=True, label=_l("Plate"))
    owner = belongs_to(Contact, label=_l("Owner"))


class Repair(Record):
    vehicle = belongs_to(Vehicle, required=True, label=_l("Vehicle"))
    status: Mapped[str] = choice(
        ("booked", _l("Booked")), ("late", _l("Late")), ("done", _l("Done")), default="booked", label=_l("Status")
    )
    cost: Mapped[Money | None] = money(label=_l("Cost"))
    due: Mapped[date | None] = day(label=_l("Due"))


@hookimpl
def resources():
    repair = {"list": "vehicle status cost due", "board": "status", "calendar": "due"}
    return [
        Resource(Vehicle, title=_l("Vehicle"), plural=_l("Vehicles"), list="plate owner", search="plate"),
        Resource(Repair, title=_l("Repair"), plural=_l("Repairs"), **repair),
    ]


@hookimpl
def jobs():
    return [Job("garage.mark_late", mark_late, _l("Mark late repairs"))]


@hookimpl
def schedules():
    return [Schedule("garage.nightly", "garage.mark_late", "0 4 * * *")]


def mark_late(run):
    for repair in session.scalars(select(Repair).where(Repair.status == "booked", Repair.due < utcnow().date())):
        repair.status = "late"
