"""Scores of leads: the points of every rule that a lead meets, and why, in the rules' own names.

A lead is scored whenever it is saved; when a rule changes, a job scores all leads again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import exists, false, literal, select

from app.sdk import Contact, FieldError, Handler, Job, JobRun, Money, _, _l, enqueue, session, utcnow
from plugins.crm.models import Lead
from plugins.crm.models.figures import ScoreRule

JOB = "crm.score_leads"
CHUNK = 500
_NUMBERS = ("at_least", "at_most", "newer", "older")
_VALUED = ("is", "is_not", "contains", *_NUMBERS)
_TIMES = ("expected_close", "created_at", "last_activity_at", "next_follow_up_at")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which ways to reach its contact a lead has."""

    email: bool = False
    phone: bool = False


def score(lead: Lead) -> None:
    """Set score and reasons of a lead that is about to be saved: one statement, and none without rules."""
    found = session.execute(
        select(ScoreRule, _has(lead.contact_id, "email"), _has(lead.contact_id, "phone", "whatsapp"))
        .where(ScoreRule.is_active)
        .order_by(ScoreRule.name_sort, ScoreRule.id)  # type: ignore[attr-defined]
    ).all()
    reach = Reach(bool(found[0][1]), bool(found[0][2])) if found else Reach()
    write(lead, [row[0] for row in found], reach)


def write(lead: Lead, rules: Sequence[ScoreRule], reach: Reach) -> None:
    """Score a lead by these rules. Without rules there is no score."""
    met = [rule for rule in rules if meets(lead, rule, reach)]
    points = sum(rule.points for rule in met) if rules else None
    reasons = "\n".join(f"{rule.points:+d} {rule.name}" for rule in met) or None
    if (lead.score, lead.score_reasons) != (points, reasons):
        lead.score, lead.score_reasons = points, reasons


def meets(lead: Lead, rule: ScoreRule, reach: Reach) -> bool:
    """Does the lead meet the rule's condition?"""
    value = _value(lead, rule.subject, reach)
    is_empty = value in (None, "", [], False)
    if rule.comparison in ("filled", "empty"):
        return is_empty == (rule.comparison == "empty")
    wanted = (rule.value or "").strip()
    if rule.comparison == "is_not":
        return wanted.casefold() not in _texts(value)
    if is_empty:
        return False
    if rule.comparison == "is":
        return wanted.casefold() in _texts(value)
    if rule.comparison == "contains":
        return any(wanted.casefold() in text for text in _texts(value))
    return _compares(rule.comparison, value, wanted)


def _compares(comparison: str, value: Any, wanted: str) -> bool:
    number = _number(wanted)
    if number is None:
        return False
    if comparison in ("newer", "older"):
        age = _age(value)
        return age is not None and (age <= number if comparison == "newer" else age > number)
    if isinstance(value, Money):
        value = value.amount
    if not isinstance(value, int | Decimal):
        return False
    return value >= number if comparison == "at_least" else value <= number


def _value(lead: Lead, subject: str, reach: Reach) -> Any:
    match subject:
        case "contact_email":
            return reach.email
        case "contact_phone":
            return reach.phone
        case "contact" | "company" | "assigned_to":
            return getattr(lead, f"{subject}_id")
        case "stage" | "status":
            return _name(lead, subject)
        case "created_at":
            return lead.created_at or utcnow()
    return getattr(lead, subject)


def _name(lead: Lead, subject: str) -> str:
    """What the stage or status is called; asked by its key, for the relation follows only after the save."""
    key = getattr(lead, f"{subject}_id")
    target: Any = Lead.__fields__[subject].target
    found = session.get(target(), key) if key is not None else None
    return str(found) if found is not None else ""


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).casefold() for one in values if one is not None]


def _age(value: Any) -> int | None:
    """Days since then; negative for what is to come."""
    if isinstance(value, datetime):
        return (utcnow() - value).days
    if isinstance(value, date):
        return (utcnow() - datetime.combine(value, time(), UTC)).days
    return None


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _has(contact_id: UUID | None, *kinds: str) -> Any:
    channels: Any = Contact.channels
    if contact_id is None:
        return false()
    channel = channels.property.mapper.class_
    return exists(select(literal(1)).where(channel.contact_id == contact_id, channel.kind.in_(kinds)))


def jobs() -> list[Job]:
    return [Job(JOB, score_all, _l("Score all leads again"), timeout=3600, unique=True)]


def handlers() -> list[Handler]:
    changes = ("created", "updated", "deleted")
    return [Handler(f"crm.score_rule_{one}", rules_changed, f"score_after_{one}") for one in changes]


# Rules ---------------------------------------------------------------------------------------------------------------


def check_rule(rule: ScoreRule, is_new: bool) -> None:
    """Refuse a rule that can never be met as it stands."""
    value = (rule.value or "").strip()
    if rule.comparison in _VALUED and not value:
        raise FieldError("value", _("Please say what it is compared with."))
    if rule.comparison in _NUMBERS and _number(value) is None:
        raise FieldError("value", _("Please give a number here."))
    if rule.comparison in ("newer", "older") and rule.subject not in _TIMES:
        raise FieldError("comparison", _("Only dates are newer or older than so many days."))
    if rule.comparison in ("at_least", "at_most") and rule.subject != "value":
        raise FieldError("comparison", _("Only the value can be at least or at most something."))
    if rule.subject.startswith("contact_") and rule.comparison not in ("filled", "empty"):
        raise FieldError(
            "comparison", _("Ways to reach somebody are there or not: choose “is not empty” or “is empty”.")
        )


def rules_changed(event: Any, occurrence: Any) -> None:
    """The handler of every change of a rule: all leads are scored again, once for several changes."""
    enqueue(JOB)


def score_anew() -> None:
    """Rules mean what the version that runs makes of them, so a new version scores all leads again, by its job."""
    if session.scalars(_active().limit(1)).first() is not None:
        enqueue(JOB)


def score_all(run: JobRun) -> dict[str, int]:
    """The job. Commits in steps, so it may be taken up again; leads whose score stays are not touched."""
    done, changed, last = 0, 0, None
    while leads := _chunk(last):
        changed += score_these(leads)
        done, last = done + len(leads), leads[-1].id
        session.commit()
        run.progress(done)
    return {"leads": done, "changed": changed}


def score_these(leads: Sequence[Lead]) -> int:
    """Score several leads by two statements; returns how many have another score, or other reasons, now."""
    rules = session.scalars(_active()).all()
    ways = _ways(lead.contact_id for lead in leads)
    changed = 0
    for lead in leads:
        before = lead.score, lead.score_reasons
        write(lead, rules, ways.get(lead.contact_id, Reach()))
        changed += (lead.score, lead.score_reasons) != before
    return changed


def _active() -> Any:
    return select(ScoreRule).where(ScoreRule.is_active).order_by(ScoreRule.name_sort, ScoreRule.id)  # type: ignore[attr-defined]


def _chunk(last: UUID | None) -> Sequence[Lead]:
    statement = select(Lead).where(Lead.is_live()).order_by(Lead.id).limit(CHUNK)
    return session.scalars(statement if last is None else statement.where(Lead.id > last)).all()


def _ways(contacts: Iterable[UUID | None]) -> Mapping[UUID | None, Reach]:
    """How these contacts can be reached, in one statement."""
    channels: Any = Contact.channels
    channel = channels.property.mapper.class_
    wanted = [one for one in set(contacts) if one is not None]
    rows = session.execute(select(channel.contact_id, channel.kind).where(channel.contact_id.in_(wanted)).distinct())
    found: dict[UUID | None, set[str]] = {}
    for contact_id, kind in rows:
        found.setdefault(contact_id, set()).add(kind)
    return {key: Reach("email" in kinds, bool(kinds & {"phone", "whatsapp"})) for key, kinds in found.items()}
