"""What the kinds of records are called in the lists of imports, exports and saved columns: in the reader's words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.data import Choice
from app.data.choices import give_choices
from app.host import Registry
from app.host.kinds import kinds_of_records
from app.transfer.exporting import ARCHIVE
from app.transfer.models import KINDS


def name_kinds(app: Flask, installed: Registry) -> None:
    """Give the columns words for all that is installed; lists and filters offer the kinds of plugins that are on."""
    moved = kinds_of_records(installed, lambda one: bool({"import", "export"} & set(one.verbs)))
    give_choices(app, KINDS, [*moved, Choice(ARCHIVE, _l("Archive of everything"))])
