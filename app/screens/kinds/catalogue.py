"""The kinds by name."""

from __future__ import annotations

from app.data import Field
from app.screens.kinds.base import Kind
from app.screens.kinds.numbers import DecimalKind, FlagKind, IntegerKind, MoneyKind
from app.screens.kinds.structures import BelongsToKind, HasManyKind, ImageKind, JsonKind, RecordIdKind
from app.screens.kinds.times import DayKind, MomentKind
from app.screens.kinds.words import ChoiceKind, EmailKind, LongTextKind, PhoneKind, TagsKind, TextKind, UrlKind

KINDS: dict[str, Kind] = {
    "text": TextKind(),
    "long_text": LongTextKind(),
    "choice": ChoiceKind(),
    "money": MoneyKind(),
    "integer": IntegerKind(),
    "decimal": DecimalKind(),
    "flag": FlagKind(),
    "day": DayKind(),
    "moment": MomentKind(),
    "json": JsonKind(),
    "tags": TagsKind(),
    "phone": PhoneKind(),
    "email": EmailKind(),
    "url": UrlKind(),
    "image": ImageKind(),
    "record_id": RecordIdKind(),
    "belongs_to": BelongsToKind(),
    "has_many": HasManyKind(),
}


def kind_of(field: Field) -> Kind:
    """The behaviour of a field."""
    return KINDS[field.kind]
