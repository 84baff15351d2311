"""The form of a record as its template needs it: sections, controls, child rows, what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup

from app.data import Field, Record
from app.screens.laying import Planned, form_plan, inline_order, kept_out
from app.screens.page import FormPage, Hint, InlineRow, InlineView, Link, Option, Problem, SectionView
from app.screens.reading import Surface
from app.screens.reading.snapshot import MOST_CHILDREN, Snapshot, read_children
from app.screens.ruling import rules_of, stored_look
from app.screens.ruling.for_forms import rules_for_form
from app.screens.views.conflict import remembered, row_control
from app.screens.views.controls import Known
from app.screens.views.printing import Printer, print_macro
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen, next_target
from app.screens.writing import Submission
from app.screens.writing.submission import OFFERED, inline_fields, shown


@dataclass
class Draft:
    """A form in the making: the record it is about, and what was typed into it."""

    record: Record | Snapshot | None = None
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


@dataclass(frozen=True, slots=True)
class _Collection:
    """The rows of a collection edited inside the form."""

    declared: Field
    what: str
    """What one of its rows is called."""
    fields: Mapping[str, Field]
    rows: list[_Child]


def form_page(screen: Screen, draft: Draft) -> FormPage:
    """Everything the form's template prints. One statement looks up the names of all chosen relations."""
    editable = screen.surface.editable(is_new=draft.record is None)
    texts = {name: draft.text(name, declared) for name, declared in editable.items()}
    collections = [_collection(screen, declared, draft) for declared in screen.surface.inlines().values()]
    printer = Printer(screen, Known(_labels(screen, editable, texts, collections, draft), draft.found))
    plan = _planned(screen, editable, draft)
    told = [name for one in plan for name, _width in one.fields]
    rules = rules_for_form(screen.surface, told, stored_look(screen.surface, draft.record))
    inlines = tuple(_inline(one, printer) for one in collections)
    return FormPage(
        title=str(draft.record) if draft.record is not None else _("New: %(what)s", what=screen.title),
        action_href=_action(screen, draft),
        cancel_href=next_target(screen.href(draft.record.id) if draft.record is not None else screen.list_href),
        submit_label=_("Save"),
        sections=tuple(_sections(plan, editable, texts, draft, printer)),
        inlines=inlines,
        problems=_problems(draft, editable, collections) if draft.submission and not draft.extra_row else (),
        hints=draft.hints,
        hidden=(
            *_hidden(draft, texts, collections),
            *_unseen(screen, plan, editable, texts, draft),
            *_offered(rules, draft),
        ),
        trail=_trail(screen, draft),
        again_label=_("Save and add another") if draft.record is None else "",
        is_dirty=draft.submission is not None,
        rules=rules,
        is_conditional=bool(rules) or any(editable[name].show_if for name in told) or any(map(_depends, inlines)),
        has_files=any(one.kind == "image" for one in editable.values()),
    )


def _depends(view: InlineView) -> bool:
    """Whether some fields of its rows are shown under conditions."""
    return "data-show-if" in view.blank


def _offered(rules: str, draft: Draft) -> Iterator[tuple[str, str]]:
    """Where the script notes what it filled in by a rule."""
    if rules:
        yield OFFERED, " ".join(sorted(draft.submission.offered)) if draft.submission is not None else ""


def _action(screen: Screen, draft: Draft) -> str:
    return screen.href("add") if draft.record is None else screen.href(draft.record.id, "edit")


def _trail(screen: Screen, draft: Draft) -> tuple[Link, ...]:
    record = draft.record
    return screen.trail(*([Link(str(record), screen.href(record.id))] if record is not None else []))


def _hidden(draft: Draft, texts: Mapping[str, str], collections: list[_Collection]) -> Iterator[tuple[str, str]]:
    target = request.values.get("next", "")
    if target:
        yield "next", target
    if draft.record is not None:
        version = draft.submission.version if draft.submission is not None else None
        yield "_version", str(version or draft.record.version)
        yield "_was", draft.opened if draft.submission is not None else _opened(texts, collections)


def _opened(texts: Mapping[str, str], collections: list[_Collection]) -> str:
    """What the form shows when it is opened, for when somebody else saves first."""
    of_rows = {
        row_control(one.declared.name, row.id, name): text
        for one in collections
        for row in one.rows
        for name, text in row.texts.items()
    }
    return remembered({**texts, **of_rows})


def _planned(screen: Screen, editable: Mapping[str, Field], draft: Draft) -> list[Planned]:
    """The sections with what of them can be filled in; none is empty, and no field stands twice."""
    left = set(editable)
    found = []
    for one in form_plan(screen.surface, editable, _needed(screen, editable, draft)):
        fields = tuple((name, width) for name, width in one.fields if name in left)
        left.difference_update(name for name, _width in fields)
        if fields:
            found.append(replace(one, fields=fields))
    return found


def _needed(screen: Screen, editable: Mapping[str, Field], draft: Draft) -> list[str]:
    """What a form must hold, or nobody could save it: what is required, by a rule as well, or refused."""
    asked = {one.field.name for rule in rules_of(screen.surface) for one in rule.then if one.do == "require"}
    is_new = draft.record is None
    return [
        name
        for name, declared in editable.items()
        if name in asked or draft.error(name) or (is_new and declared.required and declared.default is None)
    ]


def _sections(
    plan: list[Planned], editable: Mapping[str, Field], texts: Mapping[str, str], draft: Draft, printer: Printer
) -> Iterator[SectionView]:
    takes_focus = draft.submission is None
    for one in plan:
        fields = []
        for name, width in one.fields:
            is_first = takes_focus and not one.is_folded
            fields.append(_control(editable[name], texts[name], draft, printer, width=width, autofocus=is_first))
            takes_focus = takes_focus and not is_first
        is_open = any(draft.error(name) for name, _width in one.fields)
        yield SectionView(one.label, tuple(fields), is_folded=one.is_folded and bool(one.label), is_open=is_open)


def _unseen(
    screen: Screen, plan: list[Planned], editable: Mapping[str, Field], texts: Mapping[str, str], draft: Draft
) -> Iterator[tuple[str, str]]:
    """What a new record is given without being asked: a copy's values, and those of an address, of fields that the
    layout leaves out."""
    if draft.record is not None or (draft.submission is None and not draft.prefilled):
        return
    told = {name for one in plan for name, _width in one.fields}
    for name in kept_out(screen.surface, editable):
        if name not in told and texts[name] != shown(None, editable[name]):
            yield name, texts[name]


def plan_of(screen: Screen, fields: Collection[str]) -> list[str]:
    """Those of the fields that stand in the form, in its order, the tenant's own last."""
    named = [name for one in form_plan(screen.surface, fields) for name, _width in one.fields if name in fields]
    return list(dict.fromkeys(named))


def _control(
    declared: Field, text: str, draft: Draft, printer: Printer, *, width: str = "", autofocus: bool = False
) -> Markup:
    error = draft.error(declared.name)
    is_given = draft.record is None and declared.name in ("target_type", "target_id") and text and not error
    if is_given:
        return printer.given(declared, text)
    return printer.field(declared, text, error, autofocus=autofocus, width=width)


# --- child rows -------------------------------------------------------------------------------------------------------


def _collection(screen: Screen, declared: Field, draft: Draft) -> _Collection:
    child = screen.surface.target(declared)
    fields = inline_order(child, inline_fields(screen.surface, declared, child))
    what = child.entry.resource.words if child is not None else declared.words
    return _Collection(declared, what, fields, _rows(screen.surface, declared, fields, draft))


def _rows(surface: Surface, collection: Field, fields: Mapping[str, Field], draft: Draft) -> list[_Child]:
    rows: list[_Child] = []
    if draft.submission is not None:
        for one in draft.submission.inlines.get(collection.name, []):
            texts, errors = one.submission.texts, one.submission.errors
            rows.append(_Child(one.index, texts, errors, str(one.id or ""), one.delete))
    elif draft.record is not None:
        for at, row in enumerate(_stored_rows(surface, collection, draft.record)):
            texts = {name: shown(row, declared) for name, declared in fields.items()}
            rows.append(_Child(str(at), texts, {}, str(row.id)))
    if draft.extra_row == collection.name:
        rows.append(_blank(fields, str(_next_number(rows))))
    return rows


def _stored_rows(surface: Surface, collection: Field, record: Record | Snapshot) -> Sequence[Record | Snapshot]:
    if isinstance(record, Snapshot):
        return read_children(surface, collection, record.id)
    found: list[Record] = getattr(record, collection.name)
    return found[:MOST_CHILDREN]


def _blank(fields: Mapping[str, Field], index: str) -> _Child:
    return _Child(index, {name: shown(None, declared) for name, declared in fields.items()}, {})


def _next_number(rows: list[_Child]) -> int:
    return max((int(row.index) for row in rows if row.index.isdigit()), default=-1) + 1


def _inline(collection: _Collection, printer: Printer) -> InlineView:
    declared, fields = collection.declared, collection.fields
    return InlineView(
        name=declared.name,
        label=printer.words(declared),
        help="" if declared.help is None else str(declared.help),
        add_label=_("Add: %(what)s", what=collection.what),
        headings=tuple(printer.words(field) for field in fields.values()),
        rows=tuple(_inline_row(collection, row, printer) for row in collection.rows),
        blank=printer.kept(declared.name, fields.values(), lambda: _pattern(collection, printer)),
        next_number=_next_number(collection.rows),
        is_ordered="position" in fields and fields["position"].kind == "integer",
    )


def _pattern(collection: _Collection, printer: Printer) -> str:
    return print_macro("inline_row")(_inline_row(collection, _blank(collection.fields, "{n}"), printer))


def _inline_row(collection: _Collection, row: _Child, printer: Printer) -> InlineRow:
    prefix = f"{collection.declared.name}-{row.index}-"
    cells = tuple(
        printer.cell(declared, prefix + name, row.texts.get(name, ""), row.errors.get(name, ""))
        for name, declared in collection.fields.items()
    )
    whole = row.errors.get("", "")
    return InlineRow(cells, ((prefix + "id", row.id),), prefix + "_delete", row.removed, (whole,) if whole else ())


# --- names of relations, problems -------------------------------------------------------------------------------------


def _labels(
    screen: Screen,
    editable: Mapping[str, Field],
    texts: Mapping[str, str],
    collections: list[_Collection],
    draft: Draft,
) -> dict[str, str]:
    """A snapshot knows the names of its own relations; those of anything else are looked up."""
    known = draft.record.__labels__ if isinstance(draft.record, Snapshot) else {}
    wanted: dict[str, tuple[Field, Any]] = {
        name: (declared, texts[name]) for name, declared in editable.items() if declared.picks and name not in known
    }
    for one in collections:
        relations = {name: declared for name, declared in one.fields.items() if declared.picks}
        for row in one.rows:
            for name, declared in relations.items():
                wanted[f"{one.declared.name}-{row.index}-{name}"] = (declared, row.texts.get(name, ""))
    return {**known, **relation_labels(screen.surface.session, wanted)}


def _problems(draft: Draft, editable: Mapping[str, Field], collections: list[_Collection]) -> tuple[Problem, ...]:
    """The lines of the summary: of the whole form, of fields, of rows."""
    errors = draft.submission.errors if draft.submission is not None else {}
    found = [_problem(words, name, name, editable) for name, words in errors.items()]
    for one in collections:
        for row in one.rows:
            stem = f"{one.declared.name}-{row.index}-"
            found += [_problem(words, stem + name, name, one.fields) for name, words in row.errors.items()]
    return tuple(found)


def _problem(words: str, control: str, name: str, fields: Mapping[str, Field]) -> Problem:
    return Problem(words, control, fields[name].words) if name in fields else Problem(words)
