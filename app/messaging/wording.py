"""Messages that are sent often: their words are a tenant's own, by language, with `{{ name }}` where a value comes.

Nothing but names can stand between the braces: no logic, no attributes, so a template can neither read what it was not
given nor keep a worker busy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import current_tenant_id, db
from app.host import FieldError
from app.identity.principal import principal
from app.messaging.branded import branded
from app.messaging.models import CommunicationTemplate
from app.messaging.outbox import send_mail
from app.tenancy.models import Tenant

_VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,40})\s*\}\}")
_KEY = re.compile(r"[a-z][a-z0-9_.]{0,99}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,8})?")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}")


class MissingVariable(ValueError):
    """A value that the template needs was not given: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A template with its values in place."""

    subject: str
    text: str
    language: str


def word_template(key: str, values: Mapping[str, Any], language: str = "", channel: str = "email") -> Worded:
    """The tenant's template of this key with these values, in the language asked for or the nearest there is.

    Raises LookupError when the tenant has no active template of this key, MissingVariable for a value that was not
    given.
    """
    found = {one.language: one for one in _active(channel, key)}
    if not found:
        raise LookupError(f"There is no active template “{key}” for {channel}.")
    own = db.session.get_one(Tenant, current_tenant_id()).locale
    wishes = (language, language.partition("_")[0], own, own.partition("_")[0], "en", *sorted(found))
    return _worded(next(found[wish] for wish in wishes if wish in found), values)


def send_template(
    to: str, key: str, values: Mapping[str, Any], *, language: str = "", name: str = "", dedupe: str | None = None
) -> UUID:
    """Send a mail whose words are the tenant's template. Returns the id of its row; raises as `word_template` and
    `send_mail` do, before anything is written."""
    return _send(to, word_template(key, values, language), name, dedupe)


def _send(to: str, worded: Worded, name: str, dedupe: str | None = None) -> UUID:
    text, html = branded(db.session(), worded.subject, worded.text, worded.language)
    return send_mail(to, worded.subject, text, html, name=name, dedupe=dedupe)


def _active(channel: str, key: str) -> Sequence[CommunicationTemplate]:
    one = CommunicationTemplate
    return db.session.scalars(select(one).where(one.channel == channel, one.key == key, one.is_active)).all()


def _worded(row: CommunicationTemplate, values: Mapping[str, Any]) -> Worded:
    return Worded(_filled(row.subject or "", values), _filled(row.body, values), row.language)


def _filled(words: str, values: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        given = values.get(found.group(1))
        if given is None or given == "":
            raise MissingVariable(_("The template needs “%(name)s”, which was not given.", name=found.group(1)))
        return str(given)

    return _VARIABLE.sub(value, words)


def samples_of(row: CommunicationTemplate) -> dict[str, str]:
    """The variables a template declares, each with its sample (its own name when it has none)."""
    found = {}
    for line in (row.variables or "").splitlines():
        name, _equals, sample = (part.strip() for part in line.partition("="))
        if name:
            found[name] = sample or name
    return found


def check_template(row: CommunicationTemplate, is_new: bool) -> None:
    """Before it is saved: every name between braces is declared, and nothing else stands there."""
    if not _KEY.fullmatch(row.key or ""):
        raise FieldError("key", _("A key is small letters, digits, dots and _, such as welcome or crm.reminder."))
    if not _LANGUAGE.fullmatch(row.language or ""):
        raise FieldError("language", _("A language is a code such as en, ar or pt_BR."))
    if row.channel == "email" and not row.subject:
        raise FieldError("subject", _("A mail needs a subject."))
    declared = samples_of(row)
    for field, words in (("subject", row.subject or ""), ("body", row.body or "")):
        if _BRACES.search(_VARIABLE.sub("", words)):
            raise FieldError(field, _("Between braces there can be a name alone: {{ name }}."))
        unknown = [name for name in _VARIABLE.findall(words) if name not in declared]
        if unknown:
            raise FieldError("variables", _("“%(name)s” is used and not declared.", name=unknown[0]))


def preview(rows: Sequence[CommunicationTemplate]) -> str:
    """The action that shows a template with its samples."""
    [row] = rows
    worded = _worded(row, samples_of(row))
    return f"{worded.subject}\n\n{worded.text}".strip()


def send_sample(rows: Sequence[CommunicationTemplate]) -> str:
    """The action that mails a template with its samples to whoever asks."""
    person = principal()
    if person is None:
        raise ValueError(_("Please sign in first."))
    for row in rows:
        if row.channel != "email":
            raise ValueError(_("Only mail can be sent as a sample."))
        worded = _worded(row, samples_of(row))
        _send(person.email, worded, person.get_full_name())
    return str(_("A sample is on its way to %(address)s.", address=person.email))
