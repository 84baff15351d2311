"""“Why not?”: an admin asks why a member may not do something, on a page or by REST."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.host import registry
from app.identity.access import access
from app.identity.replies import problem
from app.installation.explaining import Explanation, explain
from app.installation.words import verb_words
from app.screens.page import Option
from app.screens.reading.surface import as_uuid
from app.tenancy.models import Membership

blueprint = Blueprint("why", __name__, template_folder="../templates")
MOST_MEMBERS = 500


@blueprint.get("/console/why/")
@access("console.access_rule.read")
def page() -> str:
    """The form, and the answer when it is filled in."""
    asked = {name: request.args.get(name, "") for name in ("member", "resource", "verb", "record")}
    members = db.session.execute(
        select(Membership.id, Membership.name, Membership.email).order_by(Membership.name).limit(MOST_MEMBERS)
    )
    found = _answer(asked) if asked["member"] and asked["resource"] else None
    return render_template(
        "installation/why.html",
        title=_("Why not?"),
        members=[Option(str(key), f"{name} ({email})", str(key) == asked["member"]) for key, name, email in members],
        resources=_resources(asked["resource"]),
        verbs=_verbs(asked["verb"]),
        asked=asked,
        found=found,
    )


def _resources(chosen: str) -> list[Option]:
    entries = registry().entries.values()
    offered = [Option(e.key, f"{e.plugin.title}: {e.resource.plural_words}", e.key == chosen) for e in entries]
    titles = {plugin.name: plugin.title for plugin in registry().plugins}
    return offered + [
        Option(name, f"{titles[name.partition('.')[0]]}: {title} ({name})", name == chosen)
        for name, title in registry().parts.items()
        if name in registry().covering
    ]


def _verbs(chosen: str) -> list[Option]:
    found = {verb: verb_words(verb, e) for e in registry().entries.values() for verb in e.verbs}
    return [
        Option(verb, f"{words} ({verb})" if words != verb else verb, verb == chosen) for verb, words in found.items()
    ]


@blueprint.get("/api/v1/console/why")
@access("console.access_rule.read")
def rest() -> Any:
    """`?member=<id>&resource=crm.lead&verb=update&record=<id>` -> allowed, and every check in order. `resource` may
    also be a job, handler, report or timeline, with the verb `run` or `read`."""
    names = ("member", "resource", "verb", "record")
    asked = {name: request.args.get(name, "") for name in names}
    missing = [name for name in names[:3] if not asked[name]]
    if missing:
        detail = _("Please name %(what)s in the address.", what=", ".join(missing))
        return problem(422, _("Cannot be used"), detail, "invalid")
    found = _answer(asked)
    if found is None:
        abort(404)
    steps = [
        {"gate": one.gate, "title": one.title, "passed": one.passed, "reason": one.reason,
         "who_can_change_it": "" if one.passed else one.who}
        for one in found.steps
    ]  # fmt: skip
    refused = found.refusal
    return jsonify(allowed=found.allowed, refused_by=refused.gate if refused else None, checks=steps)


def _answer(asked: dict[str, str]) -> Explanation | None:
    key = as_uuid(asked["member"])
    member = db.session.scalars(select(Membership).where(Membership.id == key)).one_or_none() if key else None
    if member is None:
        return None
    entry = registry().entries.get(asked["resource"])
    record = as_uuid(asked["record"]) if asked["record"] else None
    return explain(member, entry, asked["resource"], asked["verb"] or "read", record)
