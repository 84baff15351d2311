"""The day's work: what the plugin declares for follow-ups, tasks, appointments, reminders and Today."""

from __future__ import annotations

from flask import Blueprint

from app.sdk import Event, Handler, Job, Notice, Page, Record, Schedule, _l
from plugins.crm.agenda_events import AnswerLate, FollowUpDue, LeadWentStale
from plugins.crm.models import CalendarFeed, LeadAnswer, Reminder
from plugins.crm.pages import calendar, feed, today
from plugins.crm.services import invitations, reminding, stale
from plugins.crm.services.response import retargeting


def records() -> list[type[Record]]:
    return [Reminder, CalendarFeed, LeadAnswer]


def events() -> list[type[Event]]:
    return [AnswerLate, FollowUpDue, LeadWentStale]


def handlers() -> list[Handler]:
    return [
        Handler("crm.appointment_created", invitations.on_change, "invite"),
        Handler("crm.appointment_updated", invitations.on_change, "invite_again"),
        Handler("crm.appointment_deleted", invitations.on_deleted, "call_off"),
        *retargeting.handlers(),
    ]


def jobs() -> list[Job]:
    return [
        Job("crm.remind", reminding.remind, _l("Remind of what is due"), priority="high", keep_days=1),
        Job("crm.stale_alert", stale.alert, _l("Tell of leads without activity"), keep_days=1),
        Job("crm.purge_reminders", reminding.purge, _l("Forget old reminders"), priority="low"),
        *retargeting.jobs(),
    ]


def schedules() -> list[Schedule]:
    return [
        Schedule("crm.every_minute", "crm.remind", "* * * * *"),
        Schedule("crm.every_morning", "crm.stale_alert", "30 7 * * *"),
        Schedule("crm.every_night", "crm.purge_reminders", "10 3 * * *"),
    ]


def notices() -> list[Notice]:
    return [
        Notice("crm.follow_up_due", _l("A follow-up of mine is due"), "email"),
        Notice("crm.answer_soon", _l("A lead of mine must be answered soon"), "email"),
        Notice("crm.answer_late", _l("A lead of mine was not answered in time"), "email"),
        Notice("crm.task_due", _l("A task of mine is due"), "email"),
        Notice("crm.appointment_due", _l("An appointment of mine is about to begin"), "email"),
        Notice("crm.appointment_changed", _l("Somebody books, moves or cancels an appointment of mine"), "in_app"),
        Notice("crm.leads_stale", _l("Leads of mine are left alone"), "email"),
        Notice("crm.leads_unowned", _l("Leads that nobody has are left alone"), "email"),
        Notice("crm.leads_escalated", _l("Leads of those who report to me are left alone"), "email"),
    ]


def pages() -> list[Page]:
    return [
        Page("/crm/today/", _l("Today"), "crm.lead.read", icon="star", order=1),
        Page("/crm/calendar/", _l("Calendar"), "crm.appointment.read", icon="calendar", order=2),
        Page("/crm/free-times/", _l("Free times"), "crm.appointment.create", icon="clock", order=25),
        Page("/crm/calendar-feed/", _l("Calendar address"), "crm.appointment.read", icon="link", order=230, setup=True),
    ]


def blueprints() -> list[Blueprint]:
    return [today.blueprint, calendar.blueprint, feed.blueprint]
