"""The verbs of the garage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from flask_babel import get_locale
from sqlalchemy import Date, Integer, Select, case, cast, select

from app.data import Money, current_tenant_id, db, next_number
from app.host import Doubt, FieldError, JobRun, Reach
from app.identity.principal import TenantInfo, principal
from app.search.tags import Tag
from app.tenancy.models import Tenant
from tests.plugins_for_tests.garage.models import Repair, Vehicle


def number_repair(repair: Repair, is_new: bool) -> None:
    if is_new:
        repair.number = next_number(db.session, "garage.repair", "R-{year}-{0000}")


def check_vehicle(vehicle: Vehicle, is_new: bool) -> None:
    if vehicle.plate.lower() == "refused":
        raise FieldError("plate", "This plate is refused.")


def doubt_vehicle(vehicle: Vehicle) -> list[Doubt]:
    return [Doubt("A strange plate.", "strange")] if vehicle.plate.lower().startswith("strange") else []


def finish(
    rows: Sequence[Repair], remark: str, cost: Money | None, on: date | None, hours: int | None, rate: Decimal | None,
    paid: bool | None, mechanic: UUID | None, labels: list[str] | None, how: str | None,
) -> str:  # fmt: skip
    for repair in rows:
        if repair.status == "done":
            raise ValueError("This repair is done already.")
        repair.status, repair.remark = "done", remark
        repair.cost = cost or repair.cost
        repair.hours = hours if hours is not None else repair.hours
    return f"{len(rows)} finished."


def reopen(rows: Sequence[Repair]) -> None:
    for repair in rows:
        repair.status = "booked"


def scrap(rows: Sequence[Any]) -> str:
    for vehicle in rows:
        vehicle.state = "sold"
    return "Scrapped."


def start(tenant: Tenant) -> None:
    """A garage starts with the tag it marks its own contacts with."""
    if db.session.scalars(select(Tag).where(Tag.name == "garage")).first() is None:
        db.session.add(Tag(name="garage", colour="blue"))


def do_nothing(run: JobRun, *args: Any) -> None:
    """The smallest job there is."""


def wash(run: JobRun, ids: list[str]) -> int:
    """One more kilometre for each vehicle that was washed: counts the attempts that were committed."""
    for done, key in enumerate(ids):
        run.progress(done, len(ids), f"{done} washed")
        vehicle = db.session.get_one(Vehicle, UUID(key))
        vehicle.odometer = (vehicle.odometer or 0) + 1
    return len(ids)


def inspect(run: JobRun, key: str = "") -> str:
    """Says who works, where and in which language."""
    person = principal()
    return f"{person.email if person else 'nobody'} {current_tenant_id()} {get_locale()}"


def steps(run: JobRun, ids: list[str]) -> None:
    """Commits after every vehicle."""
    for key in ids:
        wash(run, [key])
        db.session.commit()


def dawdle(run: JobRun, seconds: float) -> None:
    """Does nothing, slowly, and hears nothing."""
    time.sleep(seconds)


def refuse(run: JobRun) -> None:
    """Fails, in words."""
    raise ValueError("This was never going to work.")


def ignore(run: JobRun) -> None:
    """Hears nothing, whatever is raised in it."""
    while True:
        with suppress(BaseException):
            time.sleep(1)


def count(run: JobRun, steps: int) -> int:
    """Counts slowly, and shows how far it is."""
    for done in range(steps):
        run.progress(done, steps)
        time.sleep(0.05)
    return steps


def mark(run: JobRun, pause: float = 0) -> None:
    """Leaves one mark in the database for every time that it was committed: a number that should be 1."""
    next_number(db.session, f"mark.{run.id}", "{0}")
    time.sleep(pause)


def shout(run: JobRun, path: str) -> None:
    """An effect outside the database, with the job's id as its key."""
    with Path(path).open("a") as file:
        file.write(f"{run.id}\n")


HEARD: list[tuple[str, str]] = []
"""What the garage's life cycle was told: (hook, tenant and versions)."""


def stop(tenant: Tenant) -> None:
    HEARD.append(("disabled", tenant.slug))


def upgrade(tenant: Tenant, before: str, after: str) -> None:
    HEARD.append(("upgrading", f"{tenant.slug} {before} {after}"))


def close(tenant: Tenant) -> None:
    HEARD.append(("tenant_closed", tenant.slug))


def plan_of(tenant: TenantInfo, plugin: str) -> str | None:
    """Tenants whose name begins with “Poor” have no garage in their plan, “Thrifty” ones no diaries."""
    if plugin == "garage.diaries" and tenant.name.startswith("Thrifty"):
        return "Your plan has no diaries."
    return "Your plan has no garage." if plugin == "garage" and tenant.name.startswith("Poor") else None


def work(reach: Reach) -> Select[Any]:
    """Repairs with what they cost, and what of it is paid because they are done."""
    is_done = Repair.status == "done"
    return (
        select(
            Repair.id.label("record_id"),
            Repair.status,
            Vehicle.fuel,
            Repair.vehicle_id,
            cast(Repair.starts_at, Date).label("day"),
            Repair.cost_minor,
            Repair.cost_currency,
            case((is_done, Repair.cost_minor)).label("paid_minor"),
            case((is_done, Repair.cost_currency)).label("paid_currency"),
            cast(is_done, Integer).label("finished"),
        )
        .join(Vehicle, Vehicle.id == Repair.vehicle_id)
        .where(*reach.conditions(Repair))
    )
