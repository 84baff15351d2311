"""The texts of a new plugin: its one module, its tests, and the files around them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from app.host.scaffold.reading import COLUMNS, FieldWords, PluginWords, RecordWords

_IMPORTS = {
    "Any": "from typing import Any", "Decimal": "from decimal import Decimal", "UUID": "from uuid import UUID",
    "date": "from datetime import date", "datetime": "from datetime import datetime",
}  # fmt: skip
_LISTED = 6
_WIDTH = 120


def module(plugin: PluginWords) -> str:
    """`plugin.py`: manifest, records, resources."""
    blocks = [
        f'"""{plugin.title}: a plugin of Tenantry."""',
        "\n".join(_imports(plugin)),
        _manifest(plugin),
        *(f"\n{_class(record, plugin.records[:place], plugin)}" for place, record in enumerate(plugin.records)),
        "\n" + _resources(plugin),
    ]
    return "\n\n".join(blocks) + "\n"


def _manifest(plugin: PluginWords) -> str:
    lines = [
        "plugin = Plugin(",
        f'    "{plugin.name}", title=_l("{plugin.title}"), version="1.0", {_requires(plugin)},',
        f'    summary=_l("{summary(plugin)}"),',
        ")",
    ]
    return "\n".join(lines)


def _requires(plugin: PluginWords) -> str:
    names = ", ".join(f'"{one}"' for one in plugin.joins)
    return f"requires=({names}), bridge=True" if names else 'requires=("contacts",)'


def _imports(plugin: PluginWords) -> Iterator[str]:
    fields = [field for record in plugin.records for field in record.fields]
    own = {record.name for record in plugin.records}
    held = {COLUMNS[field.kind] for field in fields if not field.target}
    standard = sorted(_IMPORTS[one] for one in held if one in _IMPORTS)
    if {"date", "datetime"} <= held:
        standard = sorted({*standard, "from datetime import date, datetime"} - {_IMPORTS["date"], _IMPORTS["datetime"]})
    if standard:
        yield from [*standard, ""]
    names = {"Plugin", "Record", "Resource", "_l", "hookimpl", *(_import_of(field.kind, plugin) for field in fields)}
    names |= {field.target for field in fields if field.target} - own
    names |= {"Mapped"} if held else set()
    names |= {"Money"} & held
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
    if field.target:
        is_here = field.target in known or field.target in ("Contact", "Company", "Member")
        target = field.target if is_here else f"lambda: {field.target}"
        return f"{field.name} = {helper}({target}, {'required=True, ' if field.required else ''}{label})"
    held = COLUMNS[field.kind]
    optional = "" if field.required or field.kind in ("flag", "tags") else " | None"
    values = "".join(f'("{one}", _l("{_words(one)}")), ' for one in field.choices)
    default = f'default="{field.choices[0]}", ' if field.choices and field.required else ""
    sort = "sortable=True, " if sortable else ""
    line = f"{field.name}: Mapped[{held}{optional}] = {helper}({values}{default}{sort}{label})"
    if len(line) + 4 <= _WIDTH:
        return line
    head = f"{field.name}: Mapped[{held}{optional}] = {helper}("
    return "\n".join(
        [head, *(f"        {line}" for line in _wrapped(values)), f"        {default}{sort}{label},", "    )"]
    )


def _wrapped(values: str) -> list[str]:
    return textwrap.wrap(values.strip(), _WIDTH - 8, break_long_words=False)


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _resources(plugin: PluginWords) -> str:
    inner = [line for record in plugin.records for line in _resource(record)]
    return "\n".join(["@hookimpl", "def resources():", "    return [", *(f"        {line}" for line in inner), "    ]"])


def _resource(record: RecordWords) -> Iterator[str]:
    listed = [field.name for field in record.fields if field.kind not in ("long_text", "json", "record_id")]
    parts = {
        "list": " ".join(listed[:_LISTED]),
        "search": " ".join(record.names_of("text", "email", "phone")),
        "board": next(iter(record.names_of("choice")), ""),
        "calendar": next(iter(record.names_of("day", "moment")), ""),
    }
    names = f'{record.name}, title=_l("{record.title}"), plural=_l("{plural(record)}"),'
    shown = " ".join(f'{name}="{value}",' for name, value in parts.items() if value)
    yield from ["Resource(", f"    {names}", f"    {shown}", "),"]


def plural(record: RecordWords) -> str:
    """Many of them, in plain English: a person corrects the odd ones."""
    title = record.title
    if title.endswith("y") and title[-2:-1] not in "aeiou":
        return title[:-1] + "ies"
    return title + ("es" if title.endswith(("s", "x", "ch", "sh")) else "s")


def summary(plugin: PluginWords) -> str:
    """What the plugin keeps, in a few words."""
    first, *rest = (plural(record) for record in plugin.records)
    return ", ".join([first, *(one.lower() for one in rest)])


def words(plugin: PluginWords) -> list[str]:
    """Every text of the module that people read, once, in its order."""
    found = [plugin.title, summary(plugin)]
    for record in plugin.records:
        found += [record.title, plural(record)]
        for field in record.fields:
            found += [field.label, *(_words(one) for one in field.choices)]
    return list(dict.fromkeys(found))


def tests(plugin: PluginWords) -> str:
    """Tests of the package itself: what holds for every plugin, `tenantry plugin check` asks."""
    records = ", ".join(sorted(record.name for record in plugin.records))
    cases = ", ".join(f'({record.name}, "{record.key}")' for record in plugin.records)
    return f'''"""What is true of this plugin. What must be true of every plugin: tenantry plugin check {plugin.name}"""

import pytest

from {plugin.package}.plugin import {records}


@pytest.mark.parametrize(("model", "name"), [{cases}])
def test_records_are_seen_by_their_own_tenant_alone(house, samples, model, name):
    with house.inside(house.acme) as session:
        key = samples.record(session, model).id
        session.commit()
    path = f"/{plugin.name}/{{name}}/{{key}}"
    assert house.browser("owner", house.acme).go(path).status_code == 200
    assert house.api("owner", house.acme).get(path).status_code == 200
    assert house.browser("owner", house.globex).go(path).status_code == 404
    assert house.api("owner", house.globex).get(path).status_code == 404
    assert house.api("viewer", house.acme).delete(path).status_code == 403
'''


def pyproject(plugin: PluginWords) -> str:
    """How the package is built, found and tested."""
    return f'''[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{plugin.project}"
version = "1.0"
description = "{plugin.title}: a plugin of Tenantry"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["tenantry"]

[project.optional-dependencies]
test = ["tenantry[test]"]

[project.entry-points."tenantry.plugins"]
{plugin.name} = "{plugin.package}.plugin"

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
packages = ["{plugin.package}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "-p no:valkey -p app.testing.fixtures --import-mode=importlib"
'''


def readme(plugin: PluginWords) -> str:
    """What a stranger needs to know of the package."""
    records = "\n".join(f"- **{record.title}**: {', '.join(field.label for field in record.fields)}"
                        for record in plugin.records)  # fmt: skip
    return f"""# {plugin.title}

A plugin of Tenantry. It keeps:

{records}

    pip install -e .                      # beside an installed tenantry
    tenantry up                           # its tables and permissions, and the server
    tenantry plugin enable {plugin.name} --tenant acme
    pip install -e ".[test]" && pytest    # its tests
    tenantry plugin check {plugin.name} --quick   # what every plugin must keep; minutes without --quick

`{plugin.package}/plugin.py` is all there is to edit. After a change of its records, while `tenantry up` runs,
`tenantry db revision {plugin.name} -m "..."` writes the migration and `tenantry words extract {plugin.name}` puts new
words into `{plugin.package}/translations`. Then start `tenantry up` anew.
"""
