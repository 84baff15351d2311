"""A vertical that uses every kind of column, every relation and every life cycle: what holds for it holds for all."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.sdk import (
    Choice,
    Contact,
    Mapped,
    Member,
    Money,
    Record,
    belongs_to,
    choice,
    day,
    decimal,
    email,
    flag,
    has_many,
    image,
    integer,
    json,
    long_text,
    moment,
    money,
    phone,
    record_id,
    tags,
    text,
    url,
)


class Vehicle(Record):
    """Every kind of field at once."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "plate"

    plate: Mapped[str] = text(max_length=40, unique=True, sortable=True)
    vin: Mapped[str | None] = text(max_length=17, immutable=True)
    history: Mapped[str | None] = long_text()
    fuel: Mapped[str | None] = choice("petrol", Choice("diesel"), ("electric", "Electric"), sortable=True)
    state: Mapped[str] = choice("new", "used", "sold", default="new")
    battery: Mapped[str | None] = text(show_if="fuel=electric")
    price: Mapped[Money | None] = money(sortable=True)
    odometer: Mapped[int | None] = integer(minimum=0, sortable=True)
    balance: Mapped[int | None] = integer()
    consumption: Mapped[Decimal | None] = decimal(9, 3)
    weight: Mapped[Decimal | None] = decimal(30, 12)
    insured: Mapped[bool] = flag(default=True, sortable=True)
    stolen: Mapped[bool] = flag()
    registered_on: Mapped[date | None] = day(sortable=True)
    seen_at: Mapped[datetime | None] = moment(sortable=True)
    equipment: Mapped[Any | None] = json()
    labels: Mapped[list[str]] = tags()
    hotline: Mapped[str | None] = phone(sortable=True)
    mail: Mapped[str | None] = email(sortable=True)
    page: Mapped[str | None] = url()
    photo: Mapped[str | None] = image()
    device: Mapped[UUID | None] = record_id()
    owner = belongs_to(Contact)
    keeper = belongs_to(Member)
    sister = belongs_to(lambda: Vehicle)
    merged_into = belongs_to(lambda: Vehicle, readonly=True)
    doors = has_many(lambda: Door, reverse="vehicle")


class Door(Record):
    """A row that lives inside the form of its vehicle and has no screen of its own."""

    vehicle = belongs_to(Vehicle, required=True, on_delete="cascade")
    side: Mapped[str] = choice("left", "right", default="left")
    note: Mapped[str | None] = long_text()
    worth: Mapped[Money | None] = money()
    width: Mapped[Decimal | None] = decimal(6, 2)
    locks: Mapped[bool] = flag(default=True)
    checked_at: Mapped[datetime | None] = moment()
    marks: Mapped[list[str]] = tags()


class Repair(Record):
    """A required relation that stands in the way of deletion, numbers without gaps, actions, board and calendar."""

    __label__ = "number"

    number: Mapped[str] = text(max_length=40, unique=True, sortable=True, readonly=True)
    vehicle = belongs_to(Vehicle, required=True)
    status: Mapped[str] = choice(Choice("booked", colour="blue"), "in_work", "done", default="booked")
    cost: Mapped[Money] = money()
    starts_at: Mapped[datetime | None] = moment(sortable=True)
    remark: Mapped[str | None] = long_text()
    hours: Mapped[int | None] = integer(minimum=0, maximum=1000)


class Diary(Record):
    """Rows that only their author reaches."""

    title: Mapped[str] = text(sortable=True)
    body: Mapped[str | None] = long_text()
