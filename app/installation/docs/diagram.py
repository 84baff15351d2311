"""The records and their relations as an entity-relationship diagram, in Mermaid's words."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from app.host import Entry, registry

_PLAIN = frozenset({"has_many", "belongs_to"})


def diagram(entries: Iterable[Entry]) -> str:
    """`erDiagram` of these records; what they refer to outside of them is shown without its fields, unless
    it may be absent with its plugin."""
    chosen = list(entries)
    lines = ["erDiagram"]
    for entry in chosen:
        lines += [f"    {_name(entry.key)} {{", *_fields(entry), "    }"]
    keys = {entry.key for entry in chosen}
    for entry in chosen:
        lines += _relations(entry, keys)
    return "\n".join(lines) + "\n"


def _fields(entry: Entry) -> Iterator[str]:
    for field in entry.fields.values():
        if field.kind not in _PLAIN:
            marks = " UK" if field.unique else ""
            kind = "link" if field.links else field.kind
            yield f"        {kind} {field.name}{marks}"


def _relations(entry: Entry, chosen: Container[str]) -> Iterator[str]:
    for field in entry.fields.values():
        if field.kind == "belongs_to" and field.target is not None:
            target = registry().by_model.get(field.target())
            name = _name(target.key) if target is not None else field.target().__name__.lower()
            line = "||--o{" if field.required else "|o--o{"
            yield f"    {name} {line} {_name(entry.key)} : {field.name}"
        elif field.links in chosen:  # no foreign key holds it: dashed
            yield f"    {_name(field.links)} |o..o{{ {_name(entry.key)} : {field.name}"


def _name(key: str) -> str:
    return key.replace(".", "_")
