"""What happens with mails, for other parts of the house and for webhooks: ids and moments, never words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.host import Event


@dataclass(frozen=True)
class MailReceived(Event, name="mailboxes.mail_received", told=_l("Wrote to us")):
    """A contact wrote to one of our mailboxes; automatic replies and old mails are not told."""

    mail_id: Annotated[UUID, "The mail; read over REST by who may see its mailbox."]
    contact_id: Annotated[UUID, "The contact who wrote it."]
    at: Annotated[datetime, "When it was written."]


@dataclass(frozen=True)
class MailSent(Event, name="mailboxes.mail_sent", told=_l("Was written to")):
    """One of us wrote to a contact, here or in a mail program; told once for each contact it went to."""

    mail_id: Annotated[UUID, "The mail; read over REST by who may see its mailbox."]
    contact_id: Annotated[UUID, "A contact whom it went to."]
    at: Annotated[datetime, "When it was written."]
