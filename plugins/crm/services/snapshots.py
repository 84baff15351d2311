"""Snapshots of what others say of a person or lead: taken by sources, kept as they were, held against the one before.

A source is another plugin: `crm_sources()` names what it has, `crm_look_up(record)` asks it. What has no plugin is sent
over REST, or by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import format_date, ngettext
from sqlalchemy import func, select

from app.sdk import Contact, FieldError, JobRun, Record, _, ask, check_target, enqueue, reach, session, utcnow
from plugins.crm.models import Lead, SocialSnapshot
from plugins.crm.models.social import SOURCES

REFRESH = "crm.refresh_snapshots"
KINDS: Mapping[str, type[Record]] = {"contacts.contact": Contact, "crm.lead": Lead}
MOST_CHANGES = 10
Flat = Mapping[str, Any]


def check_snapshot(snapshot: SocialSnapshot, is_new: bool) -> None:
    """It is of a moment, and hangs on a contact or a lead that is there and within reach."""
    snapshot.taken_at = snapshot.taken_at or utcnow()
    if is_new and snapshot.target_type not in KINDS:
        raise FieldError("target_type", _("A snapshot is of a contact or a lead."))
    check_target(snapshot, is_new)


# --- taking them ---------------------------------------------------------------------------------------------------


def has_sources(record: Any) -> bool:
    """Whether a plugin that looks people up is on here."""
    return bool(source_labels())


def source_labels() -> dict[str, Any]:
    """What the sources of other plugins are called."""
    return {name: label for named in ask("crm_sources") for name, label in named.items()}


def refresh(rows: Sequence[Record]) -> str:
    """Have all sources asked about these records, soon and apart from this request."""
    for row in rows:
        enqueue(REFRESH, _kind_of(row), str(row.id), unique_key=f"{REFRESH} {row.id}")
    return _("The sources are asked; what they say is listed here soon.")


def take(run: JobRun, kind: str, record_id: str) -> int:
    """The job: a snapshot of each source that knows the record. Returns how many."""
    record = session.get(KINDS[kind], UUID(record_id))
    answers = ask("crm_look_up", record=record) if record is not None else []
    for said in answers:
        session.add(
            SocialSnapshot(
                target_type=kind, target_id=UUID(record_id), taken_at=utcnow(), source=str(said["source"]),
                headline=said.get("headline"), profile=said.get("profile"), data=said.get("data"),
            )
        )  # fmt: skip
    return len(answers)


def _kind_of(row: Record) -> str:
    return next(kind for kind, model in KINDS.items() if isinstance(row, model))


# --- showing them --------------------------------------------------------------------------------------------------


def newest(record: Any) -> list[tuple[str, str, str]]:
    """Of each source what it said last and when, and what is different from the time before."""
    labels = {one.value: one.words for one in SOURCES} | {name: str(said) for name, said in source_labels().items()}
    found: list[tuple[str, str, str]] = []
    for last, before in _pairs(record):
        words = " · ".join(_apart(one) for one in (last.headline, format_date(last.taken_at, "medium")) if one)
        found.append((labels.get(last.source, last.source), words, last.profile or ""))
        changes = list(differences(before, last)) if before is not None else []
        if before is not None and changes:
            since = _("Changed since %(day)s", day=format_date(before.taken_at, "medium"))
            found.append((since, "; ".join(changes[:MOST_CHANGES]) + _and_more(len(changes)), ""))
    return found


def _and_more(count: int) -> str:
    left = count - MOST_CHANGES
    return "; " + ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else ""


def _pairs(record: Any) -> Iterator[tuple[SocialSnapshot, SocialSnapshot | None]]:
    """The last two of each source, by one statement; the source that spoke last first."""
    row: Any = SocialSnapshot
    surface = reach(SocialSnapshot)
    mine = row.target_type == _kind_of(record), row.target_id == record.id, *surface.conditions()
    order = row.taken_at.desc(), row.id.desc()
    ranked = select(row.id, func.row_number().over(partition_by=row.source, order_by=order).label("at")).where(*mine)
    two = ranked.subquery()
    rows = session.scalars(select(row).join(two, two.c.id == row.id).where(two.c.at <= 2).order_by(*order))
    by_source: dict[str, list[SocialSnapshot]] = {}
    for one in rows:
        by_source.setdefault(one.source, []).append(one)
    for several in by_source.values():
        yield several[0], several[1] if len(several) > 1 else None


def differences(before: SocialSnapshot, after: SocialSnapshot) -> Iterator[str]:
    """`followers: 20, before 12`, for whatever was said differently, by its path in the data."""
    old, new = _flat(before), _flat(after)
    for path in dict.fromkeys((*old, *new)):
        if old.get(path) != new.get(path):
            now, then = _said(new.get(path)), _said(old.get(path))
            yield _("%(field)s: %(now)s, before %(then)s", field=_apart(path), now=now, then=then)


def _said(value: Any) -> str:
    return "–" if value in (None, "", [], {}) else _apart(str(value))


def _apart(text: str) -> str:
    """In its own direction, whatever stands around it."""
    return f"\u2068{text}\u2069"


def _flat(snapshot: SocialSnapshot) -> Flat:
    headline = str(SocialSnapshot.__fields__["headline"].words)
    return {headline: snapshot.headline, **dict(_leaves("", snapshot.data))}


def _leaves(path: str, data: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, dict):
        if path:
            yield path, data
        return
    for name, value in data.items():
        yield from _leaves(f"{path}.{name}".lstrip("."), value)
