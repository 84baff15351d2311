"""The one module of a new plugin: manifest, records, resources."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from app.host.scaffold import hooks
from app.host.scaffold.naming import in_words, plural, summary
from app.host.scaffold.reading import COLUMNS, FieldWords, PluginWords, RecordWords

_IMPORTS = {
    "Any": "from typing import Any", "Decimal": "from decimal import Decimal", "UUID": "from uuid import UUID",
    "date": "from datetime import date", "datetime": "from datetime import datetime",
}  # fmt: skip
_LISTED = 6
_NOT_LISTED = frozenset({"long_text", "json", "record_id", "has_many", "sealed", "image"})
_WIDTH = 120


def module(plugin: PluginWords) -> str:
    """`plugin.py`: manifest, records, resources, and a first report, card, job and demo data."""
    blocks = [
        f'"""{plugin.title}: a plugin of Tenantry."""',
        "\n".join(_imports(plugin)),
        _manifest(plugin),
        *(f"\n{_class(record, plugin.records[:place], plugin)}" for place, record in enumerate(plugin.records)),
        "\n" + _resources(plugin),
        *(f"\n{text}" for text in hooks.texts(plugin)),
    ]
    return "\n\n".join(blocks) + "\n"


def _manifest(plugin: PluginWords) -> str:
    lines = [
        "plugin = Plugin(",
        f'    "{plugin.name}", title=_l("{plugin.title}"), version="1.0", {_requires(plugin)},',
        *(["    needs=Needs(secrets=True),"] if _keeps_secrets(plugin) else []),
        f'    summary=_l("{summary(plugin)}"),',
        ")",
    ]
    return "\n".join(lines)


def _requires(plugin: PluginWords) -> str:
    names = ", ".join(f'"{one}"' for one in plugin.joins)
    return f"requires=({names}), bridge=True" if names else 'requires=("contacts",)'


def _keeps_secrets(plugin: PluginWords) -> bool:
    return any(record.names_of("sealed") for record in plugin.records)


def _imports(plugin: PluginWords) -> Iterator[str]:
    fields = [field for record in plugin.records for field in record.fields]
    own = {record.name for record in plugin.records}
    held = {COLUMNS[field.kind] for field in fields if field.kind in COLUMNS} | hooks.held(plugin)
    standard = sorted(_IMPORTS[one] for one in held if one in _IMPORTS)
    if {"date", "datetime"} <= held:
        standard = sorted({*standard, "from datetime import date, datetime"} - {_IMPORTS["date"], _IMPORTS["datetime"]})
    yield from [*standard, ""] if standard else []
    yield from ["from sqlalchemy import func, select", ""]
    names = {"Plugin", "Record", "Resource", "_l", "hookimpl", *(_import_of(field.kind, plugin) for field in fields)}
    names |= {field.target for field in fields if field.kind == "belongs_to"} - own
    names |= {"Mapped"} if any(field.kind in COLUMNS for field in fields) else set()
    names |= {"Money"} & held | ({"Needs"} if _keeps_secrets(plugin) else set()) | hooks.imports(plugin)
    ordered = sorted(names, key=lambda one: (not one[0].isupper(), one.lower()))
    line = f"from app.sdk import {', '.join(ordered)}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield "\n".join(["from app.sdk import (", *(f"    {one}," for one in ordered), ")"])


def _helper(kind: str, plugin: PluginWords) -> str:
    """What a column helper is called in the module: `email_field` where a field is called `email`."""
    is_taken = any(field.name == kind for record in plugin.records for field in record.fields)
    return f"{kind}_field" if is_taken else kind


def _import_of(kind: str, plugin: PluginWords) -> str:
    helper = _helper(kind, plugin)
    return kind if helper == kind else f"{kind} as {helper}"


def _class(record: RecordWords, known: tuple[RecordWords, ...], plugin: PluginWords) -> str:
    first = next(iter(record.names_of("text")), "")
    here = {one.name for one in known}
    lines = [
        _attribute(field, here, _helper(field.kind, plugin), sortable=field.name == first) for field in record.fields
    ]
    label = _label(record)
    if label:
        lines = [f'__label__ = "{label}"', "", *lines]
    return "\n".join([f"class {record.name}(Record):", *(f"    {line}" if line else "" for line in lines)])


def _label(record: RecordWords) -> str:
    """What a record without any text is called by: its day and its state. Without both it is the end of its id."""
    if record.names_of("text", "email", "phone", "url"):
        return ""
    return " ".join([*record.names_of("day")[:1], *record.names_of("choice")[:1]])


def _attribute(field: FieldWords, known: set[str], helper: str, *, sortable: bool) -> str:
    label = f'label=_l("{field.label}")'
    if field.kind == "has_many":
        return f'{field.name} = {helper}(lambda: {field.target}, reverse="{field.reverse}", {label})'
    if field.kind == "belongs_to":
        is_here = field.target in known or field.target in ("Contact", "Company", "Member")
        target = field.target if is_here else f"lambda: {field.target}"
        rule = 'required=True, on_delete="cascade", ' if field.is_inner else "required=True, " if field.required else ""
        return f"{field.name} = {helper}({target}, {rule}{label})"
    held = COLUMNS[field.kind]
    optional = "" if field.required or field.kind in ("flag", "tags") else " | None"
    if field.kind == "sealed":
        return f"{field.name}: Mapped[str | None] = {helper}()  # keep_secret, read_secret"
    values = "".join(f'("{one}", _l("{in_words(one)}")), ' for one in field.choices)
    values += f'"{field.target}", ' if field.kind == "record_link" else ""
    default = _default(field)
    options = dict.fromkeys((*field.options, *(["sortable"] if sortable else [])))
    sort = "".join(f"{one}=True, " for one in options)
    line = f"{field.name}: Mapped[{held}{optional}] = {helper}({values}{default}{sort}{label})"
    if len(line) + 4 <= _WIDTH:
        return line
    head = f"{field.name}: Mapped[{held}{optional}] = {helper}("
    return "\n".join(
        [head, *(f"        {line}" for line in _wrapped(values)), f"        {default}{sort}{label},", "    )"]
    )


def _wrapped(values: str) -> list[str]:
    return textwrap.wrap(values.strip(), _WIDTH - 8, break_long_words=False)


def _default(field: FieldWords) -> str:
    """What a new record has: what was typed, else the first value of a required choice."""
    given = field.default or (field.choices[0] if field.choices and field.required else "")
    if not given:
        return ""
    written = {
        "flag": str(given == "yes"), "integer": str(given).lstrip("+"), "decimal": f'Decimal("{given}")',
    }.get(field.kind, f'"{given}"')  # fmt: skip
    return f"default={written}, "


def _resources(plugin: PluginWords) -> str:
    inner = [line for record in plugin.shown for line in _resource(record)]
    head = ["@hookimpl", "def resources() -> list[Resource]:", "    return ["]
    return "\n".join([*head, *(f"        {line}" for line in inner), "    ]"])


def _resource(record: RecordWords) -> Iterator[str]:
    listed = [field.name for field in record.fields if field.kind not in _NOT_LISTED]
    parts = {
        "list": " ".join(listed[:_LISTED]),
        "search": " ".join(record.names_of("text", "email", "phone")),
        "board": next(iter(record.names_of("choice")), ""),
        "calendar": next(iter(record.names_of("day", "moment")), ""),
        "gallery": next(iter(record.names_of("image")), ""),
        "inlines": " ".join(record.names_of("has_many")),
    }
    names = f'{record.name}, title=_l("{record.title}"), plural=_l("{plural(record)}"),'
    shown = " ".join(f'{name}="{value}",' for name, value in parts.items() if value)
    yield from ["Resource(", f"    {names}", f"    {shown}", "),"]
