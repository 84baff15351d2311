"""The records that custom fields and access rules may be for, as admins choose them."""

from __future__ import annotations

from flask import Flask

from app.data.choices import give_choices
from app.features.access_rules import RULED
from app.host import Registry
from app.host.custom_fields import TAKERS
from app.host.kinds import kinds_of_records


def name_records(app: Flask, installed: Registry) -> None:
    """Give both fields the words for all that is installed; forms offer what is on."""
    give_choices(app, TAKERS, kinds_of_records(installed, lambda one: one.resource.custom_fields))
    give_choices(app, RULED, kinds_of_records(installed, lambda one: True))
