"""Leads of advertising platforms: Meta's lead ads and Google's lead forms. Read from top to bottom, it is the table of
contents."""

from __future__ import annotations

from app.sdk import Action, Field, Job, Needs, Plugin, Related, Resource, Section, WebhookIn, _l, hookimpl
from plugins.lead_ads import connecting, fetching, google, keys, meta
from plugins.lead_ads.models import AdAccount, AdForm, AdLead

plugin = Plugin(
    "lead_ads", title=_l("Lead ads"), summary=_l("Leads of Meta's lead ads and Google's lead forms"), icon="globe",
    order=825, requires=("crm",), needs=Needs(hosts=("graph.facebook.com",), secrets=True),
)  # fmt: skip
_ALL = "read create update delete export"
_ADMINS = {"owner": _ALL, "admin": _ALL, "manager": "read"}
_READERS = {"owner": "read export", "admin": "read export", "manager": "read"}


@hookimpl
def resources() -> list[Resource]:
    return [_account(), _form(), _lead()]


def _account() -> Resource:
    shown = "name platform page_id form"
    known = "address has_secret has_token last_lead_at last_test_at problem"
    return Resource(
        AdAccount,
        name="account",
        title=_l("Advertising account"),
        plural=_l("Advertising accounts"),
        list="name platform form last_lead_at problem created_at",
        search="name",
        sections=(Section(_l("Advertising account"), shown),),
        detail=(Section(_l("Advertising account"), shown), Section(_l("Connection"), known)),
        inlines="forms",
        related=(Related(AdLead, "account", _l("Leads of the platform")),),
        verbs=_ALL,
        grants=_ADMINS,
        before_save=connecting.complete_account,
        actions=(
            Action(
                "connect", _l("New address and key"), connecting.connect, roles=(), on="row", icon="link",
                tells_secret=True,
                confirm=_l("A new address and key are made and shown once; older ones stop working."),
            ),
            Action(
                "keep_keys", _l("Set the platform's keys"), keys.keep_keys, roles=(), on="row", icon="key",
                parameters={
                    "app_secret": Field("text", label=_l("App secret"), secret=True, max_length=200),
                    "access_token": Field("text", label=_l("Access token of the page"), secret=True, max_length=1000),
                },
                applies=lambda row: row.platform == "meta",
            ),
            Action(
                "back_fill", _l("Fetch missed leads"), fetching.ask, roles=("manager",), on="row", icon="download",
                parameters={
                    "since": Field("day", label=_l("From"), required=True),
                    "until": Field("day", label=_l("Until"), required=True),
                },
                applies=lambda row: row.platform == "meta",
            ),
        ),
        custom_fields=False,
        icon="globe",
        order=10,
        menu="setup",
    )  # fmt: skip


def _form() -> Resource:
    return Resource(
        AdForm,
        name="form",
        title=_l("Form of the platform"),
        plural=_l("Forms of the platform"),
        list="account platform_form form",
        form="account platform_form form",
        verbs="read create update delete",
        grants={"owner": "read create update delete", "admin": "read create update delete", "manager": "read"},
        before_save=connecting.complete_form,
        menu=False,
        custom_fields=False,
    )


def _lead() -> Resource:
    return Resource(
        AdLead,
        name="lead",
        title=_l("Lead of the platform"),
        plural=_l("Leads of the platform"),
        list="external_id account state problem attempts created_at",
        search="external_id",
        verbs="read export",
        grants=_READERS,
        actions=(
            Action(
                "again", _l("Fetch again"), fetching.again, roles=("manager",), icon="restore",
                applies=lambda row: row.state == "failed",
            ),
        ),
        board="state",
        custom_fields=False,
        everywhere=False,
        icon="inbox",
        order=20,
        menu="setup",
    )  # fmt: skip


@hookimpl
def webhooks_in() -> list[WebhookIn]:
    return [
        WebhookIn("meta", meta.verify, meta.secrets, meta.split, fetching.note, meta.challenge),
        WebhookIn("google", google.verify, google.secrets, google.split, google.process),
    ]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(fetching.FETCH, fetching.fetch, _l("Fetch a lead of an advertising platform"), timeout=120, keep_days=1),
        Job(fetching.BACK_FILL, fetching.back_fill, _l("Fetch missed leads"), timeout=3600),
    ]
