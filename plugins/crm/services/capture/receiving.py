"""Taking in what somebody sent: checked for what they can correct themselves, then stored as it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.sdk import Field, _, enqueue, normal_address, read_text, session
from plugins.crm.models import CaptureField, CaptureForm, CaptureSubmission
from plugins.crm.services.capture.forms import choices_of, chosen_of

PROCESS = "crm.capture"
CLICKS = ("gclid", "fbclid", "msclkid")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", *CLICKS)
"""How the visitor was brought here: the campaign, and the click that the advertising platform asks back about."""
LIMITS = {"long_text": 5_000, "choices": 5_000}
_SHORT = 255
_TICKED = frozenset({"on", "true", "yes", "1", "ja", "نعم"})


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission: what was answered, and how it came. `facts` are columns of the row."""

    answers: Mapping[str, str]
    key: str
    via: str = "page"
    raw: Any = None
    facts: Mapping[str, str] = field(default_factory=dict)
    is_spam: bool = False


def form_of(key: str) -> CaptureForm | None:
    """The form of an address, when it takes answers."""
    return session.scalars(
        select(CaptureForm).where(CaptureForm.key == key, CaptureForm.is_open, CaptureForm.archived_at.is_(None))
    ).one_or_none()


def questions_of(form: CaptureForm) -> list[CaptureField]:
    """In the order in which they are asked."""
    return sorted(form.questions, key=lambda one: (one.position, one.id))


def problems_of(form: CaptureForm, answers: Mapping[str, str]) -> dict[str, str]:
    """What the visitor can put right, by the name of the question."""
    found = {}
    for question in questions_of(form):
        text = answers.get(question.name, "").strip()
        try:
            if not text or (question.kind == "tick" and not is_ticked(text)):
                if question.required:
                    raise ValueError(_("Please fill in “%(field)s”.", field=question.label))
            else:
                _check(question, text)
        except ValueError as error:
            found[question.name] = str(error)
    return found


def is_ticked(text: str) -> bool:
    """Does the answer to a box mean yes?"""
    return text.strip().casefold() in _TICKED


def _check(question: CaptureField, text: str) -> None:
    limit = LIMITS.get(question.kind, _SHORT)
    if len(text) > limit:
        raise ValueError(_("At most %(count)s characters.", count=limit))
    if question.kind in ("email", "phone"):
        normal_address(question.kind, text)
    elif question.kind == "choice" and text not in choices_of(question):
        raise ValueError(_("Please choose one of the list."))
    elif question.kind == "choices" and not set(chosen_of(question, text)) <= set(choices_of(question)):
        raise ValueError(_("Please choose from the list."))
    elif question.kind in ("day", "number"):
        read_text(Field("day" if question.kind == "day" else "decimal", label=question.label), text)


def receive(form: CaptureForm, sent: Sent) -> CaptureSubmission:
    """Store it and let a job make a lead of it. The same key is stored once: the first one is returned. Flushes; the
    edge commits."""
    known = _known(form, sent.key)
    if known is not None:
        return known
    facts = {name: _fit(name, value) for name, value in sent.facts.items() if value}
    row = CaptureSubmission(
        form_id=form.id, key=sent.key[:100], answers=storable(dict(sent.answers)), via=sent.via, **facts,
        raw=storable(sent.raw if sent.raw is not None else dict(sent.answers)),
        state="spam" if sent.is_spam else "received",
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # the same one, at the same moment
        return session.scalars(_by_key(form, sent.key)).one()
    if not sent.is_spam:
        enqueue(PROCESS, row.id)
    return row


def _known(form: CaptureForm, key: str) -> CaptureSubmission | None:
    return session.scalars(_by_key(form, key)).one_or_none()


def _by_key(form: CaptureForm, key: str) -> Any:
    return select(CaptureSubmission).where(CaptureSubmission.form_id == form.id, CaptureSubmission.key == key[:100])


def _fit(name: str, value: str) -> str:
    limit = CaptureSubmission.__fields__[name].max_length or _SHORT
    return str(storable(value))[:limit]


def storable(value: Any) -> Any:
    """Without the characters that PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(one) for one in value]
    return {storable(key): storable(one) for key, one in value.items()} if isinstance(value, dict) else value
