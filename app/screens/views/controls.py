"""From a field and the text it holds to the control of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask_babel import gettext as _

from app.data import Field
from app.screens.kinds import reader
from app.screens.page import FieldView, Option, Picker
from app.screens.reading.surface import Surface
from app.screens.ruling.for_forms import show_if_json
from app.screens.views.columns import picture_base
from app.screens.views.screen import Screen

COMMON_CURRENCIES = ("USD", "EUR", "GBP", "SAR", "AED", "EGP", "KWD", "INR", "JPY", "CNY")
_LIMITED = ("text", "email", "url", "long_text")
FIND = "_find."
"""Before the name of a relation's control: where a reader without scripts types the words to look for."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was looked up for the relations of a form, by control name."""

    labels: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)


def control_of(
    screen: Screen,
    declared: Field,
    name: str,
    text: str,
    error: str = "",
    *,
    known: Known | None = None,
    pick_stem: str = "",
    compact: bool = False,
    prefix: str = "",
    autofocus: bool = False,
    width: str = "",
) -> FieldView:
    """The control called `name`. `pick_stem` is the address that a relation's field name is put behind to search."""
    amount, unit = money_parts(text) if declared.kind == "money" else (text, "")
    return FieldView(
        name=name,
        label=declared.words,
        kind="belongs_to" if declared.picks else "text" if declared.kind == "record_id" else declared.kind,
        value=amount,
        unit=unit,
        help=_help(declared),
        errors=(error,) if error else (),
        required=declared.required and declared.kind != "flag",
        autofocus=autofocus,
        options=_options(declared, unit, text),
        max_length=declared.max_length if declared.kind in _LIMITED else None,
        picker=_picker(screen, declared, name, text, known or Known(), pick_stem),
        show_if=show_if_json(declared, prefix),
        width=width,
        compact=compact,
        pictures=_pictures(screen, declared, prefix) if declared.kind == "image" else "",
    )


def _pictures(screen: Screen, declared: Field, prefix: str) -> str:
    """Where the pictures of a field are, of a child row's as well."""
    collection = screen.surface.entry.fields.get(prefix.partition("-")[0]) if prefix else None
    surface = screen.surface if collection is None else screen.surface.target(collection)
    return picture_base(surface, declared) if surface is not None else ""


def _help(declared: Field) -> str:
    if declared.help is not None:
        return str(declared.help)
    if declared.fields_of:
        return _("Fields by their labels. Where you type them: with commas between.")
    return _("Separate them with commas.") if declared.kind == "tags" else ""


def money_parts(text: str) -> tuple[str, str]:
    """`12.50 USD` as amount and currency; the tenant's currency where none is named."""
    amount, _blank, code = text.rpartition(" ")
    if amount and len(code) == 3 and code.isalpha():
        return amount, code.upper()
    return text, reader().currency


def _options(declared: Field, unit: str, text: str) -> tuple[Option, ...]:
    if declared.kind == "choice":
        offered = tuple(Option(one.value, one.words) for one in declared.offered)
        if not text or any(one.value == text for one in offered):
            return offered
        # What is stored stays what it is, by its words, although nobody is offered it any more.
        stored = tuple(Option(one.value, one.words_here) for one in declared.choices if one.value == text)
        return (*stored, *offered)
    if declared.kind == "long_text":
        return tuple(Option(one.value, one.words, group=str(one.group or "")) for one in declared.offered)
    if declared.kind == "money":
        codes = dict.fromkeys((reader().currency, unit, *COMMON_CURRENCIES))
        return tuple(Option(code, code) for code in codes if code)
    return ()


def _picker(screen: Screen, declared: Field, name: str, text: str, known: Known, stem: str) -> Picker | None:
    stem = stem or screen.href("pick")
    if declared.kind == "tags":
        return Picker(f"{stem}/{declared.name}", beside=declared.fields_of)
    if not declared.picks:
        return None
    target = screen.surface.target(declared)
    options = known.found.get(name, ())
    if text and all(option.value != text for option in options):
        options = (Option(text, known.labels.get(name, _("Unknown"))), *options)
    create_href, create_label = _creation(target)
    return Picker(f"{stem}/{declared.name}", options, create_href, create_label, find_name=FIND + name)


def _creation(target: Surface | None) -> tuple[str, str]:
    """Where a picker makes a new record from a mere name."""
    if target is None or not may_create(target):
        return "", ""
    what = target.entry.resource.words
    return f"{request.script_root}{target.entry.path}/quick", _("New: %(what)s “{name}”", what=what)


def may_create(target: Surface | None) -> bool:
    """May the reader make a new record of this kind from a mere name?"""
    return target is not None and bool(target.entry.resource.quick_create) and target.may("create")
