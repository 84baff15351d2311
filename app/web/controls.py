"""`ui_field`: the control of one form field as HTML, by its kind. Everything is escaped here.

WTForms fields - those of Flask-AppBuilder's own forms too - are first turned into a `FieldView`, so that generated
forms and hand-written ones look and behave alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.files.pictures.drawing import MIMES
from app.files.pictures.sizes import shape_of
from app.screens.page import FieldView, Option
from app.screens.page.pictures import FILE, REMOVE

_UNSAFE_IN_ID = re.compile(r"[^A-Za-z0-9_{}-]")


def control_id(name: str) -> str:
    """The id of the control called `name`: labels, errors and the summary point at it."""
    return "f-" + _UNSAFE_IN_ID.sub("-", name)


def ui_field(field: Any) -> Markup:
    """The control of a `FieldView` or of a WTForms field, with its values, limits and ARIA states."""
    view = field if isinstance(field, FieldView) else field_view(field)
    return _CONTROLS.get(view.kind, _line)(view)


def _attributes(view: FieldView, **more: str | int | bool | None) -> str:
    """Attributes every control has, then `more`; True prints the bare name, None and False print nothing."""
    identity = control_id(view.name)
    pairs: dict[str, Any] = {
        "id": identity,
        "name": view.name,
        "required": view.required and not view.readonly,
        "autofocus": view.autofocus,
        "autocomplete": view.autocomplete or None,
        "aria-invalid": "true" if view.errors else None,
        "aria-describedby": _described(view, identity),
        "aria-label": view.label if view.compact else None,
    }
    pairs.update({key.replace("_", "-"): value for key, value in more.items()})
    return "".join([_pair(key, value) for key, value in pairs.items() if value is not None and value is not False])


def _described(view: FieldView, identity: str) -> str | None:
    error = f"{identity}-error" if view.errors else ""
    help_text = f"{identity}-help" if view.help else ""
    return f"{error} {help_text}".strip() or None


def _pair(key: str, value: Any) -> str:
    return f" {key}" if value is True else f' {key}="{escape(value)}"'


def _made(html: str) -> Markup:
    """HTML put together here, every value in it escaped. (Markup.format does both, at thirty times the price.)"""
    return Markup(html)  # noqa: S704


_LINES: dict[str, dict[str, Any]] = {
    "email": {"type": "email", "dir": "ltr", "autocomplete": "off"},
    "phone": {"type": "tel", "dir": "ltr", "autocomplete": "off"},
    "url": {"type": "url", "dir": "ltr", "inputmode": "url"},
    "integer": {"type": "text", "inputmode": "numeric", "dir": "ltr", "class": "short"},
    "decimal": {"type": "text", "inputmode": "decimal", "dir": "ltr", "class": "short"},
    "day": {"type": "date", "class": "short"},
    "moment": {"type": "datetime-local", "step": "any", "class": "short"},
    "password": {"type": "password", "dir": "ltr"},
}


def _line(view: FieldView) -> Markup:
    extra = _LINES.get(view.kind, {"type": "text", "dir": "auto"})
    value = None if view.kind == "password" else view.value
    attributes = _attributes(view, **extra, value=value, maxlength=view.max_length, readonly=view.readonly)
    return _made(f"<input{attributes}>")


def _file(view: FieldView) -> Markup:
    return _made(f"<input{_attributes(view, type='file', disabled=view.readonly)}>")


def _image(view: FieldView) -> Markup:
    """A picture with what changes it. The hidden control holds its key: scripts put there what an upload answers,
    without them the file goes with the form."""
    base, name, shape = escape(view.pictures), escape(view.name), shape_of(view.value)
    width, height = shape.at("card") if shape is not None else (0, 0)
    stem = f"{base}{escape(view.value)}/"
    shown = (
        f'<img src="{stem}card" srcset="{stem}card2 2x" width="{width}" height="{height}" alt="{escape(view.label)}">'
    )
    words = {"empty": _("Choose a picture, drop it here or paste it"), "busy": _("Uploading …"),
             "done": _("The picture is uploaded. Save the form to keep it."), "removed": _("The picture is taken out."),
             "failed": _("It could not be uploaded. Please try again.")}  # fmt: skip
    data = "".join([f' data-{key}="{escape(text)}"' for key, text in words.items()])
    file = _attributes(view, type="file", accept=",".join(MIMES), disabled=view.readonly, name=f"{view.name}{FILE}",
                       required=None, aria_required="true" if view.required else None)  # fmt: skip
    remove = f'<label class="tick" data-picture-remove><input type="checkbox" name="{name}{REMOVE}" value="1">'
    out = _("Take the picture out")
    remove += f"<span>{escape(out)}</span></label>"
    return _made(
        f'<span class="picture-field" data-picture="{base}"{data}>'
        f'<input type="hidden" name="{name}" value="{escape(view.value)}">'
        f'<span class="picture-shown" data-picture-shown>{shown if shape is not None else ""}</span>'
        f'<span class="picture-ways"><input{file}>{remove if shape is not None and not view.required else ""}'
        f'<span class="help" role="status" data-picture-status></span></span></span>'
    )


def _hidden(view: FieldView) -> Markup:
    return _made(f'<input type="hidden" name="{escape(view.name)}" value="{escape(view.value)}">')


def _lines(view: FieldView) -> Markup:
    # The newline after the tag is dropped by browsers; without it they would drop the value's own first one.
    attributes = _attributes(
        view, rows=2 if view.compact else 5, maxlength=view.max_length, readonly=view.readonly, dir="auto"
    )
    area = f"<textarea{attributes}>\n{escape(view.value)}</textarea>"
    return _made(_offers(view, area) if view.options and not (view.compact or view.readonly) else area)


def _offers(view: FieldView, area: str) -> str:
    """Lines to tick, by group. The text keeps the value: scripts write the ticks into it, and without them it is all
    there is."""
    groups = groupby(view.options, key=lambda one: one.group)
    ticks = "".join([_offer_group(name, list(options)) for name, options in groups])
    box = f'<div class="offers" data-offers="{control_id(view.name)}" role="group" aria-label="{escape(view.label)}"'
    words = _("As text")
    text = f'<details class="offers-text" open><summary>{escape(words)}</summary>{area}</details>'
    return f"{box} hidden>{ticks}</div>{text}"


def _offer_group(name: str, options: list[Option]) -> str:
    ticks = "".join(
        [
            f'<label class="tick"><input type="checkbox" value="{escape(one.value)}"><span>{escape(one.label)}'
            f' <code dir="ltr">{escape(one.value)}</code></span></label>'
            for one in options
        ]
    )
    if not name:
        return ticks
    return f'<details><summary>{escape(name)} <span class="offer-count"></span></summary>{ticks}</details>'


def _code(view: FieldView) -> Markup:
    attributes = _attributes(view, rows=8, readonly=view.readonly, dir="ltr", spellcheck="false", **{"class": "code"})
    return _made(f"<textarea{attributes}>\n{escape(view.value)}</textarea>")


def _checkbox(view: FieldView) -> Markup:
    # The hidden twin says “this control was on the form”: browsers send nothing for an empty box.
    is_ticked = view.value in ("1", "true", "y", "on")
    box = _attributes(view, checked=is_ticked, disabled=view.readonly, required=None)
    twin = f'<input type="hidden" name="{escape(view.name)}" value="0"{" disabled" if view.readonly else ""}>'
    return _made(f'<span class="tick">{twin}<input type="checkbox" value="1"{box}></span>')


def _box(view: FieldView) -> Markup:
    # WTForms reads the first value sent: a hidden twin would always win.
    attributes = _attributes(view, checked=view.value == "1", disabled=view.readonly, required=None)
    return _made(f'<span class="tick"><input type="checkbox" value="y"{attributes}></span>')


def _options(options: tuple[Option, ...], value: str) -> str:
    return "".join([_option(one, is_selected=one.selected or one.value == value) for one in options])


def _option(one: Option, *, is_selected: bool) -> str:
    selected = " selected" if is_selected else ""
    return f'<option value="{escape(one.value)}"{selected}>{escape(one.label)}</option>'


def _select(view: FieldView) -> Markup:
    has_blank = any(option.value == "" for option in view.options)
    needs_blank = not has_blank and (not view.required or not view.value)
    blank = _option(Option("", _("Choose") if view.required else ""), is_selected=False) if needs_blank else ""
    known = {option.value for option in view.options}
    stray = (Option(view.value, view.value),) if view.value and view.value not in known else ()
    attributes = _attributes(view, disabled=view.readonly)
    return _made(f"<select{attributes}>{blank}{_options(stray + view.options, view.value)}</select>")


def _select_many(view: FieldView) -> Markup:
    rows = min(max(len(view.options), 3), 12)
    attributes = _attributes(view, multiple=True, size=rows, disabled=view.readonly)
    return _made(f"<select{attributes}>{_options(view.options, chr(0))}</select>")


def _tick_list(view: FieldView) -> Markup:
    boxes = Markup("").join(
        Markup('<label class="tick"><input type="checkbox" name="{}" value="{}"{}>{}</label>').format(
            view.name, option.value, Markup(" checked") if option.selected else "", option.label
        )
        for option in view.options
    )
    return Markup('<span class="ticks" role="group" id="{}" aria-label="{}">{}</span>').format(
        control_id(view.name), view.label, boxes
    )


def _radios(view: FieldView) -> Markup:
    return Markup("").join(
        Markup('<label class="tick"><input type="radio" name="{}" value="{}"{}>{}</label>').format(
            view.name, option.value, Markup(" checked") if option.value == view.value else "", option.label
        )
        for option in view.options
    )


def _money(view: FieldView) -> Markup:
    amount = _attributes(
        view, type="text", inputmode="decimal", dir="ltr", value=view.value, readonly=view.readonly, autocomplete="off"
    )
    name = f"{view.name}-currency"
    label = _("Currency of %(label)s", label=view.label)
    if view.options:
        known = {option.value for option in view.options}
        stray = (Option(view.unit, view.unit),) if view.unit and view.unit not in known else ()
        disabled = " disabled" if view.readonly else ""
        listed = _options(stray + view.options, view.unit)
        unit = f'<select name="{escape(name)}" aria-label="{escape(label)}"{disabled}>{listed}</select>'
    else:
        readonly = " readonly" if view.readonly else ""
        unit = f'<input name="{escape(name)}" aria-label="{escape(label)}" value="{escape(view.unit)}"'
        unit += f' maxlength="3" dir="ltr"{readonly}>'
    return _made(f'<span class="money"><input{amount}>{unit}</span>')


def _picker(view: FieldView) -> Markup:
    picker = view.picker
    if picker is None:
        return _select(view)
    attributes = _attributes(
        view,
        disabled=view.readonly,
        data_picker=picker.search_href,
        data_create=picker.create_href or None,
        data_create_label=picker.create_label or None,
    )
    select = f'<select{attributes}><option value=""></option>{_options(picker.options, view.value)}</select>'
    return _made(f'<span class="picker">{select}{"" if view.readonly else _without_scripts(view)}</span>')


def _without_scripts(view: FieldView) -> str:
    """A reader without scripts types words to look for and saves; the form comes back with what was found."""
    picker = view.picker
    if picker is None or not picker.find_name:
        return ""
    name, words = escape(picker.find_name), escape(_("Not in the list? Type a name and save to search."))
    return f'<noscript><input type="text" name="{name}" placeholder="{words}" aria-label="{words}"></noscript>'


def _tags(view: FieldView) -> Markup:
    href = view.picker.search_href if view.picker is not None and not view.readonly else None
    beside = view.picker.beside or None if view.picker is not None else None
    attributes = _attributes(
        view,
        type="text",
        dir="auto",
        value=view.value,
        readonly=view.readonly,
        autocomplete="off",
        data_tags=href,
        data_beside=beside,
    )
    return _made(f"<input{attributes}>")


_CONTROLS: dict[str, Callable[[FieldView], Markup]] = {
    "long_text": _lines,
    "json": _code,
    "choice": _select,
    "choices": _select_many,
    "ticks": _tick_list,
    "radio": _radios,
    "flag": _checkbox,
    "box": _box,
    "money": _money,
    "belongs_to": _picker,
    "tags": _tags,
    "file": _file,
    "image": _image,
    "hidden": _hidden,
}


_KIND_OF_INPUT = {
    "password": "password", "email": "email", "tel": "phone", "url": "url", "file": "file", "hidden": "hidden",
    "checkbox": "box", "date": "day", "number": "decimal",
}  # fmt: skip


def field_view(field: Any) -> FieldView:
    """A WTForms field as a `FieldView`: its kind is read from the field's type and widget."""
    kind = _kind_of(field)
    return FieldView(
        name=field.name,
        label=str(field.label.text),
        kind=kind,
        value=_value_of(field, kind),
        help=str(field.description or ""),
        errors=tuple(str(error) for error in field.errors),
        required=bool(getattr(field.flags, "required", False)),
        readonly=bool(getattr(field.flags, "readonly", False) or (field.render_kw or {}).get("readonly")),
        autofocus=bool((field.render_kw or {}).get("autofocus")),
        options=tuple(_choices_of(field)),
        max_length=getattr(field.flags, "maxlength", None),
        autocomplete=str((field.render_kw or {}).get("autocomplete", "")),
    )


def _kind_of(field: Any) -> str:
    widget = type(field.widget).__name__
    if hasattr(field, "iter_choices"):
        if "Radio" in type(field).__name__:
            return "radio"
        return "choices" if getattr(field.widget, "multiple", False) or "Many" in widget else "choice"
    if "TextArea" in widget:
        return "long_text"
    if "DatePicker" in widget or type(field).__name__ == "DateField":
        return "day"
    return _KIND_OF_INPUT.get(str(getattr(field.widget, "input_type", "text") or "text"), "text")


def _value_of(field: Any, kind: str) -> str:
    if kind == "box":
        return "1" if field.data else "0"
    if kind in ("choice", "radio"):
        return "" if field.data is None else str(field.data)
    if kind in ("choices", "password", "file"):
        return ""
    return str(field._value()) if hasattr(field, "_value") else str(field.data or "")


def _choices_of(field: Any) -> Iterator[Option]:
    if not hasattr(field, "iter_choices"):
        return
    for value, label, selected, *_rest in field.iter_choices():
        yield Option(str(value), str(label), bool(selected))
