"""The desk's pages: the tray of pinned and recent records, pinning, the density of lists, the sheet of keys."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.data import db
from app.host import registry
from app.identity import access
from app.identity.principal import Principal, principal
from app.identity.replies import safe_target
from app.screens.desk.arrangement import (
    CARDS,
    DENSITIES,
    arrangement,
    note_seen,
    pin,
    rearranged,
    seen_last,
    set_cards,
    silence,
    turn,
)
from app.screens.desk.first_steps import hide, progress_of, sees
from app.screens.desk.keys import key_groups
from app.screens.desk.pins import is_key, named

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("/records")
@access("signed-in")
def records() -> str:
    """Pinned records, and those seen last but the one that is on the screen: `?here=crm.lead:0198...`."""
    person = _person()
    pins = arrangement(person).pins
    recent = seen_last(db.session(), person, request.args.get("here", ""))
    found = named(db.session(), [*pins, *recent])
    return render_template(
        "desk/records.html",
        title=_("Pinned and recent"),
        pinned=[found[key] for key in pins if key in found],
        recent=[found[key] for key in recent if key in found and key not in pins],
    )


@blueprint.post("/pin")
@access("signed-in")
def pin_record() -> Any:
    """Pin the record `key` where `on` is 1, else take its pin away. Only what is within reach can be pinned."""
    key, wanted = request.form.get("key", ""), request.form.get("on") == "1"
    if wanted and not named(db.session(), [key]):
        abort(404)
    return _changed(lambda desk: pin(desk, key, wanted=wanted))


@blueprint.post("/seen")
@access("signed-in")
def seen() -> tuple[str, int]:
    """The page of the record `key` was opened. Whoever may not read it is never told what it is called."""
    key = request.form.get("key", "")
    if not is_key(key):
        abort(422)
    rearranged(db.session(), _person(), lambda desk: note_seen(desk, key))
    db.session.commit()
    return "", 204


@blueprint.post("/density")
@access("signed-in")
def density() -> Any:
    """How much room lists take: `comfortable` or `compact`."""
    chosen = request.form.get("density", "")
    if chosen not in DENSITIES:
        abort(422)
    return _changed(lambda desk: setattr(desk, "density", chosen))


@blueprint.post("/cards")
@access("signed-in")
def cards() -> Any:
    """How large the cards of a resource's gallery are: `small`, `medium` or `large`."""
    key, chosen = request.form.get("resource", ""), request.form.get("cards", "")
    if chosen not in CARDS or key not in registry().entries:
        abort(422)
    return _changed(lambda desk: set_cards(desk, key, chosen))


@blueprint.post("/turn")
@access("signed-in")
def turn_group() -> Any:
    """The `group` of the menu (`crm`, `crm/set-up`) is turned round where `on` is 1, else as usual."""
    group, wanted = request.form.get("group", ""), request.form.get("on") == "1"
    if registry().plugin(group.removesuffix("/set-up")) is None:
        abort(422)
    return _changed(lambda desk: turn(desk, group, wanted=wanted))


@blueprint.post("/single-keys")
@access("signed-in")
def single_keys() -> Any:
    """Single keys work where `on` is 1."""
    wanted = request.form.get("on") != "1"
    return _changed(lambda desk: silence(desk, wanted=wanted))


@blueprint.get("/keys")
@access("signed-in")
def keys() -> str:
    """What can be done with the keyboard."""
    return render_template(
        "desk/keys.html", title=_("Keys"), groups=key_groups(_person()), is_silent=arrangement(_person()).is_silent
    )


@blueprint.get("/first-steps")
@access("signed-in")
def first_steps() -> str:
    """What the tenant has done of its first steps; nothing once all is done, or when they were put away."""
    person = _person()
    lines = progress_of(db.session(), person) if sees(db.session(), person) else []
    done = sum(one.is_done for one in lines)
    shown = lines if done < len(lines) else []
    hide_href = f"{request.script_root}/desk/first-steps/hide"
    return render_template("desk/first_steps.html", title=_("First steps"), lines=shown, done=done, hide_href=hide_href)


@blueprint.post("/first-steps/hide")
@access("signed-in")
def hide_first_steps() -> Any:
    """Put them away, for everybody here."""
    if not sees(db.session(), _person()):
        abort(403)
    hide(db.session())
    db.session.commit()
    return redirect(request.script_root + "/", 303)


def _changed(change: Any) -> Response | tuple[str, int]:
    """Scripts go on where they are; without them the page is loaded again."""
    rearranged(db.session(), _person(), change)
    db.session.commit()
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    return redirect(safe_target(request.form.get("next")) or request.script_root + "/", 303)


def _person() -> Principal:
    """Whoever asks, inside a tenant: elsewhere nobody has a desk."""
    person = principal()
    if person is None or person.tenant is None:
        abort(404)
    return person
