"""`ui_field`: the control of one form field as HTML, by its kind. Everything is escaped here.

WTForms fields - those of Flask-AppBuilder's own forms too - are first turned into a `FieldView`, so that generated
forms and hand-written ones look and behave alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from app.screens.page import FieldView, Option

_UNSAFE_IN_ID = re.compile(r"[^A-Za-z0-9_{}-]")


def control_id(name: str) -> str:
    """The id of the control called `name`: labels, errors and the summary point at it."""
    return "f-" + _UNSAFE_IN_ID.sub("-", name)


def ui_field(field: Any) -> Markup:
    """The control of a `FieldView` or of a WTForms field, with its values, limits and ARIA states."""
    view = field if isinstance(field, FieldView) else field_view(field)
    return _CONTROLS.get(view.kind, _line)(view)


def _attributes(view: FieldView, **more: str | int | bool | None) -> Markup:
    """Attributes every control has, then `more`; True prints the bare name, None and False print nothing."""
    identity = control_id(view.name)
    described = " ".join(
        part for part in (f"{identity}-error" if view.errors else "", f"{identity}-help" if view.help else "") if part
    )
    pairs: dict[str, Any] = {
        "id": identity,
        "name": view.name,
        "required": view.required and not view.readonly,
        "autofocus": view.autofocus,
        "aria-invalid": "true" if view.errors else None,
        "aria-describedby": described or None,
        "aria-label": view.label if view.compact else None,
    }
    pairs.update({key.replace("_", "-"): value for key, value in more.items()})
    return Markup("").join(_pair(key, value) for key, value in pairs.items())


def _pair(key: str, value: Any) -> Markup:
    if value is None or value is False:
        return Markup("")
    return Markup(" {}").format(key) if value is True else Markup(' {}="{}"').format(key, value)


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
    return Markup("<input{}>").format(
        _attributes(view, **extra, value=value, maxlength=view.max_length, readonly=view.readonly)
    )


def _file(view: FieldView) -> Markup:
    return Markup("<input{}>").format(_attributes(view, type="file", disabled=view.readonly))


def _hidden(view: FieldView) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(view.name, view.value)


def _lines(view: FieldView) -> Markup:
    # The newline after the tag is dropped by browsers; without it they would drop the value's own first one.
    attributes = _attributes(
        view, rows=2 if view.compact else 5, maxlength=view.max_length, readonly=view.readonly, dir="auto"
    )
    return Markup("<textarea{}>\n{}</textarea>").format(attributes, view.value)


def _code(view: FieldView) -> Markup:
    attributes = _attributes(view, rows=8, readonly=view.readonly, dir="ltr", spellcheck="false", **{"class": "code"})
    return Markup("<textarea{}>\n{}</textarea>").format(attributes, view.value)


def _checkbox(view: FieldView) -> Markup:
    # The hidden twin says “this control was on the form”: browsers send nothing for an empty box.
    box = Markup('<input type="hidden" name="{0}" value="0"{2}><input type="checkbox" value="1"{1}>').format(
        view.name,
        _attributes(view, checked=view.value in ("1", "true", "y", "on"), disabled=view.readonly, required=None),
        Markup(" disabled") if view.readonly else "",
    )
    return Markup('<span class="tick">{}</span>').format(box)


def _box(view: FieldView) -> Markup:
    # WTForms reads the first value sent: a hidden twin would always win.
    attributes = _attributes(view, checked=view.value == "1", disabled=view.readonly, required=None)
    return Markup('<span class="tick"><input type="checkbox" value="y"{}></span>').format(attributes)


def _options(options: tuple[Option, ...], value: str) -> Markup:
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(
            option.value, Markup(" selected") if option.selected or option.value == value else "", option.label
        )
        for option in options
    )


def _select(view: FieldView) -> Markup:
    has_blank = any(option.value == "" for option in view.options)
    needs_blank = not has_blank and (not view.required or not view.value)
    blank = Markup('<option value="">{}</option>').format(_("Choose") if view.required else "") if needs_blank else ""
    known = {option.value for option in view.options}
    stray = (Option(view.value, view.value),) if view.value and view.value not in known else ()
    return Markup("<select{}>{}{}</select>").format(
        _attributes(view, disabled=view.readonly), blank, _options(stray + view.options, view.value)
    )


def _select_many(view: FieldView) -> Markup:
    rows = min(max(len(view.options), 3), 12)
    return Markup("<select{}>{}</select>").format(
        _attributes(view, multiple=True, size=rows, disabled=view.readonly), _options(view.options, "\0")
    )


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
        unit = Markup('<select name="{}" aria-label="{}"{}>{}</select>').format(
            name, label, Markup(" disabled") if view.readonly else "", _options(stray + view.options, view.unit)
        )
    else:
        unit = Markup('<input name="{}" aria-label="{}" value="{}" maxlength="3" dir="ltr"{}>').format(
            name, label, view.unit, Markup(" readonly") if view.readonly else ""
        )
    return Markup('<span class="money"><input{}>{}</span>').format(amount, unit)


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
    select = Markup('<select{}><option value=""></option>{}</select>').format(
        attributes, _options(picker.options, view.value)
    )
    return Markup('<span class="picker">{}{}</span>').format(select, "" if view.readonly else _without_scripts(view))


def _without_scripts(view: FieldView) -> Markup:
    """A reader without scripts types words to look for and saves; the form comes back with what was found."""
    picker = view.picker
    if picker is None or not picker.find_name:
        return Markup("")
    words = _("Not in the list? Type a name and save to search.")
    return Markup('<noscript><input type="text" name="{0}" placeholder="{1}" aria-label="{1}"></noscript>').format(
        picker.find_name, words
    )


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
    "file": _file,
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
