"""What records are called, read as one column: for answers that hold records of many kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, cast, func, null
from sqlalchemy.dialects.postgresql import ARRAY, array

from app.data.record import label_fields
from app.screens.reading.surface import Surface

LONGEST = 160
"""Characters of a label: of a note its beginning."""


def label_texts(surface: Surface) -> Any:
    """The texts that a record is called by, as one column for `label_of`; what the reader may not see is null."""
    model, hidden = surface.model, surface.access.hidden
    return texts_of([null() if name in hidden else getattr(model, name) for name in label_fields(model)])


def texts_of(columns: Sequence[Any]) -> Any:
    """The beginnings of these columns as one array."""
    texts = [func.left(cast(column, Text), LONGEST) for column in columns]
    return cast(array(texts or [null()]), ARRAY(Text))
