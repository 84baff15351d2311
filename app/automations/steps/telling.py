"""Tell members: whom a field of the record names, who has a role, or members by name."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from app.automations.steps.base import Doing, Said, Settings, StepKind, text_in
from app.automations.values import check_text, filled
from app.data import Field
from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid, value_of
from app.tenancy.models import ROLES, Membership

NOTICE = "automations.told"


def member_fields(surface: Surface) -> dict[str, Field]:
    """The fields of the record that name a member."""
    return {
        name: one
        for name, one in surface.fields.items()
        if one.kind == "belongs_to" and one.target is not None and one.target() is Membership
    }


def receivers_of(surface: Surface, settings: Settings) -> list[tuple[str, str]]:
    """Who is told, as pairs such as (`role`, `manager`). Raises ValueError with a sentence."""
    given = settings.get("to")
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise ValueError(_("Please say who is told."))
    found = [(kind, value) for kind, _colon, value in (one.partition(":") for one in given)]
    for kind, value in found:
        is_known = {
            "field": value in member_fields(surface), "role": value in ROLES, "member": as_uuid(value) is not None,
        }.get(kind, False)  # fmt: skip
        if not is_known:
            raise ValueError(_("“%(name)s” is nobody who can be told.", name=f"{kind}:{value}"[:80]))
    return found


def check(surface: Surface, settings: Settings) -> None:
    receivers_of(surface, settings)
    title = text_in(settings, "title", 255)
    if not title.strip():
        raise ValueError(_("Please write what they are told."))
    for text in (title, text_in(settings, "text")):
        check_text(text, surface.fields)


def run(doing: Doing, settings: Settings) -> Said:
    surface, record = doing.surface, doing.record
    title = filled(text_in(settings, "title", 255), surface, record)
    text = filled(text_in(settings, "text"), surface, record)
    members = list(dict.fromkeys(_members(doing, settings)))
    told = notify(members, NOTICE, title, text, target=record) if members else 0
    if not told:
        return Said(str(_("There is nobody to tell, or nobody who wants to hear of it.")))
    words = ngettext("Told %(num)d member: %(title)s", "Told %(num)d members: %(title)s", told, title=title)
    return Said(str(words), ("",))


def _members(doing: Doing, settings: Settings) -> Iterator[UUID]:
    fields = member_fields(doing.surface)
    for kind, value in receivers_of(doing.surface, settings):
        if kind == "role":
            yield from members_with_role(value)
        elif kind == "field":
            key = value_of(doing.record, fields[value])
            yield from [key] if key is not None else []
        else:
            yield UUID(value)


STEP = StepKind("notify", "bell", check, run)
