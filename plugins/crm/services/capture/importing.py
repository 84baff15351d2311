"""Leads from a table: their contact is found by e-mail or phone, or made, from columns beside those of the lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sdk import Companion, Contact, Field, Known, _l, _lp, contact_for

_ADDRESSES = ("email", "phone", "whatsapp")


def contact_columns() -> Companion:
    """What a file of leads may say of the contact."""
    fields = {
        "full_name": Field("text", label=_l("Whole name"), max_length=200),
        "first_name": Field("text", label=_l("First name"), max_length=100),
        "last_name": Field("text", label=_l("Last name"), max_length=100),
        "email": Field("text", label=_l("E-mail"), max_length=254),
        "phone": Field("text", label=_l("Phone"), max_length=60),
        "whatsapp": Field("text", label=_l("WhatsApp"), max_length=60),
        "employer": Field("text", label=_l("Company"), max_length=255),
        "position": Field("text", label=_lp("job", "Position"), max_length=150),
    }
    return Companion("contact", fields, find_contact)


def find_contact(values: Mapping[str, Any]) -> tuple[Contact, bool]:
    """The contact that a line describes, completed by what it lacks; or a new one."""
    first, last = values.get("first_name", ""), values.get("last_name", "")
    if not (first or last):
        first, _blank, last = str(values.get("full_name", "")).partition(" ")
    addresses = tuple((kind, values[kind]) for kind in _ADDRESSES if values.get(kind))
    more = {"position": values["position"]} if values.get("position") else {}
    return contact_for(Known(first, last, values.get("employer", ""), addresses, more))
