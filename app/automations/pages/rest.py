"""Over REST: setting off an automation that has a button, and trying one. All else are generated calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.automations.buttons import press
from app.automations.dry import try_on
from app.automations.pages.reached import automation, surface_of
from app.identity.access import access
from app.screens.reading.surface import as_uuid
from app.screens.rest.calls import answer
from app.screens.rest.jsons import read_body
from app.screens.rest.pipeline import run
from app.screens.rest.problems import invalid
from app.screens.writing.actions import chosen_rows

blueprint = Blueprint("api_automations", __name__, url_prefix="/api/v1/automations")
MOST_IDS, MOST_TRIED = 1_000, 10


@blueprint.post("/press/<uuid:automation_id>")
@access("automations.button.press")
def press_button(automation_id: UUID) -> Response:
    """Set it off on the records with these `ids`."""

    def work() -> Response:
        row = automation(automation_id)
        ids = _ids(MOST_IDS)
        surface = surface_of(row)
        rows = chosen_rows(surface, ids, None)
        _all_there(ids, [one.id for one in rows])
        try:
            return answer({"message": press(row, surface, rows)})
        except ValueError as error:
            raise invalid({"": str(error)}) from None

    return run(work)


@blueprint.post("/try/<uuid:automation_id>")
@access("automations.automation.update")
def try_it(automation_id: UUID) -> Response:
    """What it would do with the records with these `ids`; nothing of it stays."""

    def work() -> Response:
        row = automation(automation_id)
        tried = try_on(row, _ids(MOST_TRIED))
        return answer({
            "data": [
                {"id": one.record_id, "label": one.label, "ends": one.ends,
                 "steps": [{"kind": kind, "words": words} for kind, words in one.steps]}
                for one in tried
            ]
        })  # fmt: skip

    return run(work)


def _ids(most: int) -> list[UUID]:
    given: Any = read_body()
    if not isinstance(given, dict) or set(given) != {"ids"}:
        raise invalid({"ids": _("Say which records: “ids”.")})
    found = (
        [as_uuid(one) if isinstance(one, str) else None for one in given["ids"]]
        if isinstance(given["ids"], list)
        else []
    )
    ids = [one for one in found if one is not None]
    if not 1 <= len(found) <= most or len(ids) != len(found):
        raise invalid({"ids": _("A list of 1 to %(count)s ids of records.", count=most)})
    return ids


def _all_there(ids: list[UUID], found: list[UUID]) -> None:
    if set(ids) - set(found):
        raise invalid({"ids": _("Some of these records do not exist (any more).")})
