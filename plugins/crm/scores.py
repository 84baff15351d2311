"""Scores: what the plugin declares for the rules, for what they follow, and for counting all leads again."""

from __future__ import annotations

from app.sdk import Handler, Job, Resource, Schedule
from plugins.crm.resources import scores
from plugins.crm.services.scoring import counting, following


def resources() -> list[Resource]:
    return scores.resources()


def jobs() -> list[Job]:
    return [*counting.jobs(), *following.jobs()]


def schedules() -> list[Schedule]:
    return counting.schedules()


def handlers() -> list[Handler]:
    return [*counting.handlers(), *following.handlers()]
