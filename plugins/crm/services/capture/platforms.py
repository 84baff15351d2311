"""Leads of advertising platforms: answers in the platform's own names, given to a form of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.sdk import _, session
from plugins.crm.models import CaptureForm, CaptureSubmission
from plugins.crm.services.capture.receiving import UTM, Sent, questions_of, receive


def take_answers(
    form_id: UUID, answers: Mapping[str, str], meanings: Mapping[str, str], *, key: str,
    facts: Mapping[str, str], raw: Any,
) -> CaptureSubmission:  # fmt: skip
    """Store answers of a lead as a submission of a form; a job makes the lead. The same `key` is stored once.

    An answer is of the question of its name; else, by `meanings` (`{"full_name": "contact.name"}`), of the one that
    goes where it belongs. `facts` are campaign and clicks; a hidden question called `utm_campaign` and the like goes
    before them. Flushes; the edge commits. Raises LookupError when the form takes no answers.
    """
    form = session.get(CaptureForm, form_id)
    if form is None or not form.is_open or form.archived_at is not None:
        raise LookupError(_("The form takes no answers any more."))
    left = dict(answers)
    touched = {name: left.pop(name, "") or facts.get(name, "") for name in UTM}
    return receive(form, Sent(named(form, left, meanings), key, "webhook", raw, touched))


def named(form: CaptureForm, answers: Mapping[str, str], meanings: Mapping[str, str]) -> dict[str, str]:
    """The answers by the names of the form's questions, as far as they belong to one."""
    questions = questions_of(form)
    by_name = {question.name.casefold(): question.name for question in questions}
    found = {by_name[name.casefold()]: text for name, text in answers.items() if name.casefold() in by_name}
    for name, text in answers.items():
        if name.casefold() in by_name:
            continue
        free = (one.name for one in questions if one.target == meanings.get(name, "-") and one.name not in found)
        found[next(free, name)] = text
    return found
