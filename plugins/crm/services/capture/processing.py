"""The job that makes a lead of what was sent. What cannot be understood waits for a person, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.sdk import (
    Consent,
    Contact,
    FieldError,
    JobRun,
    Unfit,
    _,
    enqueue,
    session,
    utcnow,
)
from plugins.crm.models import CaptureForm, CaptureSubmission
from plugins.crm.services.capture import confirming
from plugins.crm.services.capture.answers import Meaning, meaning_of
from plugins.crm.services.capture.making import contact_of, lead_of
from plugins.crm.services.capture.receiving import PROCESS, problems_of

CHUNK = 100


def process(run: JobRun, submission_id: str) -> str:
    """The job of one submission; says what became of it. Does nothing to one that is settled."""
    row = session.get(CaptureSubmission, UUID(submission_id), with_for_update=True)
    if row is None or row.state != "received":
        return "settled"
    make(row)
    return row.state


def make(row: CaptureSubmission) -> None:
    """Make a lead of it, ask for confirmation, or note why not."""
    form = session.get_one(CaptureForm, row.form_id)
    answers = row.answers if isinstance(row.answers, Mapping) else {}
    meaning = meaning_of(form, answers)
    try:
        with session.begin_nested():
            if row.lead_id is None:  # what became a lead stays one, whatever the form asks by now
                _check(form, answers, meaning)
            if form.double_opt_in and row.confirmed_at is None and row.lead_id is None:
                confirming.ask(form, row, meaning.email)
                row.state = "waiting"
            else:
                _settle(form, row, meaning)
    except (Unfit, FieldError, ValueError) as error:
        _refuse(row, _words(error))
    except DBAPIError as error:
        if error.connection_invalidated or getattr(error.orig, "sqlstate", "")[:2] not in ("22", "23"):
            raise
        _refuse(row, str(_("The database cannot store one of these values.")))


def _refuse(row: CaptureSubmission, why: str) -> None:
    """It waits for a person; what became a lead stays done, and says what could not be taken over."""
    row.state, row.problem = "dead" if row.lead_id is None else "done", why


def _settle(form: CaptureForm, row: CaptureSubmission, meaning: Meaning) -> None:
    contact = contact_of(meaning)
    row.contact_id = contact.id if contact is not None else None
    lead = lead_of(form, row, meaning, contact)
    row.lead_id, row.state, row.problem, row.processed_at = lead.id, "done", None, utcnow()
    if contact is not None and (meaning.consents or row.confirmed_at is not None):
        _consent(form, row, contact)


def _check(form: CaptureForm, answers: Mapping[str, Any], meaning: Meaning) -> None:
    """Hold it to the form's questions, by whatever way it came. Raises ValueError with the reasons."""
    if meaning.is_about_nothing:
        raise ValueError(_("None of the answers belongs to a field of this form."))
    problems = problems_of(form, {str(name): str(text) for name, text in answers.items()})
    if problems:
        labels = {question.name: question.label for question in form.questions}
        raise ValueError("; ".join(f"{labels[name]}: {words}" for name, words in problems.items()))


def _consent(form: CaptureForm, row: CaptureSubmission, contact: Contact) -> None:
    """That they agreed, and how we know: once for each submission."""
    source = f"{form.name}"[:100]
    marked = f"submission {row.id}"
    there = select(Consent.id).where(Consent.contact_id == contact.id, Consent.evidence.contains(marked)).limit(1)
    if session.scalar(there) is not None:
        return
    facts = {
        "form": form.name, "sent": row.created_at.isoformat(), "network address": row.address, "browser": row.agent,
        "page": row.page, "confirmed by e-mail": row.confirmed_at.isoformat() if row.confirmed_at else None,
    }  # fmt: skip
    lines = [marked, *(f"{name}: {value}" for name, value in facts.items() if value)]
    session.add(
        Consent(
            contact_id=contact.id, channel="email", purpose=form.consent_purpose, state="given", source=source,
            evidence="\n".join(lines)[:5_000],
        )
    )  # fmt: skip
    session.flush()


def _words(error: Exception) -> str:
    if isinstance(error, FieldError):
        return f"{error.field}: {error.message}"
    if isinstance(error, Unfit):
        return "; ".join(f"{name}: {words}" if name else words for name, words in error.errors.items())
    return str(error)


def again(run: JobRun, form_id: str) -> dict[str, int]:
    """The job that runs all submissions of a form through its questions as they are now: dead ones become leads, leads
    get what they lack. Commits after each chunk; may be begun again."""
    after, counts = UUID(int=0), {"done": 0, "dead": 0}
    while True:
        rows = _next(UUID(form_id), after)
        if not rows:
            return counts
        for row in rows:
            make(row)
            if row.state in counts:
                counts[row.state] += 1
        after = rows[-1].id
        session.commit()
        run.progress(sum(counts.values()))


def _next(form_id: UUID, after: UUID) -> Sequence[CaptureSubmission]:
    wanted = CaptureSubmission.form_id == form_id, CaptureSubmission.id > after
    settled = CaptureSubmission.state.in_(("done", "dead"))
    statement = select(CaptureSubmission).where(*wanted, settled).order_by(CaptureSubmission.id).limit(CHUNK)
    return session.scalars(statement.with_for_update()).all()


def replay(rows: Iterable[CaptureSubmission]) -> str:
    """The action that processes submissions once more, spam and dead letters among them."""
    chosen = [row for row in rows if row.state in ("dead", "spam")]
    if not chosen:
        raise ValueError(_("Only what is spam or needs a person can be processed again."))
    for row in chosen:
        row.state, row.problem = "received", None
        enqueue(PROCESS, row.id)
    return str(_("Processed again: %(count)s.", count=len(chosen)))
