"""The address of one's own calendar: made, shown once, taken back; and the calendar behind it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.sdk import _, access, session
from plugins.crm.services import feeds, people

blueprint = Blueprint("crm_feed", __name__, url_prefix="/crm", template_folder="../templates")
CALENDAR = "/crm/public/calendar.ics"


@blueprint.get("/calendar-feed/")
@access("crm.appointment.read")
def page() -> str:
    """Whether there is an address, and when it was last read."""
    me = people.my_membership()
    return render_template("crm/feed.html", feed=feeds.current(me) if me else None, address="")


@blueprint.post("/calendar-feed/")
@access("crm.appointment.read")
def change() -> str | AnyResponse:
    """`do=make` shows a new address, this once; `do=revoke` ends the one there is."""
    me = people.my_membership()
    if me is None or request.form.get("do") not in ("make", "revoke"):
        abort(400)
    if request.form["do"] == "revoke":
        feeds.revoke(me)
        session.commit()
        flash(_("Your calendar has no address any more."), "success")
        return redirect(f"{request.script_root}/crm/calendar-feed/", 303)
    key = feeds.new_key(me)
    session.commit()
    address = f"{request.host_url.rstrip('/')}{request.script_root}{CALENDAR}?key={key}"
    return render_template("crm/feed.html", feed=feeds.current(me), address=address)


@blueprint.get("/public/calendar.ics")
@access("public")
def calendar() -> Response:
    """For calendar programs, which know nothing but the address. A wrong key finds nothing."""
    found = feeds.read(request.args.get("key", ""))
    if found is None:
        abort(404)
    session.commit()
    answer = Response(found, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return answer
