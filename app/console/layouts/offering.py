"""What can be arranged of a kind of record, as the editor prints it: nothing that a layout does not know is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel import Locale
from flask import current_app
from flask_babel import gettext as _
from flask_babel import pgettext as _p

from app.console.layouts.editing import FieldLine, Line, SectionCard
from app.data import Field
from app.host import Entry, registry
from app.host.extending import is_here
from app.host.layouts import Arranged, Part, PlacedField
from app.identity.principal import principal
from app.screens.laying import MORE, as_declared, declared_titles, layable
from app.screens.page import Option
from app.screens.reading import Surface
from app.screens.views.panels import panels_of
from app.screens.views.related import related_lists
from app.screens.views.screen import Screen


def kinds_here() -> list[Entry]:
    """The kinds of records that can be laid out, and have rules: those of plugins that are on, as the menu has them."""
    found = [one for one in registry().entries.values() if is_here(one.plugin.name)]
    return [one for one in found if one.resource.menu or one.resource.custom_fields or one.model in registry().homes]


def languages() -> list[str]:
    """The tenant's language first, then all others that are offered."""
    person = principal()
    own = person.tenant.locale if person is not None and person.tenant is not None else "en"
    offered = list(current_app.config["LANGUAGES"])
    return [*(one for one in offered if one == own), *(one for one in offered if one != own)]


def whole(surface: Surface, arranged: Arranged) -> Arranged:
    """With what the layout does not know (new fields) in a last section."""
    known = arranged.known
    new = [one for part in as_declared(surface).parts for one in part.fields if one.name not in known]
    if not new:
        return arranged
    parts = list(arranged.parts)
    if parts and not parts[-1].titles and parts[-1].declared == MORE:
        parts[-1] = Part((*parts[-1].fields, *new), MORE, {}, parts[-1].look)
    else:
        parts.append(Part(tuple(new), MORE))
    return Arranged(tuple(parts), arranged.blocks, arranged.columns, arranged.sort, arranged.view)


def section_cards(surface: Surface, arranged: Arranged) -> Iterator[SectionCard]:
    fields, titles = layable(surface), declared_titles(surface.entry)
    spoken = languages()
    for at, part in enumerate(arranged.parts):
        words = str(titles.get(part.declared, part.declared))
        own = tuple((one, _language(one), part.titles.get(one, "")) for one in spoken)
        yield SectionCard(
            f"s{at}", part.declared, words, own, part.look, tuple(_line(one, fields) for one in part.fields)
        )  # fmt: skip


def _line(one: PlacedField, fields: dict[str, Field]) -> FieldLine:
    field = fields.get(one.name)
    if field is None:
        return FieldLine(one.name, one.name, one.place, one.width, is_here=False)
    needed = field.required and field.default is None and field.kind not in ("flag", "tags")
    return FieldLine(one.name, field.words, one.place, one.width, needed, is_readonly=field.readonly)


def _language(code: str) -> str:
    return str(Locale.parse(code).display_name or code)


def block_lines(screen: Screen, arranged: Arranged) -> list[Line]:
    """Related lists and panels in the layout's order; new ones come last."""
    here = {one.name: one.label for one in related_lists(screen)}
    here |= {placed.key: str(placed.panel.title) for placed in panels_of(screen)}
    told = [Line(name, here.get(name, ""), shown) for name, shown in arranged.blocks]
    known = {one.name for one in told}
    return [*told, *(Line(name, label, True) for name, label in here.items() if name not in known)]


def column_lines(surface: Surface, arranged: Arranged) -> list[Line]:
    """The columns of lists, the chosen ones first."""
    shown = surface.fields.items()
    fields = {name: one for name, one in shown if one.picks or one.kind not in ("has_many", "record_id")}
    fields.pop("deleted_at", None)
    chosen = arranged.columns or tuple(surface.default_columns())
    told = [Line(name, fields[name].words if name in fields else "", True) for name in chosen]
    return [*told, *(Line(name, one.words, False) for name, one in fields.items() if name not in chosen)]


def sort_options(surface: Surface, arranged: Arranged) -> Sequence[Option]:
    found = [Option("", _("As the plugin declares it"), not arranged.sort)]
    for name, one in surface.sortable().items():
        found.append(Option(name, _("%(field)s, ascending", field=one.words), arranged.sort == name))
        found.append(Option(f"-{name}", _("%(field)s, descending", field=one.words), arranged.sort == f"-{name}"))
    return found


def view_options(screen: Screen, arranged: Arranged) -> Sequence[Option]:
    """Ways to look at the records that this kind has."""
    words = {"board": _("Board"), "calendar": _("Calendar"), "gallery": _("Gallery"), "tree": _p("records", "Tree")}
    found = [Option("list", _("List"), arranged.view in ("", "list"))]
    return [*found, *(Option(one, label, arranged.view == one) for one, label in words.items() if screen.has(one))]
