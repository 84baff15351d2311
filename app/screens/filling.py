"""For plugins: a record from texts that come from outside, through every check that a form makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.data import Field, Record, db
from app.host import registry
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.writing import Invalid, NotAllowed, Submission, save


class Unfit(ValueError):
    """Some of the texts cannot be used: `errors` are sentences by the name of the field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def fill(model: type[Record], texts: Mapping[str, str], record: Record | None = None, **values: Any) -> Record:
    """Save a new record, or change one, with texts as a person would type them, by name of field (`custom.vat`), and
    with `values` that are typed already (`contact=contact.id`).

    Works in the name of whoever is at hand; in a job of nobody's, of the tenant. Doubts are not asked. Flushes; the
    edge commits. Raises Unfit; nothing is kept then when the caller rolls back (to a savepoint, for example).
    """
    surface = Surface(registry().by_model[model], db.session())
    submission = Submission(values=dict(values), confirmed=True)
    for name, text in texts.items():
        field = surface.fields.get(name)
        try:
            submission.values[name] = read_text(field, text)
        except ValueError as error:
            submission.errors[name] = str(error)
    try:
        return save(surface, submission, record)
    except Invalid as refused:
        raise Unfit(refused.submission.errors) from None
    except NotAllowed as refused:
        raise Unfit({"": str(refused)}) from None


def read_text(field: Field | None, text: str) -> Any:
    """The value that a text means in a field; None for an empty one. Raises ValueError with a sentence."""
    if field is None:
        raise ValueError(_("There is no field of this name."))
    if not text.strip():
        return [] if field.kind == "tags" else None
    return kind_of(field).parse(field, text)


def fields_of(model: type[Record]) -> dict[str, Field]:
    """The fields of a resource's records that can be filled in, the tenant's own ones among them."""
    return Surface(registry().by_model[model], db.session()).editable(is_new=True)
