"""What happens in the depot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from app.sdk import Event


@dataclass(frozen=True)
class ParcelMoved(Event, name="depot.parcel_moved", version=2):
    """A parcel was carried one step further."""

    parcel_id: Annotated[UUID, "The parcel."]
    step: Annotated[int, "How many steps it has made."]
    weight: Annotated[Decimal | None, "In kilogrammes, when it was weighed."] = None
    stops: Annotated[tuple[str, ...], "Where it has been."] = ()
    due: Annotated[date | None, "When it has to be there."] = None
    seen: Annotated[datetime | None, "When somebody saw it."] = None
    fragile: Annotated[bool, "Whether it breaks."] = False
