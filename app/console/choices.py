"""The records that custom fields and access rules may be for, as admins choose them."""

from __future__ import annotations

from flask import Flask

from app.data.choices import give_choices
from app.features.access_rules import RULED
from app.host import Entry, Registry
from app.host.custom_fields import LINKED, TAKERS
from app.host.kinds import kinds_of_records
from app.tenancy.models import Membership


def name_records(app: Flask, installed: Registry) -> None:
    """Give the fields the words for all that is installed; forms offer what is on."""
    give_choices(app, TAKERS, kinds_of_records(installed, lambda one: one.resource.custom_fields))
    give_choices(app, LINKED, kinds_of_records(installed, lambda one: is_linked(installed, one)))
    give_choices(app, RULED, kinds_of_records(installed, lambda one: True))


def is_linked(installed: Registry, entry: Entry) -> bool:
    """May custom fields lead to these records? To members, and to what people add to and is no part of others."""
    return entry.model is Membership or (entry.resource.custom_fields and entry.model not in installed.homes)
