"""What happens to webhooks themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.host import Event


@dataclass(frozen=True)
class EndpointDisabled(Event, name="webhooks.endpoint_disabled", told=_l("A webhook endpoint was switched off")):
    """A webhook endpoint was switched off, because it is gone or failed for days."""

    endpoint_id: Annotated[UUID, "The endpoint."]
    url: Annotated[str, "Its address."]
    reason: Annotated[str, "Why it was switched off."]
