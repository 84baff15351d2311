"""The page of a member's notifications: what is new, what was, and the way to what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import db
from app.identity.access import access
from app.messaging import reading
from app.messaging.pages.asking import here, member
from app.messaging.reading import Seen
from app.screens.page import Link

blueprint = Blueprint("notices", __name__, url_prefix="/messaging/notifications", template_folder="../templates")
UNREAD = "?show=unread"


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """The page."""

    title: str
    tabs: tuple[Link, ...]
    here: str
    root: str
    settings_href: str
    notices: tuple[Seen, ...]
    empty: str
    older: Link | None
    unread: int


@blueprint.get("")
@access("signed-in")
def show() -> str:
    """The newest notifications, all or the unread ones."""
    person, _member = member()
    only_unread = request.args.get("show") == "unread"
    found = reading.seen_page(person, only_unread=only_unread, before=request.args.get("before", ""))
    older = f"{here()}{UNREAD + '&' if only_unread else '?'}before={found.next}"
    page = NoticesPage(
        title=_("Notifications"),
        tabs=(Link(_("All"), here(), not only_unread), Link(_("Unread"), here() + UNREAD, only_unread)),
        here=here() + (UNREAD if only_unread else ""),
        root=here(),
        settings_href=here("settings"),
        notices=found.notices,
        empty=_("You have read everything.") if only_unread else _("Nobody has told you anything yet."),
        older=Link(_("Older"), older) if found.next else None,
        unread=person.unread,
    )
    return render_template("messaging/notifications.html", page=page)


@blueprint.post("")
@access("signed-in")
def act() -> Any:
    """Mark one notification, or all, as read; or one as not read."""
    person, _member = member()
    key = request.form.get("id", type=UUID)
    action = request.form.get("action", "")
    if action not in ("read", "unread", "read_all") or (action != "read_all" and key is None):
        abort(400)
    changed = reading.mark(None if key is None or action == "read_all" else [key], person, read=action != "unread")
    db.session.commit()
    if action == "read_all":
        flash(ngettext("%(num)s notification is read.", "%(num)s notifications are read.", changed), "success")
    return redirect(here() + (UNREAD if request.args.get("show") == "unread" else ""), 303)


@blueprint.get("/<uuid:notice_id>")
@access("signed-in")
def follow(notice_id: UUID) -> Any:
    """Go to what a notification is about; it is read then."""
    person, _member = member()
    seen = reading.follow(person, notice_id)
    if seen is None:
        abort(404)
    db.session.commit()
    if seen.is_gone:
        flash(_("What this was about is gone, or not yours to see any more."), "warning")
    return redirect(request.script_root + seen.href if seen.href else here(), 303)


@blueprint.get("/count")
@access("signed-in")
def count() -> Any:
    """How many notifications are unread, for the bell: `{"unread": 3}`, counted up to 100."""
    person, _member = member()
    return jsonify(unread=person.unread)
