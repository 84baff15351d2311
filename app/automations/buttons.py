"""Automations that somebody sets off by a button among the actions of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.automations.models import BUTTON, ON, Automation
from app.automations.starting import start
from app.data import Record, db, uuid7
from app.identity.principal import Principal
from app.screens.reading import Surface
from app.screens.views.own_buttons import OwnButton
from app.screens.views.screen import Screen
from app.tenancy.configuration import by_configuration

Names = Mapping[str, Sequence[tuple[UUID, str]]]


def buttons_of(person: Principal | None, resource: str) -> Sequence[tuple[UUID, str]]:
    """Id and name of the automations with a button on these records. Remembered while the configuration stays."""
    found: Names = by_configuration(db.session(), person, "automations.buttons", _load)
    return found.get(resource, ())


def _load(session: Session) -> Names:
    columns = select(Automation.resource, Automation.id, Automation.name)
    found: dict[str, list[tuple[UUID, str]]] = {}
    for resource, key, name in session.execute(
        columns.where(Automation.state == ON, Automation.trigger == BUTTON).order_by(Automation.name, Automation.id)
    ):
        found.setdefault(resource, []).append((key, name))
    return found


def own_buttons(screen: Screen) -> list[OwnButton]:
    """For those who may change the records: what is done goes by the rights of the member that it runs as."""
    found = buttons_of(screen.surface.person, screen.entry.key)
    if not found or not screen.may("update"):
        return []
    return [OwnButton(name, screen.outside(f"automations/press/{key}")) for key, name in found]


def press(automation: Automation, surface: Surface, rows: Sequence[Record]) -> str:
    """Set it off on records within reach of whoever presses. Returns what there is to say; raises ValueError in
    words."""
    if automation.state != ON or automation.trigger != BUTTON:
        raise ValueError(_("The automation is switched off."))
    if not surface.may("update"):
        raise ValueError(_("None of your roles here allows this. An owner or admin can change that."))
    count = start(automation, [row.id for row in rows], uuid7().hex)
    words = ngettext("“%(name)s” is under way.", "“%(name)s” is under way for %(num)d records.", count,
                     name=automation.name)  # fmt: skip
    return str(words)
