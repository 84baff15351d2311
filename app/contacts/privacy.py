"""What is known of a person, for the person to read, and forgetting them: asked of every plugin that is installed.

Plugins that are off are asked as well, because their rows are still there. One that fails stops the whole: an answer
with something missing would be taken for everything, and half forgotten is not forgotten. For the same reason one
that failed before is asked again each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.audit.keeping import erase_records
from app.contacts.models import Consent, Contact, Note
from app.contacts.timeline import TimelineEntry
from app.data import Record, current_tenant_id, db
from app.files.models import Attachment
from app.files.pictures.naming import pictures_of, remove
from app.files.pictures.printing import picture_data
from app.host import JobRun, registry
from app.host.custom_fields import custom_fields
from app.host.guarding import WORK, run_hook
from app.identity.access import access
from app.jobs import enqueue
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.reading.surface import value_of

KIND = "contacts.contact"
FORGOTTEN = "contacts.forget"
NOT_TOLD = _l(
    "“%(plugin)s” did not say what it knows of this person, and a file with gaps is none. Try again, or ask the "
    "operator of the platform."
)
NOT_FORGOTTEN = _l(
    "“%(plugin)s” could not forget this person, so nothing was changed. Try again, or ask the operator of the platform."
)
blueprint = Blueprint("contacts_privacy", __name__)


@blueprint.get("/contacts/privacy/<uuid:contact_id>")
@access("contacts.privacy.read")
def file_of(contact_id: UUID) -> Response:
    """All that is known of a contact, as a JSON file."""
    contact = Surface(registry().entries[KIND], db.session()).get(contact_id)
    if not isinstance(contact, Contact):
        abort(404)
    text = json.dumps(known_of(contact), ensure_ascii=False, indent=1, default=str)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=person-{contact_id}.json"
    return answer


def known_of(contact: Contact) -> dict[str, Any]:
    """What each plugin knows of a person, by its name; those that know nothing are left out."""
    said = _asked("export_contact", contact, dict, NOT_TOLD)
    return {plugin: known for plugin, known in said if known}


def forget(rows: Sequence[Contact]) -> str:
    """The action: every plugin forgets, then the contact itself is empty; the audit log follows once that is stored.
    Raises ValueError where a plugin refuses."""
    for contact in rows:
        merged = select(Contact).where(Contact.merged_into_id == contact.id)
        for one in (contact, *db.session.scalars(merged)):
            said = _asked("erase_contact", one, list, NOT_FORGOTTEN, (ValueError,))
            about = [str(key) for _plugin, keys in said for key in keys]
            db.session.flush()
            enqueue(FORGOTTEN, about)
    return str(_("The person is forgotten. Their consents and refusals are kept as proof."))


def forget_history(run: JobRun, ids: list[str]) -> int:
    """The job behind it: empties what the audit log says of these records."""
    return erase_records(current_tenant_id(), [UUID(one) for one in ids], "a person is forgotten")


def _asked(
    hook: str, contact: Contact, read: Callable[[Any], Any], failing: Any, passes: tuple[type[Exception], ...] = ()
) -> Iterator[tuple[str, Any]]:
    """The core itself last: what it empties, others may need to find what is theirs. Raises HookFailed or HookBroke
    with the words `failing`."""
    known = registry()
    for name in sorted(known.names, key=lambda one: one in known.always_on):
        call = partial(_answers_of, name, hook, contact, read)
        if name in known.always_on:
            said = call()
        else:
            said = run_hook(name, hook, WORK, call, passes, may_skip=False, failing=failing)
        yield from ((name, answer) for answer in said)


def _answers_of(name: str, hook: str, contact: Contact, read: Callable[[Any], Any]) -> list[Any]:
    return [read(answer) for answer in registry().call(hook, name, contact=contact)]


def _ids_about(contact: Contact) -> Iterator[UUID]:
    yield contact.id
    yield from (row.id for row in (*contact.channels, *contact.addresses))


def erase_hung(rows: Iterable[Record]) -> list[UUID]:
    """Delete the notes and files that hang on records which a person who is forgotten has to do with, and what their
    timelines say. Returns the ids of notes and files: the audit log knows them."""
    found: list[UUID] = []
    for row in rows:
        key = registry().by_model[type(row)].key
        for model in (Note, Attachment):
            for hung in db.session.scalars(select(model).where(model.target_type == key, model.target_id == row.id)):
                found.append(hung.id)
                db.session.delete(hung)  # one by one: the audit log hears of what is deleted by name
        told = TimelineEntry.target_type == key, TimelineEntry.target_id == row.id
        db.session.execute(delete(TimelineEntry).where(*told), execution_options={"synchronize_session": False})
    return found


# What contacts themselves know ----------------------------------------------------------------------------------------


def export(contact: Contact) -> Mapping[str, Any]:
    """The contact's own fields and rows, its consents, and the notes and names of files that hang on it."""
    here = Note.target_type == KIND, Note.target_id == contact.id
    files = select(Attachment.name).where(Attachment.target_type == KIND, Attachment.target_id == contact.id)
    consents = select(Consent).where(Consent.contact_id == contact.id).order_by(Consent.at)
    return {
        "contact": plain(contact) | _custom(contact),
        "pictures": {key: picture_data(db.session(), key) for key in pictures_of(contact)},
        "channels": [plain(row) for row in contact.channels],
        "addresses": [plain(row) for row in contact.addresses],
        "consents": [plain(row) for row in db.session.scalars(consents)],
        "notes": list(db.session.scalars(select(Note.content).where(*here))),
        "files": list(db.session.scalars(files)),
    }


def plain(record: Record) -> dict[str, Any]:
    """The fields of a record that hold something, fit for JSON; a related record by its name."""
    found: dict[str, Any] = {}
    for name, field in type(record).__fields__.items():
        if field.kind == "has_many" or field.secret:
            continue
        value = getattr(record, name) if field.kind == "belongs_to" else value_of(record, field)
        if value in (None, "", []):
            continue
        found[name] = str(value) if field.kind == "belongs_to" else kind_of(field).dump(field, value)
    return found


def _custom(contact: Contact) -> dict[str, Any]:
    fields = custom_fields(db.session(), KIND)
    return {str(field.words): value for field in fields.values() if (value := value_of(contact, field)) is not None}


def erase(contact: Contact) -> list[UUID]:
    """Empty the contact and delete what hangs on it; returns the ids of all of it. Consents and suppressions stay: they
    are the proof that nobody may write to them."""
    about, pictures = list(_ids_about(contact)), list(pictures_of(contact))
    for name, field in Contact.__fields__.items():
        if field.kind == "tags":
            contact.tags = []
        elif field.kind not in ("has_many", "belongs_to") and name != "full_name" and not field.required:
            setattr(contact, name, None)
    contact.full_name, contact.custom_fields = _("Forgotten person"), {}
    contact.company_id = contact.assigned_to_id = None
    for row in (*contact.channels, *contact.addresses):
        db.session.delete(row)
    about += erase_hung([contact])
    db.session.flush()
    remove(db.session(), pictures)  # at once: histories shall not bring them back
    return about
