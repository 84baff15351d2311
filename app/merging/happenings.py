"""What merging tells the rest of the house, and other systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.host import Event


@dataclass(frozen=True)
class Merged(Event, name="merging.records_merged", told=_l("Merged with another record")):
    """Records became one: what referred to them refers to the one that stayed, and their addresses lead to it."""

    merge_id: Annotated[UUID, "The merge, by which it can be taken back."]
    resource: Annotated[str, "What they are records of, such as contacts.contact."]
    survivor_id: Annotated[UUID, "The record that stayed."]
    merged_ids: Annotated[tuple[UUID, ...], "The records that were merged into it."]


@dataclass(frozen=True)
class Parted(Event, name="merging.merge_undone", told=_l("A merge was taken back")):
    """A merge was taken back: the records are apart again."""

    merge_id: Annotated[UUID, "The merge."]
    resource: Annotated[str, "What they are records of, such as contacts.contact."]
    survivor_id: Annotated[UUID, "The record that had stayed."]
    merged_ids: Annotated[tuple[UUID, ...], "The records that are there again."]
