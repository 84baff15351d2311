"""Two people edited the same record: what each of them changed, and a choice for every field they both changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.data import Field, Record
from app.screens.kinds import kind_of
from app.screens.page import ConflictField, ConflictPage, Link
from app.screens.views.authors import author_names
from app.screens.views.columns import column
from app.screens.views.relations import reference_to, relation_labels
from app.screens.views.screen import Screen
from app.screens.writing import Submission
from app.screens.writing.submission import inline_fields, shown

CHOOSE = "_choose."
"""Before a field's name: whose value stays, `yours` or `theirs`."""
_WHOLE = 200
"""Longer texts are remembered by their hash alone: enough to tell whether they were changed."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Texts of the form by control name: when it was opened, as typed, as stored now."""

    was: Mapping[str, str]
    yours: Mapping[str, str]
    theirs: Mapping[str, str]

    def is_yours(self, name: str) -> bool:
        return _mark(self.yours[name]) != self.was.get(name, _mark(""))

    def differs(self, name: str) -> bool:
        """Both sides changed it, and not to the same."""
        return self.is_theirs(name) and _mark(self.yours[name]) != _mark(self.theirs.get(name, ""))

    def is_theirs(self, name: str) -> bool:
        return _mark(self.theirs.get(name, "")) != self.was.get(name, _mark(""))


def remembered(texts: Mapping[str, str]) -> str:
    """What the form shows when it is opened, by control, kept in the form itself."""
    return json.dumps({name: _mark(text) for name, text in texts.items()}, ensure_ascii=False)


def row_control(collection: str, row: object, name: str) -> str:
    """What a child row's control is called among these texts: its place in the form may be another next time."""
    return f"{collection}:{row}:{name}"


def theirs_dropped(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """The posted form without the fields for which the other side was chosen: what is not posted stays as it is."""
    dropped = {key.removeprefix(CHOOSE) for key in form if key.startswith(CHOOSE) and form[key] == "theirs"}
    if not dropped:
        return form
    kept = [(key, value) for key, value in form.items(multi=True) if key.removesuffix("-currency") not in dropped]
    return MultiDict(kept)


def conflict_page(
    screen: Screen, record: Record, submission: Submission, form: MultiDict[str, str]
) -> ConflictPage | None:
    """The page that asks; None when the person had changed nothing."""
    stored = _texts(screen, record)
    typed = {**submission.texts, **_inline_texts(submission)}
    sides = Sides(_read(form.get("_was", "")), typed, stored)
    mine = [name for name in typed if sides.is_yours(name)]
    if not mine:
        return None
    fields = screen.surface.editable(is_new=False)
    both = [name for name in mine if name in fields and sides.differs(name)]
    only_theirs = [name for name in fields if name not in mine and sides.is_theirs(name)]
    merged = [fields[name].words for name in mine if name in fields and name not in both]
    return ConflictPage(
        title=_("Somebody else saved first"),
        words=_words(screen, record, bool(both)),
        action_href=screen.href(record.id, "edit"),
        cancel_href=screen.href(record.id),
        fields=tuple(_asked(screen, {name: fields[name] for name in both}, sides)),
        hidden=tuple(_hidden(screen, record, sides, mine, submission)),
        merged=(*merged, *(fields[name].words for name in only_theirs)),
        trail=screen.trail(Link(str(record), screen.href(record.id))),
    )


def _words(screen: Screen, record: Record, must_choose: bool) -> str:
    name = author_names(screen.surface.session, [record.updated_by]).get(record.updated_by, _("Somebody"))
    when = format_datetime(record.updated_at, "short")
    said = _(
        "%(name)s saved “%(record)s” on %(when)s, while you were typing.", name=name, record=str(record), when=when
    )
    if must_choose:
        advice = _("Choose for each field which value stays.")
    else:
        advice = _("You changed different fields, so both changes can be kept.")
    return f"{said} {advice}"


def _asked(screen: Screen, fields: Mapping[str, Field], sides: Sides) -> list[ConflictField]:
    wanted = {
        f"{side}.{name}": (field, texts.get(name, ""))
        for name, field in fields.items()
        if field.picks
        for side, texts in (("was", sides.was), ("yours", sides.yours), ("theirs", sides.theirs))
    }
    labels = relation_labels(screen.surface.session, wanted)

    def value(side: str, texts: Mapping[str, str], field: Field) -> Any:
        return _value(field, texts.get(field.name, ""), labels.get(f"{side}.{field.name}"))

    return [
        ConflictField(
            CHOOSE + name,
            field.words,
            column(screen.surface, field),
            value("was", sides.was, field),
            value("theirs", sides.theirs, field),
            value("yours", sides.yours, field),
        )
        for name, field in fields.items()
    ]


def _value(field: Field, text: str, label: str | None) -> Any:
    """A form's text as a value to show; the text itself when it cannot be read."""
    if not text or text.startswith("#:"):
        return _("(a long text)") if text else None
    if field.picks:
        return reference_to(text, label)
    try:
        return kind_of(field).parse(field, text)
    except ValueError:
        return text


def _hidden(
    screen: Screen, record: Record, sides: Sides, mine: list[str], submission: Submission
) -> list[tuple[str, str]]:
    """What the next try sends: only what this person changed, on top of what is stored now."""
    found = [("_version", str(record.version)), ("_was", remembered(_texts(screen, record)))]
    if submission.confirmed:
        found.append(("_confirmed", "1"))
    fields = screen.surface.editable(is_new=False)
    rules = [fields[name].show_if for name in mine if name in fields]
    deciding = {rule.partition("=")[0] for rule in rules if rule}
    sent = [name for name in submission.texts if name in mine or name in deciding]
    found += [(name, sides.yours[name]) for name in sent]
    for collection, rows in submission.inlines.items():
        for row in rows:
            prefix, stem = f"{collection}-{row.index}-", f"{collection}:{row.id}:"
            if row.delete or row.id is None or any(name.startswith(stem) for name in mine):
                found += [(prefix + name, text) for name, text in row.submission.texts.items()]
                found += [(prefix + "id", str(row.id or "")), *([(prefix + "_delete", "1")] if row.delete else [])]
    return found


def _texts(screen: Screen, record: Record) -> dict[str, str]:
    """Every control of the form and what it shows for the record."""
    texts = {name: shown(record, field) for name, field in screen.surface.editable(is_new=False).items()}
    for name, collection in screen.surface.inlines().items():
        fields = inline_fields(screen.surface, collection, screen.surface.target(collection))
        for row in getattr(record, name):
            texts |= {row_control(name, row.id, each): shown(row, field) for each, field in fields.items()}
    return texts


def _inline_texts(submission: Submission) -> dict[str, str]:
    """Typed child rows under the names `_texts` uses; new and removed rows always count as changed."""
    found: dict[str, str] = {}
    for collection, rows in submission.inlines.items():
        for row in rows:
            for name, text in row.submission.texts.items():
                found[row_control(collection, row.id or "new", name)] = text
            if row.delete or row.id is None:
                found[row_control(collection, row.id or row.index, "_changed")] = "1"
    return found


def _mark(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    return plain if len(plain) <= _WHOLE else "#:" + hashlib.sha256(plain.encode()).hexdigest()[:16]


def _read(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
