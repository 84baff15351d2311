"""“Why not?”: members ask for themselves, admins for any member, on a page or by REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.features import can
from app.host import Entry, registry
from app.host.extending import is_here
from app.identity.access import SIGNED_IN, access
from app.identity.principal import Principal, principal
from app.identity.replies import problem
from app.installation.explaining import Explanation, explain, field_rules, person_of, row_words, verbs_for, with_scopes
from app.installation.words import verb_words
from app.screens.page import Option
from app.screens.reading.surface import as_uuid
from app.screens.why import MINE
from app.tenancy.models import Membership

blueprint = Blueprint("why", __name__, template_folder="../templates")
MOST_MEMBERS = 500
_NAMES = ("member", "resource", "verb", "record", "scopes")


@blueprint.get("/console/why/")
@access("console.access_rule.read")
def page() -> str:
    """The form, and the answer when it is filled in."""
    asked = _asked()
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


@blueprint.get(MINE)
@access(SIGNED_IN)
def mine() -> str:
    """What the reader may do with a kind of record, why not more, and who can change that."""
    person, asked = _reader(), _asked()
    entry = registry().entries.get(asked["resource"])
    return render_template(
        "installation/why_mine.html",
        title=_("Why not?"),
        what=entry.resource.plural_words if entry is not None else _part_words(asked["resource"]),
        resources=_resources(asked["resource"]),
        asked=asked,
        found=_explained(person, asked) if asked["resource"] else None,
        verb=verb_words(asked["verb"] or "read", entry),
        verbs=verbs_for(entry, person) if entry is not None else {},
        fields=field_rules(entry, person) if entry is not None else None,
        rows=row_words(entry, person) if entry is not None else "",
        may_ask=can("console.access_rule", "read").allowed,
    )


def _reader() -> Principal:
    person = principal()
    return person if person is not None and person.tenant is not None else abort(404)


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:200] for name in _NAMES}


def _part_words(name: str) -> str:
    """What something that is no record is called: a page by its permission, a job, a report; else its plugin."""
    known = registry()
    title = known.parts.get(name) or next(
        (words for key, words in known.contributions.titles.items() if key.startswith(f"{name}.")), None
    )
    return str(title) if title is not None else known.title(name.partition(".")[0]) if name else ""


def _resources(chosen: str) -> list[Option]:
    """What can be asked about: what is on here; what is off only where somebody came from there."""
    known = registry()
    offered = [
        Option(e.key, f"{e.plugin.title}: {_with_state(e)}", e.key == chosen)
        for e in known.entries.values() if e.key == chosen or is_here(e.plugin.name)
    ]  # fmt: skip
    titles = {plugin.name: plugin.title for plugin in known.plugins}
    return offered + [
        Option(name, f"{titles[name.partition('.')[0]]}: {title} ({name})", name == chosen)
        for name, title in known.parts.items()
        if name in known.covering and (name == chosen or is_here(name.partition(".")[0]))
    ]


def _with_state(entry: Entry) -> str:
    words = entry.resource.plural_words
    return words if is_here(entry.plugin.name) else _("%(what)s (off)", what=words)


def _verbs(chosen: str) -> list[Option]:
    here = [entry for entry in registry().entries.values() if is_here(entry.plugin.name)]
    found = {verb: verb_words(verb, entry) for entry in here for verb in entry.verbs}
    return [
        Option(verb, f"{words} ({verb})" if words != verb else verb, verb == chosen) for verb, words in found.items()
    ]


@blueprint.get("/api/v1/console/why")
@access("console.access_rule.read")
def rest() -> Any:
    """`?member=<id>&resource=crm.lead&verb=update&record=<id>` -> allowed, and every check in order. `resource` may
    also be a job, handler, report or timeline, with the verb `run` or `read`; `scopes`, with blanks between, asks as
    with a token of these."""
    asked = _asked()
    if missing := [name for name in _NAMES[:3] if not asked[name]]:
        return _missing(missing)
    found = _answer(asked)
    if found is None:
        abort(404)
    return jsonify(**_said(found), fields={"hidden": list(found.fields.hidden), **_readonly(found)})


@blueprint.get("/api/v1/console/why/mine")
@access(SIGNED_IN)
def rest_mine() -> Any:
    """The same for whoever asks, and for the token they ask with: how many fields are hidden from them, not which."""
    asked = _asked()
    if missing := [name for name in _NAMES[1:3] if not asked[name]]:
        return _missing(missing)
    found = _explained(_reader(), asked)
    return jsonify(**_said(found), fields={"hidden": len(found.fields.hidden), **_readonly(found)})


def _missing(names: list[str]) -> Any:
    detail = _("Please name %(what)s in the address.", what=", ".join(names))
    return problem(422, _("Cannot be used"), detail, "invalid")


def _said(found: Explanation) -> dict[str, Any]:
    steps = [
        {"gate": one.gate, "title": one.title, "passed": one.passed, "reason": one.reason,
         "who_can_change_it": "" if one.passed else one.who}
        for one in found.steps
    ]  # fmt: skip
    refused = found.refusal
    return {"allowed": found.allowed, "refused_by": refused.gate if refused else None, "checks": steps}


def _readonly(found: Explanation) -> dict[str, list[str]]:
    return {"readonly": list(found.fields.readonly)}


def _answer(asked: Mapping[str, str]) -> Explanation | None:
    key = as_uuid(asked["member"])
    member = db.session.scalars(select(Membership).where(Membership.id == key)).one_or_none() if key else None
    if member is None:
        return None
    person = person_of(member)
    return _explained(with_scopes(person, asked["scopes"].split()) if person and asked["scopes"] else person, asked)


def _explained(person: Principal | None, asked: Mapping[str, str]) -> Explanation:
    entry = registry().entries.get(asked["resource"])
    record: UUID | None = as_uuid(asked["record"]) if asked["record"] else None
    return explain(person, entry, asked["resource"], asked["verb"] or "read", record)
