"""Leads on list, board, calendar, form and REST."""

from __future__ import annotations

from app.sdk import (
    Action,
    Clue,
    Company,
    Contact,
    Field,
    ListView,
    Panel,
    Related,
    Resource,
    Section,
    _l,
    _lp,
    archive_actions,
)
from plugins.crm.models import Activity, Appointment, CaptureSubmission, Lead, LeadLine, LostReason, Task
from plugins.crm.models.assignment import Assignment
from plugins.crm.resources import activities, assignment, social, territories
from plugins.crm.resources.appointments import book_action
from plugins.crm.services import duplicates, leads, lines, reaching, verbs
from plugins.crm.services.capture import importing
from plugins.crm.services.territories.reach import of_territories

_OPEN = "won_at.empty=true&lost_at.empty=true"


def resources() -> list[Resource]:
    return [_lead(), _line()]


def _lead() -> Resource:
    return Resource(
        Lead,
        title=_l("Lead"),
        plural=_l("Leads"),
        list="title contact stage value score assigned_to next_follow_up_at",
        search="title source",
        views=(
            ListView("mine", _l("My open leads"), f"assigned_to.is=me&{_OPEN}"),
            ListView("open", _l("Open leads"), _OPEN),
            ListView("nobodys", _l("Nobody's yet"), f"assigned_to.empty=true&{_OPEN}"),
        ),
        about=_l("A lead is a chance to sell. Add one, import a file, or let a form on your website bring them."),
        sections=(
            Section(_l("Lead"), "title contact company value expected_close priority tags description"),
            Section(_l("Progress"), "stage status lost_reason source external_id"),
            Section(_l("Work"), "assigned_to territory territory_by_hand next_follow_up_at"),
            Section(_l("Score"), "score score_reasons"),
            Section(_l("Campaign"), "utm_source utm_medium utm_campaign utm_term utm_content gclid fbclid msclkid"),
            Section(_l("Response"), "response_state respond_by waiting_since first_responded_at response_target"),
        ),
        inlines="lines",
        board="stage",
        board_totals="value",
        calendar="next_follow_up_at",
        timeline=True,
        owner_field="assigned_to",
        panels=(Panel("reach", _l("Reach"), reaching.of_lead, is_open=True), social.panel()),
        related=(
            Related(Task, "lead", _l("Tasks")),
            Related(Appointment, "lead", _l("Appointments")),
            Related(Activity, "lead", _l("Activities")),
            Related(CaptureSubmission, "lead", _l("Answers to forms")),
            Related(Assignment, "lead", _l("Owners")),
        ),
        actions=(assignment.take_action(), *_outcomes(), *activities.lead_actions(), book_action(), _conversion(),
                 *assignment.lead_actions(), *territories.lead_actions(), social.refresh_action(),
                 *archive_actions()),
        picker="company stage",
        scopes={"agent": "pool"},
        also=of_territories,
        before_save=leads.complete,
        companions=(importing.contact_columns(),),
        warn=duplicates.doubts,
        suspects=duplicates.suspects,
        clues=(Clue("contact", 30), Clue("title", 30, how="name", leads=False), Clue("company", 10, leads=False)),
        icon="target",
        order=10,
    )  # fmt: skip


def _line() -> Resource:
    """Edited inside the lead's form; an address of its own over REST."""
    return Resource(
        LeadLine,
        name="line",
        title=_lp("of an order", "Line"),
        plural=_l("Lines of leads"),
        list="lead name quantity unit price discount tax_rate amount",
        before_save=lines.complete_line,
        menu=False,
        custom_fields=False,
        icon="table",
    )


def _outcomes() -> tuple[Action, ...]:
    reason = Field("belongs_to", label=_l("Lost because"), target=lambda: LostReason, required=True)
    return (
        Action("win", _l("Won"), verbs.win, applies=verbs.is_not_won, icon="check"),
        Action(
            "lose", _l("Lost"), verbs.lose, parameters={"reason": reason}, icon="ban", beside="win",
            applies=lambda lead: lead.lost_at is None,
        ),
        Action("reopen", _l("Open again"), verbs.reopen, applies=verbs.is_closed, icon="restore"),
    )  # fmt: skip


def _conversion() -> Action:
    became = {
        "contact": Field("belongs_to", label=_l("Contact"), target=lambda: Contact),
        "person": Field("text", label=_l("or a new contact called"), max_length=200),
        "company": Field("belongs_to", label=_l("Company"), target=lambda: Company),
        "organisation": Field("text", label=_l("or a new company called"), max_length=200),
    }
    return Action(
        "convert", _l("Convert"), verbs.convert, parameters=became, applies=verbs.is_unconverted, icon="person-plus"
    )
