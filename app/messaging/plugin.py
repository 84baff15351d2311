"""Messaging: what people are told, and the mail that leaves the house. From top to bottom the table of contents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.data import Record
from app.host import Action, Notice, Plugin, Resource, hookimpl
from app.messaging import reading
from app.messaging.models import NoticePreference, Notification, SendQuota
from app.tenancy.models import ROLES

plugin = Plugin("messaging", title=_l("Messages"), icon="mail", order=900, core=True)

_EVERYBODY = dict.fromkeys(ROLES, "read")


@hookimpl
def records() -> list[type[Record]]:
    return [NoticePreference, SendQuota]


@hookimpl
def resources() -> list[Resource]:
    return [_notification()]


@hookimpl
def notices() -> list[Notice]:
    return [
        Notice("messaging.mentioned", _l("Somebody mentions me in a note"), "email"),
        Notice("messaging.webhook_disabled", _l("A webhook endpoint is switched off"), "email"),
    ]


def _notification() -> Resource:
    return Resource(
        Notification,
        title=_l("Notification"),
        plural=_l("Notifications"),
        list="title kind due_at read_at",
        sort="-due_at",
        verbs="read",
        grants=_EVERYBODY,
        row_rule=reading.own_notices,
        actions=(
            Action("mark_read", _l("Mark as read"), reading.mark_read, roles=ROLES, icon="check"),
            Action("mark_unread", _l("Mark as unread"), reading.mark_unread, roles=ROLES, icon="restore"),
        ),
        menu=False,
        everywhere=False,
        custom_fields=False,
        icon="bell",
    )
