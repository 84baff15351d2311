"""Where everybody chooses how they are told of what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.host import Notice, registry
from app.identity.access import access
from app.messaging.models import DELIVERY_CHOICES
from app.messaging.pages.asking import here, member
from app.messaging.preferences import choose, chosen, kinds_for
from app.screens.page import FieldView, Link, Option

blueprint = Blueprint(
    "notice_settings", __name__, url_prefix="/messaging/notifications/settings", template_folder="../templates"
)


@dataclass(frozen=True, slots=True)
class Group:
    """The kinds of notices of one plugin."""

    title: str
    fields: tuple[FieldView, ...]


@blueprint.get("")
@access("signed-in")
def show() -> str:
    """A choice for each kind of notice of the plugins that are on."""
    person, member_id = member()
    own = chosen(member_id)
    groups = [
        Group(_plugin_title(name), tuple(_field(notice, own) for notice in notices))
        for name, notices in groupby(kinds_for(person), key=lambda notice: notice.key.partition(".")[0])
    ]
    trail = (Link(_("Notifications"), here()),)
    words = _("The daily e-mail comes in the morning, with what you have not read by then.")
    page = {"title": _("What you are told"), "groups": groups, "trail": trail, "words": words, "address": person.email}
    return render_template("messaging/settings.html", **page)


def _plugin_title(name: str) -> str:
    plugin = registry().plugin(name)
    return str(plugin.title) if plugin is not None else name


def _field(notice: Notice, own: dict[str, str]) -> FieldView:
    options = tuple(Option(one.value, one.words) for one in DELIVERY_CHOICES)
    return FieldView(
        name=notice.key,
        label=str(notice.title),
        kind="choice",
        value=own.get(notice.key, notice.default),
        required=True,
        options=options,
    )


@blueprint.post("")
@access("signed-in")
def save() -> Any:
    """Keep what was chosen."""
    person, member_id = member()
    own = chosen(member_id)
    for notice in kinds_for(person):
        wish = request.form.get(notice.key)
        if wish is not None and wish != own.get(notice.key, notice.default):
            choose(member_id, notice.key, wish)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(here("settings"), 303)
