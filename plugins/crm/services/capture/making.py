"""What becomes of a visitor: the contact they are, and a lead, or one more word on the lead they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.sdk import Contact, ContactAddress, FieldError, Record, _, code_named, contact_for, fields_of, fill, session
from plugins.crm.models import Activity, CaptureForm, CaptureSubmission, Lead, LeadStatus
from plugins.crm.services import activities, people
from plugins.crm.services.assignment.allocating import came_in_turn, whose_turn
from plugins.crm.services.capture.answers import Meaning
from plugins.crm.services.capture.receiving import UTM
from plugins.crm.services.conditions import codes_of
from plugins.crm.services.leads import first_stage_id
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.response.waiting import is_waiting, wait

NOTES_LIMIT = 20_000


def contact_of(meaning: Meaning) -> Any:
    """The contact that is meant, completed by what it lacks. It is this transaction's alone from now on, so that two
    answers of one person are looked at one after the other. None when nobody is named."""
    if not (meaning.addresses or meaning.first_name or meaning.last_name):
        return None
    contact, is_new = contact_for(meaning.known)
    if not is_new:
        session.refresh(contact, with_for_update={"key_share": True})
    texts = gaps(contact, meaning.contact)
    if texts:
        fill(Contact, texts, contact)
    if meaning.address:
        _add_address(contact, meaning.address)
    return contact


def _add_address(contact: Contact, texts: Mapping[str, str]) -> None:
    """One more address of theirs, unless one of those known says the same."""
    values = {name: _address_value(name, text) for name, text in texts.items()}
    if not any(all(getattr(one, name) == value for name, value in values.items()) for one in contact.addresses):
        contact.addresses.append(ContactAddress(**values, is_default=not contact.addresses))
        session.flush()


def _address_value(name: str, text: str) -> str:
    if name != "country":
        return text[: ContactAddress.__fields__[name].max_length or 255]
    code = code_named(codes_of("address.country"), text)
    if not code:
        raise FieldError("country", _("“%(value)s” is no country.", value=text[:80]))
    return code


def lead_of(form: CaptureForm, row: CaptureSubmission, meaning: Meaning, contact: Contact | None) -> Any:
    """The lead that an answer makes, goes onto, or had made before, which gets what it lacks."""
    made = session.get(Lead, row.lead_id) if row.lead_id else None  # type: ignore[attr-defined]
    if made is not None:
        if not row.went_onto:
            fill(Lead, gaps(made, _plain({**meaning.lead, "description": meaning.description})), made)
        return made
    known = _open_lead(contact) if contact is not None and form.known_visitor != "new" else None
    if known is not None and form.known_visitor == "onto":
        row.went_onto = True
        return _say_on(known, form, row, meaning)
    return _new_lead(form, row, contact, meaning, _keeper(known, contact) if form.known_visitor != "new" else None)


def _open_lead(contact: Contact) -> Any:
    """The lead of theirs that was worked on last."""
    lead: Any = Lead
    wanted = (
        select(Lead).where(lead.contact_id == contact.id, *is_open()).order_by(lead.last_activity_at.desc(), Lead.id)
    )
    return session.scalars(wanted.limit(1).with_for_update()).first()


def _keeper(known: Any, contact: Any) -> Any:
    """Whoever looks after somebody who is known, while they work here."""
    return people.first_at_work(known and known.assigned_to_id, contact and contact.assigned_to_id)


def _say_on(lead: Any, form: CaptureForm, row: CaptureSubmission, meaning: Meaning) -> Any:
    """An activity with all that they said, which asks for an answer as every word of a customer does."""
    said = Activity(
        kind="form", direction="in", subject=form.name, notes=meaning.words[:NOTES_LIMIT] or None, lead_id=lead.id,
        at=row.confirmed_at or row.created_at,
    )  # fmt: skip
    activities.complete_activity(said, True)
    session.add(said)
    session.flush()
    return lead


def _new_lead(form: Any, row: Any, contact: Any, meaning: Meaning, keeper: Any) -> Any:
    texts, tags = {**meaning.lead, "description": meaning.description}, meaning.tags
    owner = keeper or people.first_at_work(form.assigned_to_id)
    member = owner or (whose_turn(form.team_id) if form.team_id else None)
    said = _typed(texts)
    given = {
        "contact": contact.id if contact is not None else None,
        "company": contact.company_id if contact is not None else None,
        "stage": form.stage_id or (first_stage_id(form.pipeline_id) if form.pipeline_id else None),
        "assigned_to": member,
        "source": (form.source or row.utm_source or form.name)[:100],
        **{name: getattr(row, name) for name in UTM},  # the first touch, which no later one changes
        **said,
        "tags": list(dict.fromkeys([*form.tags, *tags])),
    }
    plain = _plain(texts)
    if contact is None and "title" not in plain:
        plain["title"] = form.name
    lead: Any = fill(Lead, plain, **{name: value for name, value in given.items() if value is not None})
    if member is not None and keeper is None and form.team_id is not None:
        came_in_turn(lead)
    if is_waiting(lead):
        wait(lead, row.confirmed_at or row.created_at)
    return lead


_TYPED = ("source", "priority", "status")


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name not in _TYPED}


def _typed(texts: Mapping[str, str]) -> dict[str, Any]:
    """What answers choose by its name. Raises FieldError for a name that nothing has."""
    found: dict[str, Any] = {}
    if source := texts.get("source"):
        found["source"] = source[:100]
    if priority := texts.get("priority"):
        found["priority"] = _choice_called("priority", priority)
    if status := texts.get("status"):
        found["status"] = _status_called(status)
    return found


def _choice_called(name: str, text: str) -> str:
    wanted = text.strip().casefold()
    for one in fields_of(Lead)[name].choices:
        if wanted in (one.value.casefold(), str(one.words).casefold()):
            return one.value
    raise FieldError(name, _("There is no “%(value)s” to choose.", value=text[:80]))


def _status_called(text: str) -> Any:
    wanted = text.strip().casefold()
    for one in session.scalars(select(LeadStatus)):
        if wanted in (one.name.casefold(), (one.key or "").casefold()):
            return one.id
    raise FieldError("status", _("There is no “%(value)s” to choose.", value=text[:80]))


def gaps(record: Record, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of fields that are empty so far: what somebody has written there stays."""
    found = {}
    for name, text in texts.items():
        own = name.removeprefix("custom.")
        held = record.custom_fields.get(own) if own != name else getattr(record, name, None)
        if text and held in (None, "", []):
            found[name] = text
    return found
