"""For pages of plugins: records as the person at hand reaches them, and actions as that person would run them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from app.data import Record, db
from app.host import registry
from app.host.at_work import need_records, plugin_at_work
from app.host.borders import given
from app.screens.reading import Surface
from app.screens.writing import Invalid, NotAllowed, Submission, run_action


class Reached(Surface):
    """A surface in a plugin's hands, which puts the conditions into statements of its own."""

    def conditions(self, *, trash: bool = False) -> list[ColumnElement[bool]]:
        """What every row this person reaches must meet."""
        found = super().conditions(trash=trash)
        return [one for each in found for one in ([each] if self.is_plain([each]) else given([each]))]


def reach(model: type[Record]) -> Surface:
    """The records of a kind as the person at hand sees them: `may("read")` asks the gate, `conditions()` narrows a
    statement to what they reach, `get(id)` finds one. Raises KeyError for a model without a resource,
    NotDeclared for one of another plugin that the manifest does not name."""
    entry = registry().by_model[model]
    need_records(entry.key)
    return Reached(entry, db.session()) if plugin_at_work() else Surface(entry, db.session())


def act(model: type[Record], record_id: UUID | str, name: str, **parameters: Any) -> str:
    """Run the action `name` on one record in the name of the person at hand: gate, reach and audit log as everywhere.

    Returns what there is to say. Flushes; the edge commits. Raises LookupError for a record that this person does not
    reach, ValueError with a sentence when it may not be or the action refuses.
    """
    surface = reach(model)
    action = surface.entry.actions[name]
    if not surface.may(name):
        raise ValueError(_("None of your roles here allows this. An owner or admin can change that."))
    row = surface.get(record_id, lock=True)
    if row is None:
        raise LookupError(f"There is no {surface.entry.key} {record_id} within reach.")
    try:
        return run_action(surface, action, [row], Submission(values=parameters)) or ""
    except NotAllowed as error:
        raise ValueError(str(error)) from None
    except Invalid as error:
        raise ValueError(" ".join(error.submission.errors.values())) from None
