"""Automations: what happens by itself, and the log of it. Read from top to bottom: the table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.automations import checking, clock, privacy, running, starting, tidying, timeline, triggers
from app.automations.models import FAILED, HELD, Automation, AutomationOutcome, AutomationRun, AutomationStep
from app.automations.steps import telling
from app.data import Record
from app.host import (
    Action,
    Handler,
    Job,
    Notice,
    Page,
    Permission,
    Plugin,
    Related,
    Resource,
    Schedule,
    Timeline,
    hookimpl,
)
from app.host.events import ANY
from app.tenancy.models import ROLES

plugin = Plugin("automations", title=_l("Automations"), icon="bolt", order=905, core=True)

_ADMINS = dict.fromkeys(("owner", "admin"), "read create update delete export")
_READERS = dict.fromkeys(("owner", "admin"), "read export")


@hookimpl
def resources() -> list[Resource]:
    return [_automation(), _step(), _run(), _outcome()]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("automations.button.press", _l("Set off an automation that has a button"))]


@hookimpl
def handlers() -> list[Handler]:
    return [Handler(ANY, triggers.hear, "hear", wanted=triggers.wanted)]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(starting.JOB, running.run, _l("Run an automation"), timeout=300, keep_days=1),
        Job(clock.LOOK, clock.look, _l("Look which automations are due"), priority="low", keep_days=1),
        Job(tidying.SWEEP, tidying.sweep, _l("Look for automations that were left"), priority="low", keep_days=1),
        Job(tidying.FORGET, tidying.forget, _l("Forget old runs of automations"), priority="low"),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [
        Schedule("automations.hourly_sweep", tidying.SWEEP, "47 * * * *"),
        Schedule("automations.forget_old", tidying.FORGET, "40 3 * * *"),
    ]


@hookimpl
def notices() -> list[Notice]:
    return [
        Notice(telling.NOTICE, _l("An automation tells me something"), "in_app"),
        Notice(running.STOPPED_NOTICE, _l("An automation of mine could not go on"), "email"),
        Notice(starting.HELD_BACK, _l("Automations are held back"), "email"),
    ]


@hookimpl
def pages() -> list[Page]:
    return [Page("/automations/", _l("Automations"), "automations.automation.update", icon="bolt", order=10)]


@hookimpl
def timelines() -> list[Timeline]:
    return timeline.timelines()


@hookimpl
def export_contact(contact: Record) -> Mapping[str, Any]:
    return privacy.known_of(contact)


@hookimpl
def erase_contact(contact: Record) -> None:
    privacy.forget(contact)


def _automation() -> Resource:
    return Resource(
        Automation,
        name="automation",
        title=_l("Automation"),
        plural=_l("Automations"),
        list="name resource trigger state runs_as updated_at",
        search="name",
        form=(
            "name resource trigger watched event_name moment_field amount unit direction at_time weekday conditions"
            " state runs_as description keep_days"
        ),
        inlines="steps",
        grants=_ADMINS,
        verbs="read create update delete export",
        before_save=checking.check_automation,
        related=(Related(AutomationRun, "automation", _l("Log")),),
        custom_fields=False,
        everywhere=False,
        menu=False,  # the page on which they are made stands there instead
        icon="bolt",
        order=10,
    )


def _step() -> Resource:
    return Resource(
        AutomationStep,
        name="step",
        title=_lp("automation", "Step"),
        plural=_lp("automation", "Steps"),
        list="automation position kind created_at",
        form="automation position kind settings",
        grants=_ADMINS,
        verbs="read create update delete export",
        before_save=checking.check_own_step,
        everywhere=False,
        custom_fields=False,
        menu=False,
        icon="list",
        order=15,
    )


def _run() -> Resource:
    return Resource(
        AutomationRun,
        name="run",
        title=_lp("automation", "Run"),
        plural=_lp("automation", "Log"),
        list="automation_name record_label state reason created_at ended_at",
        filters="automation state trigger created_at",
        verbs="read export",
        grants=dict.fromkeys(ROLES, "read") | _READERS,
        related=(Related(AutomationOutcome, "run", _lp("automation", "Steps")),),
        actions=(
            Action(
                "again", _l("Try again"), starting.again, roles=(), icon="restore",
                applies=lambda row: row.state in (FAILED, HELD),
            ),
        ),
        everywhere=False,
        custom_fields=False,
        menu=False,
        icon="list",
        order=20,
    )  # fmt: skip


def _outcome() -> Resource:
    return Resource(
        AutomationOutcome,
        name="outcome",
        title=_lp("automation", "Step"),
        plural=_lp("automation", "Steps"),
        list="number kind words created_at",
        sort="-created_at",
        verbs="read",
        grants=dict.fromkeys(("owner", "admin"), "read"),
        everywhere=False,
        custom_fields=False,
        menu=False,
        icon="list",
        order=30,
    )
