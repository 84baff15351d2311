"""What contacts are told of appointments: an invitation, every change of it, a reminder, and a cancellation. Colleagues
for whom somebody else books get it for their calendars, too.

They follow the events of the record, so saving never waits for mail, an import tells nobody, and of two changes at once
the second finds the first one's mail sent: its key is the revision that the invited would hear of.
"""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select

from app.sdk import (
    Attached,
    Contact,
    ContactChannel,
    Member,
    Occurrence,
    Receiver,
    Tenant,
    _,
    _l,
    current_tenant_id,
    notify,
    receivers,
    send_mail,
    session,
    utcnow,
)
from plugins.crm.models import Appointment, Lead
from plugins.crm.services import clock, clocks, ics, meetings
from plugins.crm.services.words import Later

HEARD_OF = frozenset(
    {"scheduled_at", "ends_at", "timezone", "location", "title", "assignee", "kind", "status", "invites"}
)
"""Changes that whoever was invited must hear of."""


def on_change(happened: object, told: Occurrence) -> None:
    """The handler of created and updated appointments; whoever imports a calendar invites nobody."""
    if getattr(happened, "via", "") == "import":
        return
    changed = frozenset(getattr(happened, "changed", ()))
    row = _meant(told)
    if row is not None and (not changed or changed & HEARD_OF):
        tell(row)
        _tell_colleague(row, told)


def on_deleted(happened: object, told: Occurrence) -> None:
    """The handler of appointments that were put into the trash: for whoever was invited they are called off."""
    row = _meant(told)
    if row is not None and row.status == "scheduled":
        tell(row, is_off=True)


def _meant(told: Occurrence) -> Appointment | None:
    """The appointment that an event is about; None for one that is gone, or whose lead is in the trash."""
    row = session.get(Appointment, told.aggregate_id) if told.aggregate_id else None
    lead = session.get(Lead, row.lead_id) if row is not None else None
    return row if lead is not None and lead.deleted_at is None else None


def tell(row: Appointment, *, is_off: bool = False) -> bool:
    """Send what the contact has not heard yet. Nothing is sent of what is over, or to nobody."""
    is_off = is_off or row.status == "cancelled"
    if not row.invites or row.ends_at < utcnow() or (row.status != "scheduled" and not is_off):
        return False
    guest = guest_of(row)
    if guest is None:
        return False
    person, language = guest
    with force_locale(language):
        meeting = meetings.meeting_of(row, guest=person, is_off=is_off, tells=clocks.lines(row))
        method: ics.Method = "CANCEL" if is_off else "REQUEST"
        send_mail(
            person.email, _subject(row, is_off), _text(row, person, _opening(is_off)), name=person.name,
            reply_to=_organizer(row), attachments=[_calendar(meeting, method)],
            dedupe=f"crm.appointment:{row.id}:{row.sequence}:{method}:{person.email}",
        )  # fmt: skip
    return True


def _calendar(meeting: ics.Meeting, method: ics.Method) -> Attached:
    return Attached("invite.ics", f"text/calendar; charset=utf-8; method={method}", ics.message(meeting, method))


def remind(row: Appointment) -> bool:
    """Remind the contact of an appointment; nothing in their calendar changes by that."""
    guest = guest_of(row)
    if guest is None:
        return False
    person, language = guest
    with force_locale(language):
        send_mail(
            person.email, _("Reminder: %(title)s", title=row.title), _text(row, person, _("this is our appointment:")),
            name=person.name, reply_to=_organizer(row),
            dedupe=f"crm.appointment:{row.id}:reminder:{row.scheduled_at.isoformat()}:{person.email}",
        )  # fmt: skip
    return True


def _tell_colleague(row: Appointment, told: Occurrence) -> None:
    """Whoever keeps the appointment hears of it, unless they did it themselves, and has it in their calendar."""
    member = session.get(Member, row.assignee_id)
    if member is None or told.actor_id in (None, member.account_uid) or row.status not in ("scheduled", "cancelled"):
        return
    found = receivers([member.id])
    at = Later(row.scheduled_at, clock.zone_of(found[0].timezone if found else row.timezone))
    title = _l("%(time)s: %(what)s", time=at, what=row.title)
    if row.status == "cancelled":
        title = _l("Cancelled: %(title)s", title=row.title)
    notify(member.id, "crm.appointment_changed", title, target=row, dedupe=str(told.id))
    for receiver in found:
        _mail_colleague(row, receiver)


def _mail_colleague(row: Appointment, receiver: Receiver) -> None:
    """They keep it themselves, so nobody asks whether they come: their calendar gets it as it is."""
    with force_locale(receiver.locale):
        is_off = row.status == "cancelled"
        when = "\n".join(_("%(name)s: %(time)s", name=name, time=time) for name, time in clocks.times(row))
        text = "\n".join(filter(None, (row.title, when, row.location, row.cancel_reason))) + "\n"
        meeting = meetings.meeting_of(row, guest=_person(row), tells=when)
        send_mail(
            receiver.email, _subject(row, is_off), text, name=receiver.name,
            attachments=[_calendar(meeting, "PUBLISH")],
            dedupe=f"crm.appointment:{row.id}:{row.sequence}:{row.status}:{receiver.email}",
        )  # fmt: skip


def _person(row: Appointment) -> ics.Person | None:
    guest = guest_of(row) if row.invites else None
    return guest[0] if guest is not None else None


def guest_of(row: Appointment) -> tuple[ics.Person, str] | None:
    """The contact of the appointment's lead, with the language to write in; None without an e-mail address."""
    lead = session.get(Lead, row.lead_id)
    contact = session.get(Contact, lead.contact_id) if lead is not None and lead.contact_id else None
    if contact is None:
        return None
    address = session.scalar(
        select(ContactChannel.value)
        .where(ContactChannel.contact_id == contact.id, ContactChannel.kind == "email")
        .order_by(ContactChannel.is_primary.desc(), ContactChannel.id).limit(1)
    )  # fmt: skip
    return (ics.Person(contact.full_name, address), _language(contact)) if address else None


def _language(contact: Contact) -> str:
    wish = (contact.locale or "").replace("-", "_")
    known = current_app.config["LANGUAGES"]
    tenant = session.get_one(Tenant, current_tenant_id())
    return next((one for one in (wish, wish.partition("_")[0], tenant.locale) if one in known), "en")


def _subject(row: Appointment, is_off: bool) -> str:
    if is_off:
        return _("Cancelled: %(title)s", title=row.title)
    return _("Changed: %(title)s", title=row.title) if row.sequence else _("Invitation: %(title)s", title=row.title)


def _opening(is_off: bool) -> str:
    return _("our appointment was cancelled:") if is_off else _("this is our appointment:")


def _text(row: Appointment, guest: ics.Person, opening: str) -> str:
    member = session.get(Member, row.assignee_id)
    facts = (row.title, clocks.lines(row), row.location, row.cancel_reason)
    parts = (
        _("Hello %(name)s,", name=guest.name), opening, "\n".join(filter(None, facts)),
        member.name if member is not None else "",
    )  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def _organizer(row: Appointment) -> str | None:
    member = session.get(Member, row.assignee_id)
    return member.email if member is not None else None
