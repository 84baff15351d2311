"""Where everybody chooses by which channels they are told of what, and says where those channels reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.host import Channel, Notice, registry
from app.host.channels import IN_APP
from app.identity.access import access
from app.messaging.pages.asking import here, member
from app.messaging.ways import addresses, channels_here, choose, chosen, kinds_for, read_address, set_address, ways
from app.screens.page import FieldView, Link, Option, Problem
from app.screens.views.controls import control_of
from app.screens.views.screen import Screen

blueprint = Blueprint(
    "notice_settings", __name__, url_prefix="/messaging/notifications/settings", template_folder="../templates"
)
ASKED = "asked"
"""The kinds that a form held: a kind without a tick is told nothing of, one that was not there stays as it is."""
ADDRESS = "address."


@dataclass(frozen=True, slots=True)
class Group:
    """The kinds of notices of one plugin."""

    title: str
    fields: tuple[FieldView, ...]


@blueprint.get("")
@access("signed-in")
def show() -> str:
    """Ticks for each kind of notice of the plugins that are on."""
    return _page({}, {})


def _page(typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    person, member_id = member()
    own, channels = chosen(member_id), channels_here()
    groups = [
        Group(_plugin_title(name), tuple(_field(notice, own, channels) for notice in notices))
        for name, notices in groupby(kinds_for(person), key=lambda notice: notice.key.partition(".")[0])
    ]
    problems = tuple(Problem(words, ADDRESS + name, _title(name)) for name, words in errors.items())
    return render_template(
        "messaging/settings.html",
        title=_("What you are told"),
        groups=groups,
        kinds=[notice.key for notice in kinds_for(person)],
        asked=ASKED,
        trail=(Link(_("Notifications"), here()),),
        addresses=_addresses(channels, {**addresses(member_id), **typed}, errors),
        missing=[(str(one.title), said) for one in channels if one.missing is not None and (said := one.missing())],
        problems=problems,
        address=person.email,
    )


def _plugin_title(name: str) -> str:
    plugin = registry().plugin(name)
    return str(plugin.title) if plugin is not None else name


def _title(channel: str) -> str:
    return str(registry().channels[channel].title)


def _field(notice: Notice, own: Mapping[str, tuple[str, ...]], channels: Sequence[Channel]) -> FieldView:
    told = own.get(notice.key, ways(notice.default))
    options = tuple(Option(one.name, str(one.title), one.name in told) for one in channels)
    return FieldView(name=notice.key, label=str(notice.title), kind="ticks", options=options)


def _addresses(channels: Sequence[Channel], texts: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldView]:
    """A control for each channel that asks people where it reaches them."""
    screen, found = Screen(registry().entries["messaging.notification"]), []
    for one in channels:
        if one.field is not None:
            asked = replace(one.field, label=f"{one.title}: {one.field.words}", required=False)
            text = texts.get(one.name, "")
            found.append(control_of(screen, asked, ADDRESS + one.name, text, errors.get(one.name, "")))
    return found


@blueprint.post("")
@access("signed-in")
def save() -> Any:
    """Keep what was ticked, and the addresses."""
    person, member_id = member()
    typed = {one.name: request.form[ADDRESS + one.name] for one in _asking() if ADDRESS + one.name in request.form}
    errors = _faults(typed)
    if errors:
        return _page(typed, errors), 422
    for name, text in typed.items():
        set_address(member_id, registry().channels[name], text)
    own, known = chosen(member_id), {one.name for one in channels_here()}
    asked = request.form.getlist(ASKED)
    for notice in kinds_for(person):
        if notice.key in asked:
            _keep(member_id, notice, own.get(notice.key, ways(notice.default)), known)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(here("settings"), 303)


def _asking() -> list[Channel]:
    return [one for one in channels_here() if one.field is not None]


def _faults(typed: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    for name, text in typed.items():
        try:
            read_address(registry().channels[name], text)
        except ValueError as error:
            errors[name] = str(error)
    return errors


def _keep(member_id: UUID, notice: Notice, before: Sequence[str], known: set[str]) -> None:
    """What is ticked of the channels that were on show; those of plugins that are off here stay chosen."""
    ticked = {name for name in request.form.getlist(notice.key) if name in known}
    wanted = ticked | {name for name in before if name not in known and ticked}
    if wanted - {IN_APP} != set(before) - {IN_APP} or bool(wanted) != bool(before):
        choose(member_id, notice.key, wanted)
