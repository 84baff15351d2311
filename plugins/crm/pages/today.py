"""The page of the day: one queue, worked off by keyboard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.sdk import _, access, act, reach, session, utcnow
from plugins.crm.models import Appointment, Lead, Task
from plugins.crm.services import reaching, today

blueprint = Blueprint("crm_today", __name__, url_prefix="/crm/today", template_folder="../templates")

GROUPS = {
    today.NOW: _l("Now"),
    today.OVERDUE: _l("Overdue"),
    today.LATER: _l("Later today"),
    today.NEW: _l("Nobody's yet"),
    today.STALE: _l("Left alone"),
}


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done with an item: a button and a key. `action` is one of the record's own actions."""

    name: str
    label: Any
    key: str
    model: Any
    action: str
    parameters: tuple[tuple[str, Any], ...] = ()
    icon: str = ""


def _later(model: Any, action: str) -> tuple[Verb, ...]:
    return (
        Verb("tomorrow", _l("Tomorrow"), "s", model, action, (("when", "tomorrow"),), "clock"),
        Verb("next_week", _l("Next week"), "w", model, action, (("when", "next_week"),), "clock"),
    )


_FOLLOWED_UP = Verb("done", _l("Done"), "d", Lead, "followed_up", icon="check")
VERBS: dict[str, tuple[Verb, ...]] = {
    "follow_up": (_FOLLOWED_UP, *_later(Lead, "follow_up")),
    "answer": (Verb("done", _l("Answered"), "d", Lead, "answered", icon="check"),),
    "task": (Verb("done", _l("Done"), "d", Task, "finish", icon="check"), *_later(Task, "put_off")),
    "appointment": (
        Verb("done", _l("It took place"), "d", Appointment, "held", icon="check"),
        Verb("no_answer", _l("No answer"), "n", Appointment, "no_answer", icon="phone"),
    ),
    "unassigned": (Verb("take", _l("Take it"), "d", Lead, "take", icon="person"),),
    "stale": (_FOLLOWED_UP, *_later(Lead, "follow_up")),
}
PATHS = {"task": "task", "appointment": "appointment"}


@blueprint.get("/")
@access("crm.lead.read")
def page() -> str:
    """What the person at hand should do next, and why."""
    found = today.queue(utcnow())
    groups = [(str(GROUPS[group]), list(items)) for group, items in groupby(found.items, lambda item: item.group)]
    ways = reaching.ways_of({item.contact for item in found.items if item.contact is not None})
    return render_template(
        "crm/today.html", groups=groups, verbs=_verbs(), more=found.more, hrefs=_hrefs(), ways=ways
    )  # fmt: skip


def _verbs() -> dict[str, tuple[tuple[str, str, str, str], ...]]:
    """The buttons by kind of item: those that the person at hand may press."""
    may = {model: reach(model).may for model in (Lead, Task, Appointment)}
    return {
        kind: tuple((one.name, str(one.label), one.key, one.icon) for one in several if may[one.model](one.action))
        for kind, several in VERBS.items()
    }


def _hrefs() -> dict[str, str]:
    return {kind: f"{request.script_root}/crm/{PATHS.get(kind, 'lead')}/" for kind in VERBS}


@blueprint.post("/")
@access("crm.lead.read")
def work() -> Response:
    """`item=<kind>:<id>` and `do=<verb>`: done, put off, taken. What may not be is said, and nothing is changed."""
    kind, _colon, record_id = request.form.get("item", "").partition(":")
    verb = next((one for one in VERBS.get(kind, ()) if one.name == request.form.get("do")), None)
    if verb is None:
        abort(400)
    try:
        said = act(verb.model, record_id, verb.action, **dict(verb.parameters))
        session.commit()
        flash(said or _("%(what)s: done.", what=verb.label), "success")
    except LookupError:
        session.rollback()
        flash(_("This is gone, or somebody else has it now."), "warning")
    except ValueError as error:
        session.rollback()
        flash(str(error), "error")
    return redirect(f"{request.script_root}/crm/today/", 303)
