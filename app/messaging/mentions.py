"""`@Nora Haddad` in a note tells Nora. Whoever is meant is found by full name, by the first part of their address, or
by a first name that only one member has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.data import db
from app.host import Occurrence, registry
from app.host.events import RecordEvent
from app.messaging.notifying import notify
from app.tenancy.models import Membership

MENTIONED = "messaging.mentioned"
NOTE = "contacts.note"
SHOWN = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be mentioned."""

    id: UUID
    account_uid: UUID
    name: str
    email: str


def tell_mentioned(happened: RecordEvent, told: Occurrence) -> None:
    """The handler: everybody that a note mentions is told, once for each note, but not its author."""
    if happened.changed and "content" not in happened.changed:
        return
    note: Any = db.session.get(registry().entries[NOTE].model, happened.id)
    if note is None or note.deleted_at is not None or "@" not in note.content:
        return
    people = members()
    author = next((one.name for one in people if one.account_uid == told.actor_id), "")
    meant = [one.id for one in mentioned(note.content, people) if one.account_uid != told.actor_id]
    title = _l("%(name)s mentions you in a note", name=author) if author else _l("You are mentioned in a note")
    notify(meant, MENTIONED, title, note.content[:SHOWN], target=note, dedupe=str(note.id))


def members() -> list[Person]:
    """All live members of the tenant in force."""
    alive = Membership.is_active, Membership.left_at.is_(None)  # type: ignore[union-attr]
    columns = Membership.id, Membership.account_uid, Membership.name, Membership.email
    return [Person(*row) for row in db.session.execute(select(*columns).where(*alive))]


def mentioned(text: str, people: Iterable[Person]) -> list[Person]:
    """Who is mentioned in a text, each once, in the order of the text. The longest name that fits is meant."""
    names = dict(_names(list(people)))
    lengths = sorted({len(name) for name in names}, reverse=True)
    folded, found = text.casefold(), {}
    at = folded.find("@")
    while at >= 0:
        if at == 0 or not folded[at - 1].isalnum():  # an e-mail address mentions nobody
            for length in lengths:
                end = at + 1 + length
                person = names.get(folded[at + 1 : end])
                if person is not None and not folded[end : end + 1].isalnum():
                    found[person.id] = person
                    break
        at = folded.find("@", at + 1)
    return list(found.values())


def _names(people: list[Person]) -> Iterator[tuple[str, Person]]:
    """Everything by which exactly one person is called; a full name beats a shorter one."""
    firsts = [(one.name.split(" ")[0].casefold(), one) for one in people if one.name]
    count: dict[str, int] = {}
    for first, _one in firsts:
        count[first] = count.get(first, 0) + 1
    yield from ((first, one) for first, one in firsts if count[first] == 1)
    yield from ((one.email.partition("@")[0].casefold(), one) for one in people)
    yield from ((one.name.casefold(), one) for one in people if one.name)
