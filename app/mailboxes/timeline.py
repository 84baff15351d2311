"""Mails on the timelines of contacts, of companies, and of whatever belongs to a contact (a lead, an order)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, select

from app.contacts.models import Company, Contact
from app.data import Record
from app.features import can
from app.host import Timeline, registry
from app.mailboxes.models import BOUNCE, MAIL, OUT, Mail, MailParty
from app.mailboxes.wording import shown
from app.messaging.models import MESSAGE_STATES, SENT, OutboundMessage
from app.screens.reading.timeline import timeline_rows

EXCERPT = 4_000
"""Characters of a mail on a timeline; its own page has the rest."""
Facts = Mapping[str, Any]
_STATES = {one.value: one for one in MESSAGE_STATES}


def timelines() -> list[Timeline]:
    return [
        Timeline(
            "mailboxes.mails", _l("E-mails"), Mail, rows, words, "mail", body,
            href=lambda facts: f"/mailboxes/mails/{facts['id']}",
            events=("mailboxes.mail_received", "mailboxes.mail_sent"), add=address_to_write,
        )
    ]  # fmt: skip


def rows(record: Record) -> Any:
    """The mails with the contacts that a record is about; None where it is about none."""
    contacts = _contacts_of(record)
    if contacts is None:
        return None
    state = select(OutboundMessage.state).where(OutboundMessage.id == Mail.outgoing_id).scalar_subquery()
    found = timeline_rows(
        Mail, Mail.at, id=Mail.id, subject=Mail.subject, direction=Mail.direction, kind=Mail.kind, state=state,
        who=func.coalesce(Mail.from_name, Mail.from_email), problem=Mail.problem,
        body=func.left(Mail.body, EXCERPT),
        more=case((func.length(Mail.body) > EXCERPT, True), else_=False),
    )  # fmt: skip
    return found.where(Mail.id.in_(select(MailParty.mail_id).where(contacts)))


def _contacts_of(record: Record) -> Any:
    party: Any = MailParty
    if isinstance(record, Contact):
        return party.contact_id == record.id
    if isinstance(record, Company):
        contact: Any = Contact
        return party.contact_id.in_(select(contact.id).where(contact.company_id == record.id))
    key = contact_of(record)
    return None if key is None else party.contact_id == key


def contact_of(record: Record) -> UUID | None:
    """The contact that a record belongs to, by its first link to one."""
    for field in type(record).__fields__.values():
        if field.kind == "belongs_to" and field.target is not None and field.target() is Contact:
            key: UUID | None = getattr(record, field.column)
            return key
    return None


def address_to_write(record: Record) -> str:
    """Where one writes to whom a record is about; empty where that is nobody."""
    is_about_somebody = isinstance(record, Contact | Company) or contact_of(record) is not None
    if not is_about_somebody or not can("mailboxes.compose", "write"):
        return ""
    return f"/mailboxes/compose/{registry().by_model[type(record)].key}/{record.id}"


def words(facts: Facts) -> str:
    """One line: which way it went, what it is about, and what became of one of ours."""
    if facts["kind"] == BOUNCE:
        return str(_("Could not be delivered: %(subject)s", subject=facts["subject"]))
    if facts["kind"] != MAIL:
        return str(_("Automatic reply from %(who)s: %(subject)s", who=facts["who"], subject=facts["subject"]))
    if facts["direction"] != OUT:
        return str(_("Mail from %(who)s: %(subject)s", who=facts["who"], subject=facts["subject"]))
    said = str(_("Mail of ours: %(subject)s", subject=facts["subject"]))
    return f"{said} ({state_words(facts['state'])})" if facts["state"] not in (None, SENT) else said


def state_words(state: str) -> str:
    """How a message stands, for people."""
    return str(_STATES[state].words) if state in _STATES else ""


def body(facts: Facts) -> Any:
    """The text, its history closed; what went wrong before it."""
    text = facts["body"] + ("…" if facts["more"] else "")
    problem = f"{facts['problem']}\n\n" if facts["problem"] else ""
    return shown(problem + text) if text or problem else ""
