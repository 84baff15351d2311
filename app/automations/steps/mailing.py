"""Send an e-mail to the contact that the record is, or belongs to, in the words of a template of the tenant's."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.automations.steps.base import Doing, Said, Settings, StepKind, text_in
from app.automations.values import check_text, filled, said
from app.contacts.models import Contact, Suppression
from app.data import Field, Record, db
from app.messaging.models import CommunicationTemplate
from app.messaging.ways import address_of
from app.messaging.wording import MissingVariable, samples_of, send_template
from app.screens.reading import Surface

EMAIL = "email"


def contact_field(surface: Surface) -> Field | None:
    """The field that leads to the contact that a record belongs to; None for a contact itself, or where there is
    none."""
    return next(
        (
            one
            for one in surface.fields.values()
            if one.kind == "belongs_to" and one.target is not None and one.target() is Contact
        ),
        None,
    )


def template_of(key: str) -> CommunicationTemplate:
    """A template with this key. Raises ValueError where there is none that is active."""
    one = CommunicationTemplate
    found = db.session.scalars(select(one).where(one.channel == EMAIL, one.key == key, one.is_active)).first()
    if found is None:
        raise ValueError(_("There is no active template “%(name)s” for e-mails.", name=key[:80]))
    return found


def check(surface: Surface, settings: Settings) -> None:
    if surface.model is not Contact and contact_field(surface) is None:
        raise ValueError(_("These records belong to no contact to whom an e-mail could go."))
    template_of(text_in(settings, "template", 100))
    for text in _texts(settings).values():
        check_text(text, surface.fields)


def _texts(settings: Settings) -> dict[str, str]:
    """What is written for the variables of the template."""
    given = settings.get("variables") or {}
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise ValueError(_("Variables are texts by their names."))
    return given


def run(doing: Doing, settings: Settings) -> Said:
    contact = _contact(doing)
    address = address_of(contact, EMAIL) if contact is not None else ""
    if contact is None or not address or _is_suppressed(address):
        return Said(str(_("No e-mail was sent: there is no address that may be written to.")))
    key = text_in(settings, "template", 100)
    values = _variables(doing, settings, contact, template_of(key))
    language = getattr(contact, "locale", None) or ""
    try:
        send_template(address, key, values, language=language, name=str(contact), dedupe=doing.key)
    except MissingVariable as error:
        raise ValueError(str(error)) from None
    return Said(str(_("E-mail “%(template)s” to %(address)s", template=key, address=address)), ("",))


def _is_suppressed(address: str) -> bool:
    kinds = Suppression.channel.in_((EMAIL, "any"))
    return db.session.scalar(select(Suppression.id).where(kinds, Suppression.value == address).limit(1)) is not None


def _contact(doing: Doing) -> Any:
    if isinstance(doing.record, Contact):
        return doing.record
    field = contact_field(doing.surface)
    key = getattr(doing.record, field.column) if field is not None else None
    other = doing.surface.target(field) if field is not None else None
    return other.get(key) if other is not None and key is not None else None


def _variables(
    doing: Doing, settings: Settings, contact: Record, template: CommunicationTemplate
) -> dict[str, str]:  # fmt: skip
    """As the settings say; else what the record, then the contact, has under the same name."""
    given, found = _texts(settings), {"name": str(contact)}
    surfaces = [(_surface_of(doing, contact), contact), (doing.surface, doing.record)]
    for name in samples_of(template):
        for surface, record in surfaces:
            field = surface.fields.get(name)
            if field is not None and field.kind not in ("has_many", "json"):
                found[name] = said(surface, record, field) or found.get(name, "")
        if given.get(name, "").strip():
            found[name] = filled(given[name], doing.surface, doing.record)
    return found


def _surface_of(doing: Doing, contact: Record) -> Surface:
    field = contact_field(doing.surface)
    other = doing.surface.target(field) if field is not None and contact is not doing.record else None
    return other or doing.surface


STEP = StepKind("mail", "mail", check, run)
