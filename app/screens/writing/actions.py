"""Running an `Action` on ticked rows or on all rows that match a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.audit import note
from app.audit.values import SECRET, plain
from app.data import Field, Record
from app.host import Action, FieldError
from app.screens.kinds import kind_of
from app.screens.reading.listing import select_rows
from app.screens.reading.request import ListRequest
from app.screens.reading.surface import Surface
from app.screens.writing.saving import Invalid, NotAllowed, in_words, no_such_record, reaches
from app.screens.writing.submission import Submission, _posted

ALL_LIMIT = 10_000


def chosen_rows(
    surface: Surface, ids: Sequence[UUID] | None, request: ListRequest | None, *, trash: bool = False
) -> list[Record]:
    """The rows meant, in one statement: those ticked, or all that match the list. Rows out of reach are not among
    them."""
    statement = surface.rows(trash=trash)
    if ids is not None:
        statement = statement.where(surface.model.id.in_(ids))
    elif request is not None:
        statement = select(surface.model).where(*select_rows(surface, request).where)
    rows = list(surface.session.scalars(statement.order_by(surface.model.id).limit(ALL_LIMIT + 1)))
    if len(rows) > ALL_LIMIT:
        raise NotAllowed(_("At most %(count)s records at once: please narrow the list.", count=ALL_LIMIT))
    return rows


def read_parameters(action: Action, source: Any, *, json: bool) -> Submission:
    """The action's parameters from a form (`json` false) or a JSON object. Errors are in the result."""
    result = Submission()
    for name, declared in action.parameters.items():
        found = declared.named(name, declared.required)
        if not json:
            result.take(name, found, _posted(source, name, found) or "")
            continue
        try:
            given = source.get(name)
            value = None if given is None else kind_of(found).load(found, given)
            if value is None and found.required:
                raise ValueError(_("Please fill in “%(field)s”.", field=found.words))
            result.values[name] = value
        except ValueError as error:
            result.errors[name] = str(error)
    if json:
        for name in set(source) - set(action.parameters) - {"ids", "all", "filter"}:
            result.errors[name] = _("There is no field of this name.")
    return result


def run_action(surface: Surface, action: Action, rows: Sequence[Record], parameters: Submission) -> str | None:
    """Run it. Raises Invalid for a parameter at fault, NotAllowed when the action refuses; the caller rolls back
    then."""
    _check_parameters(surface, action, parameters)
    if not parameters.is_valid:
        raise Invalid(parameters)
    try:
        message = action.run(list(rows), **parameters.values)
        surface.session.flush()
        _tell(surface, action, rows, parameters)
    except FieldError as error:
        parameters.errors |= error.errors
        raise Invalid(parameters) from None
    except ValueError as error:
        raise NotAllowed(str(error)) from None
    except IntegrityError as error:
        raise NotAllowed(in_words(error, surface.model)[1]) from None
    return None if message is None else str(message)


def _check_parameters(surface: Surface, action: Action, parameters: Submission) -> None:
    """A record that is chosen must be within this person's reach, in the same words as one that does not exist."""
    for name, found in parameter_fields(action).items():
        value = parameters.values.get(name)
        if found.kind == "belongs_to" and value is not None and not reaches(surface, found, value):
            parameters.errors[name] = no_such_record(found)


def _tell(surface: Surface, action: Action, rows: Sequence[Record], parameters: Submission) -> None:
    """The audit log calls what was done by the action's name, with what it was given."""
    details = {
        name: SECRET if found.secret else plain(parameters.values.get(name))
        for name, found in action.parameters.items()
        if parameters.values.get(name) is not None
    }
    for row in rows:
        note(f"{surface.entry.key}.{action.name}", row, details, session=surface.session)


def parameter_fields(action: Action) -> dict[str, Field]:
    """The fields of an action's form, named."""
    return {name: declared.named(name, declared.required) for name, declared in action.parameters.items()}
