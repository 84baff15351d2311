"""What contacts know to tell on timelines: notes and files of any record, and events about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.contacts.mentions import NoteMention, marked, said_of
from app.contacts.models import Note
from app.contacts.sentences import sentence
from app.contacts.timeline import TimelineEntry
from app.data import Record
from app.files.models import Attachment
from app.host import Timeline, registry
from app.screens.reading.timeline import timeline_rows

EXCERPT = 2_000
"""Characters of a note shown on a timeline; its own page shows the rest."""
Facts = Mapping[str, Any]


def timelines() -> list[Timeline]:
    """Notes first: they are what is written from there."""
    return [
        Timeline(
            "contacts.notes", _l("Notes"), Note, _notes, _note_words, "note", _note_body,
            events=("contacts.note_created", "contacts.note_updated", "contacts.note_deleted"), write="content",
        ),
        Timeline(
            "contacts.files", _l("Files"), Attachment, _files, lambda facts: facts["name"], "paperclip",
            href=lambda facts: f"/files/{facts['id']}",
            events=("contacts.attachment_created", "contacts.attachment_deleted"),
        ),
        Timeline(
            "contacts.events", _l("Events"), TimelineEntry, _events, sentence, href=lambda facts: ""
        ),
    ]  # fmt: skip


def _notes(record: Record) -> Any:
    said = select(func.jsonb_agg(NoteMention.said)).where(NoteMention.note_id == Note.id).scalar_subquery()  # type: ignore[attr-defined]
    content, more = func.left(Note.content, EXCERPT), func.length(Note.content) > EXCERPT
    return timeline_rows(Note, Note.created_at, content=content, more=more, pinned=Note.pinned, said=said)


def _note_words(facts: Facts) -> str:
    return _("Pinned note") if facts["pinned"] else _("Note")


def _note_body(facts: Facts) -> Any:
    return marked(facts["content"] + ("…" if facts["more"] else ""), said_of(facts))


def _files(record: Record) -> Any:
    return timeline_rows(Attachment, Attachment.created_at, name=Attachment.name, id=Attachment.id)


def _events(record: Record) -> Any:
    """Those that no other timeline tells better."""
    told = {name for one in registry().timelines.values() for name in one.events}
    facts = {"words": TimelineEntry.words, "name": TimelineEntry.event_name, "facts": TimelineEntry.facts}
    rows = timeline_rows(TimelineEntry, TimelineEntry.at, **facts)
    return rows.where(TimelineEntry.event_name.not_in(sorted(told)))
