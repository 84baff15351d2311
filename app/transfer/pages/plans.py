"""The plan of an import: what was detected, where the columns go, how records are recognised, and a first look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import db
from app.features import can
from app.identity.access import access
from app.screens.kinds import kind_of
from app.screens.page import Link, Option
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.transfer import services
from app.transfer.dialects import dialects, recognised
from app.transfer.drafts import LineReader
from app.transfer.keeping import open_kept
from app.transfer.models import BUSY, Import
from app.transfer.pages.asked import href, import_of, list_link
from app.transfer.plan import Plan, possible_keys, problems_of, targets_of
from app.transfer.reading import ENCODINGS, Line, Unreadable, detect, open_table
from app.transfer.reading.workbook import sheets
from app.transfer.targets import Target, target_at, writable

blueprint = Blueprint("import_plans", __name__, url_prefix="/transfer/imports", template_folder="../templates")
SAMPLES = 8
_MODES = {
    "insert": _l("Add new records only"),
    "update": _l("Change known records only"),
    "upsert": _l("Add new records and change known ones"),
}
_DOUBTFUL = {"import": _l("Import them all the same"), "leave_out": _l("Leave them out, for the file of failed lines")}
_DELIMITER_WORDS = {",": _l("Comma"), ";": _l("Semicolon"), "\t": _l("Tab"), "|": _l("Bar")}
_KIND_WORDS = {"csv": "CSV", "xlsx": "XLSX", "json": "JSON"}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the file: examples of it, where it goes."""

    name: str
    heading: str
    samples: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    problem: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan as it stands; nothing of it is stored before it is sent."""

    title: str
    trail: tuple[Link, ...]
    here: str
    kind: str
    kinds: tuple[Option, ...]
    encodings: tuple[Option, ...]
    delimiters: tuple[Option, ...]
    sheets: tuple[Option, ...]
    has_header: bool
    offers_header: bool
    columns: tuple[ColumnRow, ...]
    modes: tuple[Option, ...]
    keys: tuple[Option, ...]
    doubtful: tuple[Option, ...]
    mappings: tuple[Option, ...]
    mappings_href: str
    problems: tuple[str, ...]
    preview: tuple[tuple[str, tuple[str, ...], str], ...]
    headings: tuple[str, ...]


@blueprint.route("/<uuid:import_id>/plan", methods=["GET", "POST"])
@access("signed-in")
def plan(import_id: UUID) -> Any:
    """See and change the plan; check it, or import."""
    record, surface = import_of(import_id)
    if record.state in BUSY or (record.done_line and not record.is_dry):
        return redirect(href("imports", record.id), 303)
    session = db.session()
    if request.method == "GET":
        return render_template("transfer/plan.html", page=_page(record, surface))
    action = request.form.get("action", "look")
    try:
        changed = _changed(record, surface, action)
        services.change_plan(session, record, changed)
        if action == "save":
            _save(record)
        if action in ("check", "run") and not (problems := _problems(surface, changed)):
            services.start(session, record, dry=action == "check")
            session.commit()
            return redirect(href("imports", record.id), 303)
        session.commit()
    except Unreadable as error:
        session.rollback()
        flash(str(error), "error")
        return redirect(href("imports", import_id, "plan"), 303)
    if action in ("check", "run"):
        return render_template("transfer/plan.html", page=_page(record, surface, problems)), 422
    return redirect(href("imports", record.id, "plan"), 303)


def _problems(surface: Surface, found: Plan) -> list[str]:
    return [] if _is_dialect(surface, found.format.kind) else problems_of(surface, found)


def _is_dialect(surface: Surface, kind: str) -> bool:
    return any(one.name == kind for one in dialects(surface.entry.key))


def _save(record: Import) -> None:
    name = request.form.get("name", "").replace("\0", " ").strip()[:60]
    if not name:
        flash(_("Please give it a name of at most 60 characters."), "error")
        return
    services.save_mapping(db.session(), record, name)
    flash(_("The columns are saved as “%(name)s”.", name=name))


def _changed(record: Import, surface: Surface, action: str) -> Plan:
    """The plan that the form describes. A file that is read another way is guessed anew. Raises Unreadable."""
    before, form = Plan.of(record.plan), request.form
    kind = form.get("kind", before.format.kind)
    if kind != before.format.kind and (_is_dialect(surface, kind) or _is_dialect(surface, before.format.kind)):
        return _of_kind(record, surface, before, kind)
    found = before.format.changed(
        form.get("encoding", ""), form.get("delimiter", ""), form.get("sheet", before.format.sheet),
        has_header=form.getlist("has_header")[-1:] != ["0"],
    )  # fmt: skip
    if found != before.format and not _is_dialect(surface, kind):
        with open_kept(db.session(), record.file_id) as file:
            return services.plan_for(surface, file, found, before.region)
    if action == "load":
        return _loaded(record, before)
    mapping = {}
    for place, heading in enumerate(before.headings):
        path = form.get(f"to-{place}", before.mapping.get(heading, ""))
        if path and target_at(surface, path) is not None:
            mapping[heading] = path
    mode = form.get("mode", before.mode)
    keys = tuple(key for key in form.getlist("keys") if key in mapping.values())
    doubtful = form.get("doubtful", before.doubtful)
    return replace(
        before, mapping=mapping, keys=keys,
        mode=mode if mode in _MODES else before.mode,  # type: ignore[arg-type]
        doubtful=doubtful if doubtful in _DOUBTFUL else before.doubtful,  # type: ignore[arg-type]
    )  # fmt: skip


def _of_kind(record: Import, surface: Surface, before: Plan, kind: str) -> Plan:
    with open_kept(db.session(), record.file_id) as file:
        if _is_dialect(surface, kind):
            return Plan(replace(before.format, kind=kind), region=before.region)
        return services.plan_for(surface, file, detect(file, services.collections_of(surface.entry)), before.region)


def _loaded(record: Import, before: Plan) -> Plan:
    key = as_uuid(request.form.get("mapping", ""))
    found = next((one for one in services.mappings_of(db.session(), record.resource) if one.id == key), None)
    return before.with_mapping_of(Plan.of(found.plan)) if found is not None else before


def _page(record: Import, surface: Surface, problems: list[str] | None = None) -> PlanPage:
    found = Plan.of(record.plan)
    lines: list[Line] = []
    names: list[str] = []
    with open_kept(db.session(), record.file_id) as file:
        dialect = recognised(file, surface.entry.key)
        if not _is_dialect(surface, found.format.kind):
            lines = list(islice(open_table(file, found.format).lines, SAMPLES))
            names = sheets(file) if found.format.kind == "xlsx" else []
    is_text = found.format.kind in ("csv", "json")
    kinds = [Option(one.name, str(one.title), one.name == found.format.kind) for one in ([dialect] if dialect else [])]
    table = found.format.kind if found.format.kind in _KIND_WORDS else "csv"
    kinds.append(Option(table, _KIND_WORDS[table], found.format.kind == table))
    saved = services.mappings_of(db.session(), record.resource)
    return PlanPage(
        title=_("Import: %(what)s", what=record.file_name),
        trail=(list_link(surface.entry),),
        here=href("imports", record.id, "plan"),
        kind=found.format.kind,
        kinds=tuple(kinds),
        encodings=_options(ENCODINGS, found.format.encoding) if is_text else (),
        delimiters=_options(_DELIMITER_WORDS, found.format.delimiter) if found.format.kind == "csv" else (),
        sheets=tuple(Option(name, name, name == found.format.sheet) for name in names),
        has_header=found.format.has_header,
        offers_header=found.format.kind in ("csv", "xlsx"),
        columns=_columns(surface, found, lines),
        modes=_options(_MODES, found.mode) if lines else (),
        keys=tuple(Option(p, t.label, p in found.keys) for p, t in possible_keys(surface, found).items()),
        doubtful=_options(_DOUBTFUL, found.doubtful) if lines and surface.entry.resource.warn is not None else (),
        mappings=tuple(Option(str(one.id), one.name) for one in saved),
        mappings_href=f"{href('mapping')}/" if saved and can("transfer.mapping", "read") else "",
        problems=tuple(problems or ()),
        preview=_preview(surface, found, lines),
        headings=tuple(one.label for one in targets_of(surface, found).values()),
    )


def _options(words: Any, chosen: str) -> tuple[Option, ...]:
    names = words if isinstance(words, dict) else {one: one.upper() for one in words}
    return tuple(Option(value, str(label), value == chosen) for value, label in names.items())


def _columns(surface: Surface, found: Plan, lines: list[Line]) -> tuple[ColumnRow, ...]:
    offered = writable(surface)
    rows = []
    for place, heading in enumerate(found.headings):
        path = found.mapping.get(heading, "")
        extra = target_at(surface, path) if path and path not in offered else None
        samples = tuple(dict.fromkeys(cell[:60] for line in lines if (cell := line.cells[place].strip())))[:3]
        rows.append(ColumnRow(f"to-{place}", heading, samples, _groups(surface, offered, path, extra), ""))
    return tuple(rows)


def _groups(
    surface: Surface, offered: dict[str, Target], path: str, extra: Target | None
) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """Targets by what they belong to; the current one too when it is not among those that are offered."""
    found: dict[str, list[Option]] = {}
    for target in [*offered.values(), *([extra] if extra else [])]:
        title = surface.fields[target.collection].words if target.collection else surface.entry.resource.words
        found.setdefault(title, []).append(Option(target.path, target.label, target.path == path))
    return tuple((title, tuple(options)) for title, options in found.items())


def _preview(surface: Surface, found: Plan, lines: list[Line]) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """The first lines as they would be read. Related records are looked up by the check, not here."""
    reader = LineReader(surface, found)
    rows = []
    for line in lines:
        draft = reader.read(line.number, line.cells)
        values = tuple(_shown(draft, column.target) for column in reader.columns)
        problems = [line.problem] if line.problem else [f"{heading}: {words}" for heading, words in draft.problems]
        rows.append((str(line.number), values, " ".join(problems)))
    return tuple(rows)


def _shown(draft: Any, target: Target) -> str:
    place = draft.rows.get(target.collection, {}).get(target.group, {}) if target.collection else draft.values
    value = draft.record_id if target.path == "id" else place.get(target.field.name)
    if value is None:
        return ""
    if target.field.kind == "choice":
        return next((one.words for one in target.field.choices if one.value == value), str(value))
    return str(value)[:80] if target.field.picks else kind_of(target.field).show(target.field, value)[:80]
