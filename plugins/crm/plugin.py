"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint

from app.sdk import (
    Card,
    Contact,
    Dataset,
    Event,
    Extension,
    Field,
    Handler,
    Hit,
    Job,
    Metric,
    Notice,
    Page,
    Plugin,
    Record,
    Report,
    Resource,
    Role,
    Schedule,
    Step,
    Tenant,
    Timeline,
    WebhookIn,
    _l,
    hookimpl,
    hookspec,
)
from plugins.crm import (
    agenda,
    agenda_timelines,
    answer_figures,
    beside,
    capture,
    demo,
    demo_agenda,
    demo_answers,
    demo_figures,
    demo_territories,
    demo_ways_in,
    scores,
    telling,
    territories,
    wishes,
)
from plugins.crm import reports as figures_of_sales
from plugins.crm import roles as roles_of_sales
from plugins.crm.events import EVENTS
from plugins.crm.models import CaptureForm, Lead, NextStage, StageChange, StageNeed, TerritoryChange
from plugins.crm.resources import activities, appointments, assignment, figures, leads, pipelines, products, responses
from plugins.crm.services import defaults, kinds, mails, parting, privacy, removing, replacing
from plugins.crm.services.assignment import telling as owners
from plugins.crm.services.assignment.events import LeadsAssigned
from plugins.crm.services.scoring import counting

plugin = Plugin(
    "crm", title=_l("CRM"), summary=_l("Leads on their way through pipelines"), requires=("contacts",), icon="target",
    order=20, default_on=True,
)  # fmt: skip


@hookspec
def crm_sources() -> Mapping[str, Any]:
    """What a plugin can ask of people and leads: labels by the names that its snapshots have as their source."""
    raise NotImplementedError


@hookspec
def crm_look_up(record: Contact | Lead) -> Mapping[str, Any] | None:
    """What a source says of a contact or lead at this moment, for a snapshot: `source`, and if there are any
    `headline`, `profile` (an address) and `data` (fit for JSON); None where it knows nothing. Asked by a job, within
    five seconds; a source that takes longer sends its snapshots over REST."""
    raise NotImplementedError


@hookimpl
def resources() -> list[Resource]:
    return [
        *leads.resources(), *capture.resources(), *activities.resources(), *appointments.resources(),
        *pipelines.resources(), *figures.resources(), *assignment.resources(),
        *responses.resources(), *territories.resources(), *scores.resources(), *products.resources(),
    ]  # fmt: skip


@hookimpl
def roles() -> list[Role]:
    return roles_of_sales.roles(resources())


@hookimpl
def records() -> list[type[Record]]:
    return [NextStage, StageChange, StageNeed, TerritoryChange, *agenda.records()]


@hookimpl
def datasets() -> list[Dataset]:
    return [*figures_of_sales.datasets(), *answer_figures.datasets()]


@hookimpl
def reports() -> list[Report]:
    return [*figures_of_sales.reports(), *answer_figures.reports()]


@hookimpl
def cards() -> list[Card]:
    return [*figures_of_sales.cards(), *answer_figures.cards()]


@hookimpl
def jobs() -> list[Job]:
    return [
        *scores.jobs(), *kinds.jobs(), *removing.jobs(), *replacing.jobs(), *agenda.jobs(), *capture.jobs(),
        *territories.jobs(),
    ]  # fmt: skip


@hookimpl
def schedules() -> list[Schedule]:
    return [*agenda.schedules(), *scores.schedules()]


@hookimpl
def settings() -> list[Field]:
    return wishes.settings()


@hookimpl
def events() -> list[type[Event]]:
    return [*EVENTS, LeadsAssigned, *agenda.events()]


@hookimpl
def handlers() -> list[Handler]:
    return [
        *scores.handlers(), Handler(LeadsAssigned, owners.tell_owner), *agenda.handlers(), *territories.handlers(),
        *mails.handlers(), *parting.handlers(),
    ]  # fmt: skip


@hookimpl
def notices() -> list[Notice]:
    return [*owners.notices(), *agenda.notices()]


@hookimpl
def pages() -> list[Page]:
    return agenda.pages()


@hookimpl
def blueprints() -> list[Blueprint]:
    return [*agenda.blueprints(), *capture.blueprints()]


@hookimpl
def first_steps() -> list[Step]:
    return [
        Step("lead", _l("Add the first lead"), "/crm/lead/add", "crm.lead.create", Lead, order=20),
        Step(
            "form",
            _l("Let your website bring leads"),
            "/crm/capture_form/add",
            "crm.capture_form.create",
            CaptureForm,
            order=30,
        ),
    ]


@hookimpl
def timelines() -> list[Timeline]:
    return [*telling.timelines(), *territories.timelines(), *agenda_timelines.timelines()]


@hookimpl
def webhooks_in() -> list[WebhookIn]:
    return capture.webhooks_in()


@hookimpl
def extensions() -> list[Extension]:
    return beside.extensions()


@hookimpl
def metrics() -> list[Metric]:
    return beside.metrics()


@hookimpl
def search_hits(words: str) -> list[Hit]:
    return beside.search_hits(words)


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def upgrading(tenant: Tenant, before: str, after: str) -> None:
    counting.score_anew()


@hookimpl
def export_contact(contact: Contact) -> Mapping[str, Any]:
    return privacy.export(contact)


@hookimpl
def erase_contact(contact: Contact) -> list[UUID]:
    return privacy.erase(contact)


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
    demo_agenda.fill(tenant)
    demo_figures.fill(tenant)
    demo_answers.fill(tenant)
    demo_territories.fill(tenant)
    demo_ways_in.fill()
