"""Notifications over REST: what a member was told, and how they want to be. Single ones are marked by the actions of
`/api/v1/messaging/notification`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.data import db
from app.host import registry
from app.identity.access import access
from app.messaging.pages.asking import member
from app.messaging.reading import Seen, mark, seen_page
from app.messaging.ways import choose, chosen, kinds_for, ways
from app.screens.rest.calls import answer
from app.screens.rest.jsons import read_body
from app.screens.rest.pipeline import run
from app.screens.rest.problems import invalid

blueprint = Blueprint("api_messaging", __name__, url_prefix="/api/v1/messaging")


@blueprint.get("/notifications")
@access("messaging.notification.read")
def notifications() -> Response:
    """The member's notifications, newest first: `unread=true` for those alone, `before` for the page after a page."""

    def work() -> Response:
        person, _member = member()
        only_unread = request.args.get("unread", "") in ("1", "true")
        found = seen_page(person, only_unread=only_unread, before=request.args.get("before", ""))
        return answer({"data": [_facts(one) for one in found.notices], "next": found.next or None})

    return run(work)


def _facts(seen: Seen) -> dict[str, Any]:
    names = ("id", "kind", "title", "body", "due_at", "read_at", "is_gone")
    return {**{name: getattr(seen, name) for name in names}, "href": seen.href or None}


@blueprint.post("/notifications/read-all")
@access("messaging.notification.mark_read")
def read_all() -> Response:
    """Everything the member was told is read. `{"count": how many were not}`."""

    def work() -> Response:
        person, _member = member()
        return answer({"count": mark(None, person, read=True)})

    return run(work)


@blueprint.get("/preferences")
@access("messaging.notification.read")
def preferences() -> Response:
    """How the member is told of each kind of notice: `{"crm.follow_up_due": ["in_app", "email"], ...}`."""

    def work() -> Response:
        return answer(_preferences())

    return run(work)


@blueprint.patch("/preferences")
@access("messaging.notification.mark_read")
def change_preferences() -> Response:
    """Change some of them; answers all."""

    def work() -> Response:
        person, member_id = member()
        given: Any = read_body()
        known = {notice.key for notice in kinds_for(person)}
        if not isinstance(given, dict):
            raise invalid({"": _("The body must be a JSON object.")})
        errors = {name: _("There is no notice of this kind.") for name in given if name not in known}
        errors |= {name: _list_of_ways() for name, wish in given.items() if not _are_ways(wish)}
        if errors:
            raise invalid(errors)
        for kind, wish in given.items():
            choose(member_id, kind, wish)
        db.session.flush()
        return answer(_preferences())

    return run(work)


def _are_ways(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) and one in registry().channels for one in given)


def _list_of_ways() -> str:
    return str(_("A list of: %(names)s.", names=", ".join(registry().channels)))


def _preferences() -> dict[str, list[str]]:
    person, member_id = member()
    own = chosen(member_id)
    return {notice.key: list(own.get(notice.key, ways(notice.default))) for notice in kinds_for(person)}
