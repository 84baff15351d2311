"""What the kinds of records are called in the lists of imports, exports and saved columns: in the reader's words."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.data import Choice
from app.host import Registry
from app.transfer.exporting import ARCHIVE
from app.transfer.models import Export, Import, ImportMapping


def name_kinds(installed: Registry) -> None:
    """Give the columns words for all that is installed. Called once the registry is whole."""
    entries = [one for one in installed.entries.values() if {"import", "export"} & set(one.verbs)]
    kinds = [Choice(one.key, LazyString(lambda resource=one.resource: resource.plural_words)) for one in entries]
    choices = (*kinds, Choice(ARCHIVE, _l("Archive of everything")))
    for model in (Import, Export, ImportMapping):
        fields = model.__fields__
        model.__fields__ = {**fields, "resource": replace(fields["resource"], choices=choices)}
