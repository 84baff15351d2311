"""Mailboxes: mail that comes in and goes out, on the pages of those it is with. It is the table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.data import Field, Record
from app.files.models import Attachment
from app.host import (
    Action,
    Event,
    Handler,
    Job,
    Notice,
    Permission,
    Plugin,
    Related,
    Resource,
    Schedule,
    Timeline,
    hookimpl,
)
from app.mailboxes import connecting, demo, fetching, privacy, reach, settled, telling, tidying, timeline, working
from app.mailboxes.happenings import MailReceived, MailSent
from app.mailboxes.models import Mail, Mailbox, MailCopy, MailFolder, MailParty, MailThread
from app.messaging.happenings import MessageSettled
from app.tenancy.models import ROLES, Membership, Tenant

plugin = Plugin("mailboxes", title=_l("E-mail"), icon="mail", order=20, core=True)

_OWN = "read create update delete"
_WORKERS = ("owner", "admin", "manager", "agent")


@hookimpl
def records() -> list[type[Record]]:
    return [MailFolder, MailParty, MailCopy]


@hookimpl
def resources() -> list[Resource]:
    return [_thread(), _mail(), _mailbox()]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("mailboxes.compose.write", _l("Write e-mails"))]


@hookimpl
def events() -> list[type[Event]]:
    return [MailReceived, MailSent]


@hookimpl
def handlers() -> list[Handler]:
    return [Handler(MessageSettled, settled.hear, "settled")]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(fetching.LOOK, fetching.look, _l("Look for new mails"), priority="low", unique=True, keep_days=1),
        Job(fetching.FETCH, fetching.fetch, _l("Fetch mails"), timeout=fetching.TIMEOUT, attempts=3, keep_days=1),
        Job("mailboxes.tidy", tidying.tidy, _l("Mails of no mailbox are removed"), priority="low", keep_days=7),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [
        Schedule("mailboxes.regular_look", fetching.LOOK, "*/3 * * * *", catch_up="skip"),
        Schedule("mailboxes.nightly_tidy", "mailboxes.tidy", "10 4 * * *"),
    ]


@hookimpl
def notices() -> list[Notice]:
    return [
        Notice(telling.RECEIVED, _l("A contact of mine writes to a shared mailbox"), "in_app"),
        Notice(telling.BOUNCED, _l("A mail of mine does not arrive"), "email"),
        Notice(telling.STOPPED, _l("A mailbox does not work any more"), "email"),
    ]


@hookimpl
def timelines() -> list[Timeline]:
    return timeline.timelines()


@hookimpl
def export_contact(contact: Record) -> Mapping[str, Any]:
    return privacy.known_of(contact)


@hookimpl
def erase_contact(contact: Record) -> list[UUID]:
    return privacy.forget(contact)


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)


def _thread() -> Resource:
    return Resource(
        MailThread,
        name="thread",
        title=_l("Conversation"),
        plural=_l("Inbox"),
        list="who subject excerpt is_unread is_waiting assigned_to mailbox last_at",
        search="who subject",
        sort="-last_at",
        verbs="read",
        grants=dict.fromkeys(ROLES, "read"),
        row_rule=reach.readable_threads,
        actions=(
            Action("mark_read", _l("Mark as read"), working.mark_read, icon="check", applies=lambda row: row.is_unread),
            Action(
                "mark_unread", _l("Mark as unread"), working.mark_unread, icon="restore",
                applies=lambda row: not row.is_unread,
            ),
            Action(
                "mark_done", _l("Needs no answer"), working.mark_done, icon="check",
                applies=lambda row: row.is_waiting,
            ),
            Action(
                "assign", _l("Assign"), working.assign, icon="person",
                parameters={"member": Field("belongs_to", "member", _l("To whom"), target=lambda: Membership)},
            ),
        ),
        row_path="/mailboxes/threads/",
        everywhere=False,
        custom_fields=False,
        icon="inbox",
        order=10,
    )  # fmt: skip


def _mail() -> Resource:
    return Resource(
        Mail,
        title=_l("E-mail"),
        plural=_l("E-mails"),
        list="from_email subject direction kind at",
        search="subject people",
        sort="-at",
        verbs="read export",
        grants=dict.fromkeys(ROLES, "read") | dict.fromkeys(("owner", "admin"), "read export"),
        row_rule=reach.readable_mails,
        related=(Related(Attachment, "target", _l("Files")),),
        row_path="/mailboxes/mails/",
        custom_fields=False,
        icon="mail",
        order=20,
    )


def _mailbox() -> Resource:
    return Resource(
        Mailbox,
        title=_l("Mailbox"),
        plural=_l("Mailboxes"),
        list="email owner audience is_active state has_password fetched_at last_error",
        search="email",
        form=(
            "email owner audience host port security username account folders since signature makes_contacts is_active"
        ),
        grants=dict.fromkeys(("owner", "admin"), _OWN) | dict.fromkeys(("manager", "agent"), _OWN),
        verbs=_OWN,
        owner_field="owner",
        scopes={"manager": "own", "agent": "own"},
        before_save=connecting.check_mailbox,
        actions=(
            Action(
                "set_password", _l("Set the password"), connecting.set_password, roles=_WORKERS, on="row", icon="key",
                parameters={"password": connecting.PASSWORD},
            ),
            Action("try_it", _l("Try it"), connecting.try_it, roles=_WORKERS, on="row", icon="check"),
            Action(
                "fetch_now", _l("Fetch now"), connecting.fetch_now, roles=_WORKERS, icon="download",
                applies=lambda row: row.is_active,
            ),
        ),
        everywhere=False,
        custom_fields=False,
        icon="settings",
        order=30,
        menu="setup",
    )  # fmt: skip
