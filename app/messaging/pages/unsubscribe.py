"""The way out of the daily e-mail without signing in: a page with one button, and the one click of mail programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask_babel import gettext as _

from app.data import Scope, db, scope
from app.identity.access import PUBLIC, access, without_csrf
from app.messaging.unsubscribing import ADDRESS, member_of, unsubscribe

blueprint = Blueprint("unsubscribe", __name__, template_folder="../templates")


@blueprint.get(ADDRESS + "<token>")
@access(PUBLIC)
def ask(token: str) -> str:
    """Nothing happens before the button is pressed: mail programs look at every address."""
    _member(token)
    return _page(_("Stop the daily e-mail?"), _("You go on seeing everything in the app."), token)


@blueprint.post(ADDRESS + "<token>")
@access(PUBLIC)
@without_csrf
def act(token: str) -> Any:
    """Stop it. The address itself is the proof, as RFC 8058 has it."""
    tenant_id, member_id = _member(token)
    with scope(Scope(tenant_id, via="screen")):
        unsubscribe(member_id)
        db.session.commit()
    return _page(_("You get no daily e-mail any more."), _("You can choose again in the app, under Notifications."))


def _page(title: str, words: str, token: str = "") -> str:
    return render_template("messaging/unsubscribe.html", title=title, words=words, token=token)


def _member(token: str) -> tuple[UUID, UUID]:
    found = member_of(token)
    if found is None:
        abort(404)
    return found
