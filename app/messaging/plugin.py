"""Messaging: what people are told, and the mail that leaves the house. From top to bottom the table of contents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.data import Record
from app.host import Action, Channel, Event, Handler, Job, Notice, Plugin, Related, Resource, Schedule, hookimpl
from app.messaging import (
    accounts,
    by_mail,
    mailing,
    mentions,
    notifying,
    outbox,
    outgoing,
    reading,
    sending,
    tidying,
    watching,
    wording,
)
from app.messaging.happenings import MessageSettled
from app.messaging.models import (
    PENDING,
    ChannelAddress,
    CommunicationTemplate,
    EmailAccount,
    NoticePreference,
    Notification,
    OutboundMessage,
    SendQuota,
)
from app.tenancy.models import ROLES

plugin = Plugin("messaging", title=_l("Messages"), icon="mail", order=900, core=True)

_ALL = "read create update delete export import"
_ADMINS = dict.fromkeys(("owner", "admin"), _ALL)
_READERS = dict.fromkeys(("owner", "admin"), "read export")
_EVERYBODY = dict.fromkeys(ROLES, "read")


@hookimpl
def records() -> list[type[Record]]:
    return [NoticePreference, ChannelAddress, SendQuota]


@hookimpl
def resources() -> list[Resource]:
    return [_notification(), _outgoing(), _account(), _template()]


@hookimpl
def events() -> list[type[Event]]:
    return [MessageSettled]


@hookimpl
def handlers() -> list[Handler]:
    return [
        Handler(mentions.EVENT, mentions.tell_mentioned, "mentions"),
        Handler("webhooks.endpoint_disabled", watching.tell_of_endpoint),
    ]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(outbox.JOB, sending.send_message, _l("Send a message"), timeout=sending.TIMEOUT, keep_days=1),
        Job(notifying.MAIL_JOB, mailing.mail_notices, _l("Mail notifications"), keep_days=1),
        Job("messaging.digest", mailing.mail_digests, _l("Mail the notifications of a day"), keep_days=7),
        Job(accounts.SWEEP, outgoing.sweep, _l("Look for messages that were left"), priority="low", keep_days=1),
        Job("messaging.tidy", tidying.tidy, _l("Old notifications are removed"), priority="low", keep_days=1),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [
        Schedule("messaging.daily_digest", "messaging.digest", "0 8 * * *"),
        Schedule("messaging.hourly_sweep", accounts.SWEEP, "23 * * * *"),
        Schedule("messaging.nightly_tidy", "messaging.tidy", "40 3 * * *"),
    ]


@hookimpl
def channels() -> list[Channel]:
    return [
        Channel("in_app", _l("In the app")),
        Channel("digest", _l("In a daily e-mail"), daily="email"),
        Channel(
            "email", _l("By e-mail"), opened=by_mail.opened, address=by_mail.own_address, kind="email",
            missing=by_mail.missing, letter=True,
        ),
    ]  # fmt: skip


@hookimpl
def notices() -> list[Notice]:
    return [
        Notice(mentions.MENTIONED, _l("Somebody mentions me in a note"), "email"),
        Notice(watching.WEBHOOK_DISABLED, _l("A webhook endpoint is switched off"), "email"),
    ]


def _notification() -> Resource:
    return Resource(
        Notification,
        title=_l("Notification"),
        plural=_l("Notifications"),
        list="kind target_type due_at read_at",
        sort="-due_at",
        verbs="read",
        grants=_EVERYBODY,
        row_rule=reading.own_notices,
        actions=(
            Action("mark_read", _l("Mark as read"), reading.mark_read, roles=ROLES, icon="check"),
            Action("mark_unread", _l("Mark as unread"), reading.mark_unread, roles=ROLES, icon="restore"),
        ),
        row_path="/messaging/notifications/",
        menu=False,
        everywhere=False,
        custom_fields=False,
        icon="bell",
    )


def _outgoing() -> Resource:
    return Resource(
        OutboundMessage,
        name="outgoing",
        title=_l("Outgoing message"),
        plural=_l("Outgoing messages"),
        list="subject recipient state error attempts not_before sent_at",
        search="recipient subject",
        verbs="read export",
        grants=_READERS,
        actions=(
            Action(
                "send_again", _l("Send again"), outgoing.send_again, roles=(), icon="restore",
                confirm=_l("What was “perhaps sent” may arrive twice."),
                applies=lambda row: row.state in outgoing.STUCK,
            ),
            Action(
                "call_off", _l("Do not send"), outgoing.call_off, roles=(), icon="ban", danger=True,
                applies=lambda row: row.state == PENDING,
            ),
        ),
        board="state",
        everywhere=False,
        custom_fields=False,
        icon="mail",
        order=10,
    )  # fmt: skip


def _account() -> Resource:
    return Resource(
        EmailAccount,
        name="email_account",
        title=_l("E-mail account"),
        plural=_l("E-mail accounts"),
        list="email host is_active is_default has_password last_error",
        form="email sender_name host port security username daily_limit is_active is_default",
        verbs="read create update delete export",
        grants=dict.fromkeys(("owner", "admin"), "read create update delete export"),
        before_save=accounts.check_account,
        related=(Related(OutboundMessage, "account", _l("Outgoing messages")),),
        actions=(
            Action(
                "set_password", _l("Set the password"), accounts.set_password, roles=(), on="row", icon="key",
                parameters={"password": accounts.PASSWORD},
            ),
            Action(
                "send_test", _l("Send a test"), accounts.send_test, roles=(), on="row", icon="send",
                applies=lambda row: row.is_active,
            ),
        ),
        everywhere=False,
        custom_fields=False,
        icon="mail",
        order=20,
    )  # fmt: skip


def _template() -> Resource:
    return Resource(
        CommunicationTemplate,
        name="template",
        title=_l("Message template"),
        plural=_l("Message templates"),
        list="key language channel subject category is_active",
        search="key subject",
        form="channel key language subject body variables category is_active",
        grants=_ADMINS | {"manager": _ALL, "agent": "read"},
        verbs=_ALL,
        before_save=wording.check_template,
        actions=(
            Action("preview", _l("Show with samples"), wording.preview, roles=("manager",), on="row", icon="info"),
            Action(
                "send_sample", _l("Send me a sample"), wording.send_sample, roles=("manager",), on="row", icon="send",
                applies=lambda row: row.channel == "email",
            ),
        ),
        everywhere=False,
        custom_fields=False,
        icon="note",
        order=30,
    )  # fmt: skip
