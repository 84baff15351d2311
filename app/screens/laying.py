"""Layouts on screens: which fields a form and a record's page hold, in which sections, and what a list begins with.

Without a layout all is as the plugin declares it. What a layout does not know (a new version's field, a new field of
the tenant's) stands in a last section, on forms as far as the plugin would show it there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import Field
from app.host import Entry, Section
from app.host.custom_fields import PREFIX
from app.host.layouts import VIEWS, Arranged, Part, PlacedField, Width, layout_for
from app.identity.locale import current_locale
from app.screens.reading.surface import Surface

Named = TypeVar("Named")
OWN, MORE = "Own fields", "More"
"""The declared titles of the sections that no plugin declares: of the tenant's fields, of what no section has."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A section to be filled: its title, its fields by name with their width, whether it begins closed."""

    label: str
    fields: tuple[tuple[str, Width], ...]
    is_folded: bool = False


def layout_of(surface: Surface) -> Arranged | None:
    """The layout that holds for whoever the surface is of; another one while it is looked at before it is published."""
    tried: Arranged | None = surface.tried_layout
    return tried or layout_for(surface.session, surface.person, surface.entry.key)


# --- forms -----------------------------------------------------------------------------------------------------------


def form_plan(surface: Surface, editable: Collection[str], needed: Collection[str] = ()) -> list[Planned]:
    """The sections of a form. A field that is `needed` stands in it whatever the layout says."""
    layout = layout_of(surface)
    if layout is None:
        return [*_declared_form(surface.entry, surface), *_own(editable, _("Own fields"))]
    known = layout.known
    plan = [
        Planned(_title(surface.entry, part), _on(part, "form"), part.look == "folded") for part in layout.parts
    ]  # fmt: skip
    told = {name for one in plan for name, _width in one.fields}
    new = [name for one in _declared_form(surface.entry, surface) for name, _width in one.fields if name not in known]
    new += [name for name in editable if name.startswith(PREFIX) and name not in known]
    late = [name for name in editable if name in needed and name not in told and name not in new]
    return [*plan, Planned(_("More"), tuple((name, "") for name in (*dict.fromkeys(new), *late)))]


def _declared_form(entry: Entry, surface: Surface) -> list[Planned]:
    resource = entry.resource
    if resource.sections:
        return [_planned(section) for section in resource.sections]
    names = resource.form.split() or [name for name in surface.fields if not name.startswith(PREFIX)]
    return [Planned("", tuple((name, "") for name in names))]


def kept_out(surface: Surface, names: Collection[str]) -> list[str]:
    """Those of the fields that the form would have as declared, and the layout leaves out of it."""
    layout = layout_of(surface)
    if layout is None:
        return []
    declared = {name for one in _declared_form(surface.entry, surface) for name, _width in one.fields}
    out = {one.name for one in layout.placed if one.place in ("page", "none")}
    return [name for name in names if name in out and (name in declared or name.startswith(PREFIX))]


def _planned(section: Section) -> Planned:
    return Planned(str(section.title), tuple((name, "") for name in section.fields.split()))


def _own(names: Collection[str], label: str) -> Iterator[Planned]:
    own = tuple((name, "") for name in names if name.startswith(PREFIX))
    if own:
        yield Planned(label, own)  # type: ignore[arg-type]


# --- a record's page -------------------------------------------------------------------------------------------------


def page_plan(surface: Surface) -> list[Planned]:
    """The sections of a record's page, preview and paper; what they leave over is for the page to place."""
    layout = layout_of(surface)
    if layout is not None:
        return [
            Planned(_title(surface.entry, part), _on(part, "page"), part.look == "folded") for part in layout.parts
        ]  # fmt: skip
    resource = surface.entry.resource
    sections = resource.detail or resource.sections
    if sections:
        return [_planned(section) for section in sections]
    return [Planned("", tuple((name, "") for name in resource.form.split()))] if resource.form else []


def left_out(surface: Surface) -> Collection[str]:
    """The fields that the layout keeps off a record's page."""
    layout = layout_of(surface)
    return [one.name for one in layout.placed if one.place in ("form", "none")] if layout is not None else ()


def arranged_blocks(surface: Surface, blocks: Mapping[str, Named]) -> list[Named]:
    """Related lists and panels as the layout orders and chooses them; those it does not know come last."""
    layout = layout_of(surface)
    if layout is None:
        return list(blocks.values())
    told = [blocks[name] for name, shown in layout.blocks if shown and name in blocks]
    known = {name for name, _shown in layout.blocks}
    return [*told, *(one for name, one in blocks.items() if name not in known)]


def inline_order(surface: Surface | None, fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields of a row inside a form as the layout of its kind orders them, without those it leaves out."""
    layout = layout_of(surface) if surface is not None else None
    if layout is None:
        return dict(fields)
    known = layout.known
    first = [one.name for one in layout.placed if one.name in fields]
    names = [*first, *(name for name in fields if name not in known)]
    return {name: fields[name] for name in names if _stays(known.get(name), fields[name])}


def _stays(placed: PlacedField | None, field: Field) -> bool:
    is_out = placed is not None and placed.place in ("page", "none")
    return not is_out or (field.required and field.default is None)


# --- lists -----------------------------------------------------------------------------------------------------------


def laid_columns(surface: Surface) -> tuple[str, ...]:
    """The columns a list begins with; nothing where they are as declared."""
    layout = layout_of(surface)
    return tuple(name for name in layout.columns if name in surface.fields) if layout is not None else ()


def laid_sort(surface: Surface) -> str:
    """The order a list begins with; empty where it is as declared."""
    layout = layout_of(surface)
    sort = layout.sort if layout is not None else ""
    return sort if sort.removeprefix("-") in surface.sortable() else ""


def opening_view(surface: Surface) -> str:
    """How the records are shown at first: `board`, `calendar`, `gallery`, `tree`; empty for a list."""
    layout = layout_of(surface)
    view = layout.view if layout is not None else ""
    if view not in VIEWS or view == "list":
        return ""
    field: str | None = getattr(surface.entry.resource, view)
    return view if field is not None and field in surface.fields else ""


# --- titles ----------------------------------------------------------------------------------------------------------


def _on(part: Part, place: str) -> tuple[tuple[str, Width], ...]:
    return tuple((one.name, one.width) for one in part.fields if one.place in ("both", place))


def _title(entry: Entry, part: Part) -> str:
    """In the reader's language: the tenant's own words, those of the plugin, else the own words of any language."""
    own = {key: words for key, words in part.titles.items() if words.strip()}
    language = str(current_locale() or "en")
    if language in own:
        return own[language]
    declared = declared_titles(entry).get(part.declared)
    if declared is not None and not own:
        return str(declared)
    return next(iter(own.values()), part.declared)


def declared_titles(entry: Entry) -> dict[str, Any]:
    """The titles of sections that the plugin declares, by what they are in English: the name they are kept under."""
    kept: dict[str, dict[str, Any]] = current_app.extensions.setdefault("tenantry_titles", {})
    if entry.key not in kept:
        sections = (*entry.resource.sections, *entry.resource.detail)
        with force_locale("en"):
            titles = {str(one.title): one.title for one in sections}
        kept[entry.key] = titles | {OWN: _l("Own fields"), MORE: _l("More")}
    return kept[entry.key]


def as_declared(surface: Surface) -> Arranged:
    """The layout that changes nothing: what arranging begins with."""
    resource = surface.entry.resource
    names = " ".join(name for one in _declared_form(surface.entry, surface) for name, _width in one.fields)
    forms = resource.sections or (Section("", names),)
    pages = resource.detail or forms
    on_form = {name for one in forms for name in one.fields.split()}
    on_page = {name for one in pages for name in one.fields.split()} if pages else set()
    everything = layable(surface)
    parts: list[Part] = []
    placed: set[str] = set()
    with force_locale("en"):
        for section in (*forms, *(one for one in pages if one not in forms)):
            own_names = [one for one in section.fields.split() if one in everything and one not in placed]
            placed.update(own_names)
            fields = tuple(PlacedField(one, _place(one, on_form, on_page)) for one in own_names)
            if fields:
                parts.append(Part(fields, str(section.title)))
    own = tuple(PlacedField(name) for name in everything if name.startswith(PREFIX))
    rest = tuple(PlacedField(name, "none") for name in everything if name not in placed and not name.startswith(PREFIX))
    parts += [Part(own, OWN)] if own else []
    return Arranged((*parts, *([Part(rest, MORE)] if rest else [])))


def _place(name: str, on_form: set[str], on_page: set[str]) -> Any:
    return "both" if name in on_form and name in on_page else "form" if name in on_form else "page"


def layable(surface: Surface) -> dict[str, Field]:
    """The fields that a layout can place: those of forms and of pages; never rows inside a record, nor stamps."""
    fields = {**surface.entry.fields, **surface.custom}
    out = ("target_type", "deleted_at", "merged_into")
    return {
        name: one
        for name, one in fields.items()
        if one.kind != "has_many" and (one.picks or one.kind != "record_id") and name not in out
    }
