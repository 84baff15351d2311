"""The form of a record as its template needs it: sections, controls, child rows, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.data import Field, Record
from app.host.custom_fields import PREFIX
from app.screens.page import FieldView, FormPage, Hint, InlineRow, InlineView, Link, Option, Problem, SectionView
from app.screens.views.controls import Known, control_of
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen, next_target
from app.screens.writing import Submission
from app.screens.writing.submission import inline_fields, shown

FORM_ROWS = 500


@dataclass
class Draft:
    """A form in the making: the record it is about, and what was typed into it."""

    record: Record | None = None
    submission: Submission | None = None
    prefilled: Mapping[str, str] = field(default_factory=dict)
    opened: str = ""
    found: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()
    extra_row: str = ""

    def text(self, name: str, declared: Field) -> str:
        """What the control holds: as typed, as handed over by the address, as stored."""
        if self.submission is not None and name in self.submission.texts:
            return self.submission.texts[name]
        if self.record is None and name in self.prefilled:
            return self.prefilled[name]
        return shown(self.record, declared)

    def error(self, name: str) -> str:
        return self.submission.errors.get(name, "") if self.submission is not None else ""


@dataclass(frozen=True, slots=True)
class _Child:
    """One row of a collection, before it becomes controls."""

    index: str
    texts: Mapping[str, str]
    errors: Mapping[str, str]
    id: str = ""
    removed: bool = False


def form_page(screen: Screen, draft: Draft) -> FormPage:
    """Everything the form's template prints. One statement looks up the names of all chosen relations."""
    editable = screen.surface.editable(is_new=draft.record is None)
    texts = {name: draft.text(name, declared) for name, declared in editable.items()}
    children = {name: _children(screen, collection, draft) for name, collection in screen.surface.inlines().items()}
    known = Known(_labels(screen, editable, texts, children), draft.found)
    inlines = tuple(_inline(screen, screen.surface.fields[name], rows, known) for name, rows in children.items())
    return FormPage(
        title=str(draft.record) if draft.record is not None else _("New: %(what)s", what=screen.title),
        action_href=_action(screen, draft),
        cancel_href=next_target(screen.href(draft.record.id) if draft.record is not None else screen.list_href),
        submit_label=_("Save"),
        sections=tuple(_sections(screen, editable, texts, draft, known)),
        inlines=inlines,
        problems=_problems(screen, draft, editable) if draft.submission is not None and not draft.extra_row else (),
        hints=draft.hints,
        hidden=tuple(_hidden(draft)),
        trail=_trail(screen, draft),
        again_label=_("Save and add another") if draft.record is None else "",
        is_dirty=draft.submission is not None,
    )


def _action(screen: Screen, draft: Draft) -> str:
    return screen.href("add") if draft.record is None else screen.href(draft.record.id, "edit")


def _trail(screen: Screen, draft: Draft) -> tuple[Link, ...]:
    record = draft.record
    return screen.trail(*([Link(str(record), screen.href(record.id))] if record is not None else []))


def _hidden(draft: Draft) -> Iterator[tuple[str, str]]:
    target = request.values.get("next", "")
    if target:
        yield "next", target
    if draft.record is not None:
        version = draft.submission.version if draft.submission is not None else None
        yield "_version", str(version or draft.record.version)
        yield "_was", draft.opened


def _sections(
    screen: Screen, editable: Mapping[str, Field], texts: Mapping[str, str], draft: Draft, known: Known
) -> Iterator[SectionView]:
    left = dict(editable)
    is_first = True
    for label, names in _plan(screen):
        fields = []
        for name in names:
            declared = left.pop(name, None)
            if declared is not None:
                takes_focus = is_first and draft.submission is None
                fields.append(_control(screen, declared, texts[name], draft, known, autofocus=takes_focus))
                is_first = False
        if fields:
            yield SectionView(label, tuple(fields))
    own = [name for name in left if name.startswith(PREFIX)]
    if own:
        yield SectionView(_("Own fields"), tuple(_control(screen, left[n], texts[n], draft, known) for n in own))


def _plan(screen: Screen) -> list[tuple[str, list[str]]]:
    """Titles and field names in order: as declared, or all editable fields in one section."""
    resource = screen.entry.resource
    if resource.sections:
        return [(str(section.title), section.fields.split()) for section in resource.sections]
    names = resource.form.split() or [name for name in screen.surface.fields if not name.startswith(PREFIX)]
    return [("", names)]


def _control(
    screen: Screen, declared: Field, text: str, draft: Draft, known: Known, *, autofocus: bool = False
) -> FieldView:
    name = declared.name
    view = control_of(screen, declared, name, text, draft.error(name), known=known, autofocus=autofocus)
    is_given = draft.record is None and name in ("target_type", "target_id") and text and not draft.error(name)
    return FieldView(name, view.label, "hidden", text) if is_given else view


# --- child rows -------------------------------------------------------------------------------------------------------


def _children(screen: Screen, collection: Field, draft: Draft) -> list[_Child]:
    fields = _child_fields(screen, collection)
    rows: list[_Child] = []
    if draft.submission is not None:
        for one in draft.submission.inlines.get(collection.name, []):
            texts, errors = one.submission.texts, one.submission.errors
            rows.append(_Child(one.index, texts, errors, str(one.id or ""), one.delete))
    elif draft.record is not None:
        for at, row in enumerate(getattr(draft.record, collection.name)[:FORM_ROWS]):
            texts = {name: shown(row, declared) for name, declared in fields.items()}
            rows.append(_Child(str(at), texts, {}, str(row.id)))
    if draft.extra_row == collection.name:
        rows.append(_blank(fields, str(_next_number(rows))))
    return rows


def _child_fields(screen: Screen, collection: Field) -> dict[str, Field]:
    return inline_fields(screen.surface, collection, screen.surface.target(collection))


def _blank(fields: Mapping[str, Field], index: str) -> _Child:
    return _Child(index, {name: shown(None, declared) for name, declared in fields.items()}, {})


def _next_number(rows: list[_Child]) -> int:
    return max((int(row.index) for row in rows if row.index.isdigit()), default=-1) + 1


def _inline(screen: Screen, collection: Field, rows: list[_Child], known: Known) -> InlineView:
    fields = _child_fields(screen, collection)
    stem = screen.href("pick", collection.name)
    made = [_inline_row(screen, collection, fields, row, known, stem) for row in rows]
    child = screen.surface.target(collection)
    what = child.entry.resource.words if child is not None else collection.words
    return InlineView(
        name=collection.name,
        label=collection.words,
        add_label=_("Add: %(what)s", what=what),
        headings=tuple(declared.words for declared in fields.values()),
        rows=tuple(made),
        blank=_inline_row(screen, collection, fields, _blank(fields, "{n}"), known, stem),
        next_number=_next_number(rows),
    )


def _inline_row(
    screen: Screen, collection: Field, fields: Mapping[str, Field], row: _Child, known: Known, stem: str
) -> InlineRow:
    prefix = f"{collection.name}-{row.index}-"
    controls = tuple(
        control_of(
            screen, declared, prefix + name, row.texts.get(name, ""), row.errors.get(name, ""),
            known=known, pick_stem=stem, compact=True, prefix=prefix,
        )
        for name, declared in fields.items()
    )  # fmt: skip
    whole = row.errors.get("", "")
    return InlineRow(controls, ((prefix + "id", row.id),), prefix + "_delete", row.removed, (whole,) if whole else ())


# --- names of relations, problems -------------------------------------------------------------------------------------


def _labels(
    screen: Screen, editable: Mapping[str, Field], texts: Mapping[str, str], children: Mapping[str, list[_Child]]
) -> dict[str, str]:
    wanted: dict[str, tuple[Field, Any]] = {
        name: (declared, texts[name]) for name, declared in editable.items() if declared.kind == "belongs_to"
    }
    for collection, rows in children.items():
        fields = _child_fields(screen, screen.surface.fields[collection])
        for row in rows:
            for name, declared in fields.items():
                if declared.kind == "belongs_to":
                    wanted[f"{collection}-{row.index}-{name}"] = (declared, row.texts.get(name, ""))
    return relation_labels(screen.surface.session, wanted)


def _problems(screen: Screen, draft: Draft, editable: Mapping[str, Field]) -> tuple[Problem, ...]:
    """The lines of the summary: of the whole form, of fields, of rows."""
    submission = draft.submission
    if submission is None:
        return ()
    found = [
        Problem(words, name if name in editable else "", editable[name].words if name in editable else "")
        for name, words in submission.errors.items()
    ]
    for collection, rows in submission.inlines.items():
        fields = _child_fields(screen, screen.surface.fields[collection])
        for row in rows:
            for name, words in row.submission.errors.items():
                control = f"{collection}-{row.index}-{name}" if name in fields else ""
                found.append(Problem(words, control, fields[name].words if name in fields else ""))
    return tuple(found)
