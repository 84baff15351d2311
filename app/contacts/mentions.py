"""Colleagues named in notes: “@Nora Al-Rashid, please call”. Who is named is kept with the note, and told once.

A name after an @ is a member's whole name, an e-mail address or the part before its @, or a first name that only one
member has. A handler looks when a note was written, so notes that are imported in bulk call nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Index, and_, or_, select
from sqlalchemy.orm import Mapped

from app.contacts.models import Note
from app.data import Record, belongs_to, db
from app.data import text as text_field
from app.events import publish
from app.host import Event, Occurrence
from app.host.events import RecordEvent
from app.tenancy.models import Membership

_AT = re.compile(r"(?<![\w.@-])@(?=\w)")
_WORD = re.compile(r"[^\s@,;:!?()\[\]{}<>\"“”،؛؟]+(?:@[^\s,;:!?()<>]+)?")
MOST_WORDS, MOST_MENTIONS = 5, 20


class NoteMention(Record):
    """A member who is named in a note. `said` is how, without the @."""

    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (Index("uq_note_mention_member", "tenant_id", "note_id", "member_id", unique=True),)

    note = belongs_to(Note, required=True, on_delete="cascade", label=_l("Note"))
    member = belongs_to(Membership, required=True, on_delete="cascade", label=_l("Member"))
    said: Mapped[str] = text_field(label=_l("Named as"), readonly=True)


@dataclass(frozen=True)
class MemberMentioned(Event, name="contacts.member_mentioned", told=_l("A colleague was named in a note")):
    """Somebody named a colleague in a note and counts on their being told."""

    note_id: Annotated[UUID, "The note."]
    member_id: Annotated[UUID, "The member who is named."]
    target_type: Annotated[str, "What the note is about, such as contacts.contact."]
    target_id: Annotated[UUID, "The record the note is about."]
    author_id: Annotated[UUID | None, "The account that wrote it."] = None


def mentioned(note: Note, members: Iterable[UUID]) -> None:
    """Tell that these members are named in the note for the first time: whoever notifies people hears it."""
    for member in members:
        publish(MemberMentioned(note.id, member, note.target_type, note.target_id, note.updated_by), aggregate=note)


def look(happened: RecordEvent, _told: Occurrence) -> None:
    """The handler of written notes: keep who is named, tell those who were not named before."""
    note = db.session.get(Note, happened.id)
    if note is None or note.deleted_at is not None:  # type: ignore[attr-defined]
        return
    known = {one.member_id: one for one in db.session.scalars(select(NoteMention).where(_of(note)))}
    named = named_in(note.content)
    for member, said in named.items():
        if member in known:
            known[member].said = said
        else:
            db.session.add(NoteMention(note_id=note.id, member_id=member, said=said))
    for member in known.keys() - named.keys():
        db.session.delete(known[member])
    mentioned(note, [member for member in named if member not in known])


def _of(note: Note) -> ColumnElement[bool]:
    found: ColumnElement[bool] = NoteMention.note_id == note.id  # type: ignore[attr-defined]
    return found


def named_in(content: str) -> dict[UUID, str]:
    """The members that a text names, and how it does: one statement, none for a text without an @."""
    asked = [_candidates(content[at.end() :]) for at in _AT.finditer(content)][:MOST_MENTIONS]
    if not asked:
        return {}
    members = _members({one.lower() for candidates in asked for one in candidates})
    found: dict[UUID, str] = {}
    for candidates in asked:
        for said in candidates:
            match = _match(said.lower(), members)
            if match is not None:
                found.setdefault(match, said)
                break
    return found


def _candidates(following: str) -> list[str]:
    """What may be a name at the beginning of a text, the longest first."""
    found, end = [], 0
    for _number in range(MOST_WORDS):
        word = _WORD.match(following, end)
        if word is None:
            break
        said = following[: word.end()].rstrip(".-'")
        if said:
            found.append(said)
        end = word.end()
        if following[end : end + 1] != " ":
            break
        end += 1
    return found[::-1]


def _members(names: set[str]) -> list[Any]:
    """Active members who are called like one of these, or begin so."""
    name: Any = Membership.name_sort  # type: ignore[attr-defined]
    email: Any = Membership.email_sort  # type: ignore[attr-defined]
    firsts = [one for one in names if " " not in one]
    starts = [and_(name >= f"{one} ", name < f"{one}!") for one in firsts]
    starts += [and_(email >= f"{one}@", email < f"{one}A") for one in firsts]
    called = or_(name.in_(names), email.in_(names), *starts)
    rows = select(Membership.id, Membership.name, Membership.email).where(Membership.is_active, called).limit(500)
    return list(db.session.execute(rows))


def _match(said: str, members: Iterable[Any]) -> UUID | None:
    """The one member who is meant; None for nobody, and for a first name of several."""
    tests = (
        lambda one: said == one.name.lower(),
        lambda one: said == one.email.lower(),
        lambda one: said == one.email.lower().partition("@")[0],
        lambda one: one.name.lower().startswith(f"{said} "),
    )
    for test in tests:
        meant = [one.id for one in members if test(one)]
        if len(meant) == 1:
            return UUID(str(meant[0]))
        if meant:
            return None
    return None


def marked(content: str, said: Iterable[str]) -> Markup:
    """The text with the names of mentioned members set off."""
    names = sorted({f"@{one}" for one in said}, key=len, reverse=True)
    if not names:
        return escape(content)
    pieces = re.split("(" + "|".join(re.escape(one) for one in names) + ")", content)
    return Markup("").join(_pieces(pieces))


def _pieces(pieces: Iterable[str]) -> Iterator[Markup]:
    for at, piece in enumerate(pieces):
        yield Markup('<b class="mention"><bdi>{}</bdi></b>').format(piece) if at % 2 else escape(piece)


def said_of(facts: Mapping[str, Any]) -> list[str]:
    """The names among the facts of a timeline's entry."""
    return [str(one) for one in facts.get("said") or ()]
