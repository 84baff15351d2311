"""Lead capture: what the plugin declares for forms, their public pages, their answers and advertising platforms."""

from __future__ import annotations

from flask import Blueprint

from app.sdk import Job, Resource, WebhookIn, _l
from plugins.crm.pages import capture as public
from plugins.crm.resources import capture, social
from plugins.crm.services import snapshots
from plugins.crm.services.capture import inbound, processing


def resources() -> list[Resource]:
    return [*capture.resources(), *social.resources()]


def jobs() -> list[Job]:
    return [
        Job("crm.capture", processing.process, _l("Make a lead of an answer"), keep_days=1),
        Job("crm.capture_again", processing.again, _l("Process answers again"), timeout=3600, unique=True),
        Job(snapshots.REFRESH, snapshots.take, _l("Ask what others say of somebody"), keep_days=7),
    ]


def webhooks_in() -> list[WebhookIn]:
    return [WebhookIn("leads", inbound.verify, inbound.secrets, inbound.split, inbound.process)]


def blueprints() -> list[Blueprint]:
    return [public.blueprint]
