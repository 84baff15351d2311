"""A field's annotation names the type of its values: a slip is said where the record is declared."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Mapped

from app.data import Record, money
from app.data.annotations import check_annotation


def model(annotation):
    return type("Repair", (), {"__annotations__": {"cost": annotation}})


@pytest.mark.parametrize(
    ("kind", "annotation"),
    [
        ("money", "Mapped[Money | None]"), ("money", "Mapped[Optional[Money]]"), ("money", "sdk.Mapped[sdk.Money]"),
        ("money", "Mapped[Any]"), ("text", Mapped[str | None]), ("tags", Mapped[list[str]]),
        ("tags", "Mapped[list[str]]"), ("json", "Mapped[dict[str, Any]]"), ("moment", "Mapped[datetime.datetime]"),
        ("flag", None),
        ("record_id", "Mapped[UUID | None]"), ("choice", "Mapped[Weekday | str]"),
    ],
)  # fmt: skip
def test_what_fits_passes(kind, annotation):
    check_annotation(model(annotation), "cost", kind)


@pytest.mark.parametrize(
    ("kind", "annotation", "words"),
    [
        ("money", "Mapped[int]", r"Repair\.cost is a money, whose values are Money: annotate it Mapped\[Money\]"),
        ("money", Mapped[int | None], r"annotate it Mapped\[Money\], not int"),
        ("decimal", "Mapped[float]", "values are Decimal"), ("day", "Mapped[datetime]", "values are date"),
        ("integer", "Mapped[Optional[str]]", "values are int"), ("tags", "Mapped[str]", r"Mapped\[list\[str\]\]"),
    ],
)  # fmt: skip
def test_a_slip_is_said(kind, annotation, words):
    with pytest.raises(TypeError, match=words):
        check_annotation(model(annotation), "cost", kind)


def test_a_record_with_a_slip_is_not_made():
    before = set(Record.__subclasses__())
    with pytest.raises(TypeError, match="is a money, whose values are Money"):

        class Slipped(Record):
            cost: Mapped[int] = money()

    assert not [one for one in set(Record.__subclasses__()) - before if "__mapper__" in vars(one)]
