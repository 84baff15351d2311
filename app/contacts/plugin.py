"""Contacts: the people and companies a tenant deals with. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click
from flask import Blueprint
from flask_babel import lazy_gettext as _l

from app.contacts import addresses, demo, geocoding, mentions, privacy, services, telling, timeline
from app.contacts.models import (
    Company,
    Consent,
    Contact,
    ContactAddress,
    ContactChannel,
    Note,
    Suppression,
)
from app.contacts.timeline import TimelineEntry
from app.contacts.zones import Zone
from app.data import Record
from app.files.models import Attachment
from app.host import (
    Action,
    Clue,
    Dialect,
    Event,
    Handler,
    Job,
    Metric,
    Panel,
    Permission,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
    Step,
    Timeline,
    hookimpl,
)
from app.host.events import ANY
from app.merging.likeness.warning import alike, similar
from app.screens.targets import check_target
from app.tenancy.models import Tenant

plugin = Plugin("contacts", title=_l("Contacts"), icon="users", order=10, core=True)

_ADDING = {
    "owner": "read create export",
    "admin": "read create export",
    "manager": "read create export",
    "agent": "read create",
    "viewer": "read",
}


@hookimpl
def commands() -> list[click.Command]:
    from app.contacts.commands import import_

    return [import_]


@hookimpl
def metrics() -> list[Metric]:
    return [Metric("contacts", _l("Contacts"), of=Contact), Metric("companies", _l("Companies"), of=Company)]


@hookimpl
def dialects() -> list[Dialect]:
    from app.contacts.importing import address_book

    return [address_book()]


@hookimpl
def first_steps() -> list[Step]:
    title, address = _l("Bring your contacts in"), "/transfer/imports/new?resource=contacts.contact"
    return [Step("contacts", title, address, "contacts.contact.import", Contact, order=10)]


@hookimpl
def resources() -> list[Resource]:
    return [
        _contact(),
        _company(),
        _channel(),
        _address(),
        _zone(),
        _note(),
        _attachment(),
        _consent(),
        _suppression(),
        _timeline(),
    ]


@hookimpl
def records() -> list[type[Record]]:
    return [mentions.NoteMention]


@hookimpl
def events() -> list[type[Event]]:
    return [mentions.MemberMentioned]


@hookimpl
def handlers() -> list[Handler]:
    return [
        Handler(ANY, timeline.tell, "timeline", wanted=timeline.wanted, batch=100),
        Handler("contacts.note_created", mentions.look, "mentions"),
        Handler("contacts.note_updated", mentions.look, "mentions_again"),
    ]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("contacts.privacy.read", _l("Read all that is known of a person"), ())]


@hookimpl
def blueprints() -> list[Blueprint]:
    return [privacy.blueprint]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(privacy.FORGOTTEN, privacy.forget_history, _l("Forget what the audit log says of a person")),
        Job(
            geocoding.LOOK,
            geocoding.geocode,
            _l("Look up where addresses are"),
            priority="low",
            attempts=3,
            keep_days=1,
        ),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("contacts.look_up_addresses", geocoding.LOOK, "7 * * * *", catch_up="skip")]


@hookimpl
def export_contact(contact: Contact) -> Mapping[str, Any]:
    return privacy.export(contact)


@hookimpl
def erase_contact(contact: Contact) -> list[UUID]:
    return privacy.erase(contact)


@hookimpl
def timelines() -> list[Timeline]:
    return telling.timelines()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)


def _contact() -> Resource:
    return Resource(
        Contact,
        title=_l("Contact"),
        plural=_l("Contacts"),
        list="full_name company position tags assigned_to source created_at",
        search="full_name channels.value",
        sections=(
            Section(_l("Person"), "first_name last_name company position birthday tags photo"),
            Section(_l("Work"), "assigned_to source locale timezone external_id"),
        ),
        inlines="channels addresses",
        timeline=True,
        related=(
            Related(Attachment, "target", _l("Files")),
            Related(Consent, "contact", _l("Consent")),
        ),
        panels=(Panel("privacy", _l("Privacy"), _privacy, "contacts.privacy.read"),),
        actions=(
            Action(
                "forget",
                _l("Forget this person"),
                privacy.forget,
                roles=(),
                on="row",
                danger=True,
                confirm=_l("Everything about this person is emptied or deleted, in all parts. It cannot be undone."),
            ),
        ),
        owner_field="assigned_to",
        gallery="photo",
        picker="company position",
        quick_create="first_name",
        imports="full_name",
        before_save=services.complete_contact,
        warn=similar,
        suspects=alike,
        clues=(
            Clue("channels.value_normalised", 60),
            Clue("external_id", 60),
            Clue("full_name", 40, how="name"),
            Clue("birthday", 30, leads=False),
            Clue("company", 30, leads=False),
        ),
        icon="user",
        order=10,
    )


def _privacy(contact: Contact) -> list[tuple[Any, ...]]:
    path = f"/contacts/privacy/{contact.id}"
    return [(_l("Everything that is known of this person"), _l("Download as a file"), path)]


def _company() -> Resource:
    return Resource(
        Company,
        title=_l("Company"),
        plural=_l("Companies"),
        list="name industry size city country owner tags created_at",
        search="name domain",
        sections=(
            Section(_l("Company"), "name domain industry size tags logo"),
            Section(_l("Reach"), "phone email website city country"),
            Section(_l("Work"), "owner external_id"),
        ),
        timeline=True,
        related=(
            Related(Contact, "company", _l("Contacts")),
            Related(Attachment, "target", _l("Files")),
        ),
        owner_field="owner",
        picker="city",
        quick_create="name",
        before_save=services.complete_company,
        warn=similar,
        suspects=alike,
        clues=(
            Clue("domain", 60),
            Clue("external_id", 60),
            Clue("name", 60, how="name"),
            Clue("phone", 40),
            Clue("email", 40),
            Clue("city", 15, leads=False),
        ),
        board="size",
        gallery="logo",
        icon="building",
        order=20,
    )


def _channel() -> Resource:
    return Resource(
        ContactChannel,
        name="channel",
        title=_l("Way to reach"),
        plural=_l("Ways to reach"),
        list="contact kind value label is_primary opt_state",
        before_save=services.complete_channel,
        menu=False,
        custom_fields=False,
    )


def _address() -> Resource:
    return Resource(
        ContactAddress,
        name="address",
        title=_l("Address"),
        plural=_l("Addresses"),
        list="contact label street_address postal_code city country zone is_default",
        before_save=addresses.complete_address,
        menu=False,
        custom_fields=False,
    )


def _zone() -> Resource:
    return Resource(
        Zone,
        title=_l("Zone"),
        plural=_l("Zones"),
        list="name country postal_codes",
        search="name",
        sort="name",
        related=(Related(ContactAddress, "zone", _l("Addresses")),),
        grants={
            "owner": "read create update delete export import",
            "admin": "read create update delete export import",
            "manager": "read create update export",
            "agent": "read",
            "viewer": "read",
        },
        menu="setup",
        custom_fields=False,
        icon="globe",
        order=45,
    )


def _note() -> Resource:
    return Resource(
        Note,
        title=_l("Note"),
        plural=_l("Notes"),
        list="content pinned created_at",
        search="content",
        form="target_type target_id content pinned",
        before_save=check_target,
        menu=False,
        custom_fields=False,
        icon="note",
    )


def _attachment() -> Resource:
    return Resource(
        Attachment,
        title=_l("File"),
        plural=_l("Files"),
        list="name mime size created_at",
        search="name",
        verbs="read delete",
        grants={role: "read delete" if role != "viewer" else "read" for role in _ADDING},
        row_path="/files/",
        add_path="/files/add",
        menu=False,
        custom_fields=False,
        icon="paperclip",
    )


def _consent() -> Resource:
    return Resource(
        Consent,
        title=_l("Consent"),
        plural=_l("Consents"),
        list="contact channel purpose state source at",
        verbs="read create export",
        grants=_ADDING,
        sort="-at",
        calendar="at",
        custom_fields=False,
        icon="check",
        order=40,
    )


def _suppression() -> Resource:
    return Resource(
        Suppression,
        title=_l("Suppressed address"),
        plural=_l("Suppression list"),
        list="value channel reason at",
        search="value",
        verbs="read create export",
        grants=_ADDING,
        sort="-at",
        before_save=services.complete_suppression,
        custom_fields=False,
        icon="ban",
        order=50,
    )


def _timeline() -> Resource:
    return Resource(
        TimelineEntry,
        title=_l("Timeline entry"),
        plural=_l("Timeline"),
        list="at words event_name",
        sort="-at",
        verbs="read",
        grants=dict.fromkeys(_ADDING, "read"),
        menu=False,
        custom_fields=False,
        icon="clock",
    )
