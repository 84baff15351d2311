"""Territories: what the plugin declares for the tree, its rules, and finding the territories of leads."""

from __future__ import annotations

from app.sdk import Handler, Job, Resource, Timeline
from plugins.crm.resources import territories
from plugins.crm.services.territories import following, removing, reviewing, telling


def resources() -> list[Resource]:
    return territories.resources()


def jobs() -> list[Job]:
    return [*reviewing.jobs(), *following.jobs(), *removing.jobs()]


def handlers() -> list[Handler]:
    return following.handlers()


def timelines() -> list[Timeline]:
    return telling.timelines()
