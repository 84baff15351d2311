"""What happens with outgoing messages, for those who asked to hear of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.host import Event


@dataclass(frozen=True)
class MessageSettled(Event, name="messaging.message_settled", told=_l("A message was settled")):
    """It is known what became of a message whose sender asked to be told."""

    message_id: Annotated[UUID, "The outgoing message."]
    state: Annotated[str, "sent, failed or unknown."]
