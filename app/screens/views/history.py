"""The history of a record, fetched when its block is opened, and the buttons that bring an earlier state back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from flask_babel import gettext as _

from app.audit.models import AuditEntry
from app.data import Field, Record
from app.data.record import words_of
from app.host import registry
from app.screens.history import (
    FieldChange,
    NothingToRestore,
    RowChanges,
    Told,
    describe,
    read_history,
    restoration,
    told_by_id,
)
from app.screens.history.words import action_words
from app.screens.page import Column, DiffGroup, DiffLine, HistoryEntry, HistoryFragment, Link, RelatedBlock
from app.screens.reading import Surface
from app.screens.views.authors import author_names
from app.screens.views.columns import column
from app.screens.views.form import Answer, saved_or_asked_again
from app.screens.views.relations import reference_to, relation_labels
from app.screens.views.screen import Screen, with_query

SHOWN = 10
Labels = dict[str, str]


def history_block(screen: Screen, record: Record) -> Iterable[RelatedBlock]:
    """The block on a record's page."""
    if has_history(screen):
        yield RelatedBlock("history", _("History"), screen.href(record.id, "history"))


def has_history(screen: Screen) -> bool:
    return screen.surface.model.__audited__


def history_fragment(screen: Screen, record_id: UUID) -> str:
    """What happened to a record, newest first, ten entries at a time."""
    record = screen.surface.get(record_id)
    is_trashed = record is None and screen.may("delete")
    if record is None:
        record = screen.record(record_id, trash=is_trashed)
    told = read_history(screen.surface, record, limit=SHOWN + 1, before=_number(request.args.get("before", "")))
    shown = told[:SHOWN]
    words = Words(screen.surface, shown)
    may_restore = screen.may("update") and not is_trashed
    page = HistoryFragment(
        label=_("History"),
        entries=tuple(
            words.entry(
                one,
                screen.href(record.id, "history", one.entry.id)
                if may_restore and _is_its_own(screen, record, one)
                else "",
                is_newest=at == 0 and "before" not in request.args,
            )
            for at, one in enumerate(shown)
        ),
        empty=_("Nothing is recorded yet."),
        back_href=screen.href(record.id),
        version=record.version,
        more=_older(screen, record, shown) if len(told) > SHOWN else None,
    )
    return render_template("resource/history.html", page=page)


def _is_its_own(screen: Screen, record: Record, told: Told) -> bool:
    """Can it be gone back to? What a merged record was is only told."""
    return not told.is_erased and (not screen.entry.is_mergeable or told.entry.target_id == record.id)


def restore_version(screen: Screen, record_id: UUID, entry_id: UUID) -> Answer:
    """Bring back the version an entry made or, with `field`, what that field held before it."""
    record = screen.record(record_id, lock=True)
    told = told_by_id(screen.surface, record, entry_id)
    if told is None:
        abort(404)
    names = request.form.getlist("field")
    try:
        submission = restoration(screen.surface, record, told, names or None)
    except NothingToRestore as nothing:
        return screen.leave(str(nothing), screen.href(record.id), "warning")
    seen = request.form.get("_version", "")
    if seen != str(record.version):
        words = _("Somebody else has changed this since you looked. Look at it again before you restore anything.")
        return screen.leave(words, screen.href(record.id), "warning")
    return saved_or_asked_again(screen, record, submission)


def entry_page(screen: Screen, entry: AuditEntry) -> tuple[HistoryEntry, ...]:
    """The changes that one entry of the audit log tells, on its own page: as this person may see such a record."""
    found = registry().entries.get(entry.target_type)
    if found is None:
        return ()
    surface = Surface(found, screen.surface.session, screen.surface.person)
    told = describe(surface, entry)
    return (Words(surface, [told]).entry(told, "", is_newest=True),)


def record_link(entry: AuditEntry) -> Link | None:
    """Where the record of an entry is opened; whether it still is there is seen then."""
    found = registry().entries.get(entry.target_type)
    if found is None or entry.target_id is None or "read" not in found.verbs:
        return None
    return Link(_("Open the record"), f"{request.script_root}{found.path}/{entry.target_id}")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _older(screen: Screen, record: Record, shown: list[Told]) -> Link:
    address = with_query(screen.href(record.id, "history"), [("before", shown[-1].entry.seq)])
    return Link(_("Show older"), address)


class Words:
    """Entries as they are printed: names of people and of related records are looked up once for all of them."""

    def __init__(self, surface: Surface, told: list[Told]) -> None:
        self.surface = surface
        self.people = author_names(surface.session, [one.entry.created_by for one in told])
        self.labels: Labels = relation_labels(surface.session, _relations(told))
        self.editable = surface.editable(is_new=False)
        self.inlines = surface.inlines()

    def entry(self, told: Told, restore_href: str, *, is_newest: bool) -> HistoryEntry:
        """One entry. The newest version is the present one, so it cannot be gone back to."""
        entry = told.entry
        via = AuditEntry.__fields__["via"]
        return HistoryEntry(
            what=action_words(entry.action),
            who=self.people.get(entry.created_by) or entry.actor_name or _("The system"),
            when=entry.created_at,
            via=words_of(via, entry.via),
            groups=tuple(self._groups(told, can_restore=bool(restore_href))),
            notice=_("What this entry said was erased.") if told.is_erased else "",
            restore_href=restore_href,
            can_restore_all=bool(restore_href) and not is_newest,
        )

    def _groups(self, told: Told, *, can_restore: bool) -> Iterable[DiffGroup]:
        # Before it was added a record held nothing that could be brought back.
        can = can_restore and not told.entry.action.endswith(".create")
        if told.given:
            yield DiffGroup(_("With"), self._lines(told.given, can_restore=False))
        if told.changes:
            yield DiffGroup("", self._lines(told.changes, can_restore=can))
        for row in told.rows:
            name = row.collection.name if can and row.collection.name in self.inlines else ""
            yield DiffGroup(_row_title(row), self._lines(row.changes, can_restore=False), name)

    def _lines(self, changes: Iterable[FieldChange], *, can_restore: bool) -> tuple[DiffLine, ...]:
        return tuple(self._line(one, can_restore=can_restore) for one in changes)

    def _line(self, change: FieldChange, *, can_restore: bool) -> DiffLine:
        field = change.field
        can = can_restore and field.name in self.editable and not field.secret
        shown = Field("text", field.name, field.label) if field.secret else field
        return DiffLine(
            field.words,
            _worded(column(self.surface, shown)),
            self._value(field, change.before),
            self._value(field, change.after),
            field.name if can else "",
        )

    def _value(self, field: Field, value: Any) -> Any:
        if field.picks and value is not None:
            return reference_to(value, self.labels.get(_key(field, value)))
        return value


def _worded(shown: Column) -> Column:
    """Pictures of the past are named, not shown: they may be gone, and whoever sees the record sees its own."""
    return replace(shown, link_base="") if shown.kind == "image" else shown


def _row_title(row: RowChanges) -> str:
    verbs = {"create": _("added"), "delete": _("removed"), "update": _("changed")}
    done = verbs.get(row.verb, _("changed"))
    return f"{row.collection.words}: {row.label} ({done})" if row.label else f"{row.collection.words} ({done})"


def _relations(told: list[Told]) -> dict[str, tuple[Field, Any]]:
    changes = [
        change
        for one in told
        for change in (*one.changes, *one.given, *(change for row in one.rows for change in row.changes))
    ]
    return {
        _key(change.field, value): (change.field, value)
        for change in changes
        if change.field.picks
        for value in (change.before, change.after)
        if value is not None
    }


def _key(field: Field, value: Any) -> str:
    return f"{field.target().__name__ if field.target else field.links}.{value}"
