"""`GET /api/v1/search`: one search over everything the caller may read."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.data import db
from app.identity import access
from app.identity.principal import principal
from app.screens.reading import BadArguments
from app.screens.rest.arguments import refuse_unknown
from app.screens.rest.calls import answer
from app.screens.rest.pipeline import run
from app.screens.rest.problems import missing
from app.screens.searching import SIZE, Group, search_everywhere, searchable

blueprint = Blueprint("api_search", __name__, url_prefix="/api/v1")
LARGEST, LONGEST = 20, 200


@blueprint.get("/search")
@access("signed-in")
def search() -> Response:
    """The best few records of each kind: `?q=`, and perhaps `kinds=contacts.contact,...` and `size=`."""

    def work() -> Response:
        person = principal()
        if person is None or person.tenant is None:
            raise missing()
        words, kinds, size = _arguments()
        return answer({"data": [_group(one) for one in search_everywhere(db.session(), words, kinds=kinds, size=size)]})

    return run(work)


def _arguments() -> tuple[str, list[str] | None, int]:
    refuse_unknown(request.args, ("q", "kinds", "size"))
    wrong: dict[str, str] = {}
    words = request.args.get("q")
    if words is None or len(words) > LONGEST:
        wrong["q"] = _("Please give the words to search for, at most %(count)s characters.", count=LONGEST)
    asked = request.args.get("kinds")
    kinds = asked.split(",") if asked else None
    known = {entry.key for entry in searchable()}
    if kinds is not None and not known.issuperset(kinds):
        wrong["kinds"] = _("Possible: %(list)s.", list=", ".join(sorted(known)))
    size = request.args.get("size", str(SIZE))
    if not (size.isascii() and size.isdigit() and 1 <= int(size) <= LARGEST):
        wrong["size"] = _("A number from 1 to %(most)s.", most=LARGEST)
    if wrong:
        raise BadArguments(wrong)
    return (words or "").replace("\x00", " "), kinds, int(size)


def _group(group: Group) -> dict[str, object]:
    hits = [{"id": hit.id, "label": hit.label, "hint": hit.hint, "href": hit.href} for hit in group.hits]
    return {"kind": group.entry.key, "title": group.title, "more": group.more, "results": hits}
