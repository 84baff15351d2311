"""Fields that plugins add to the records of others: which kinds there are, and what to do instead where there is none.

They are stored as a tenant's own fields are, so what needs a column of its own (a foreign key, a unique index, a
stored order, a picture that the database knows to be in use) belongs into a record of the guest's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from app.data import Field
from app.host.claims import ClaimError
from app.host.declarations import NAME
from app.host.entry import Entry
from app.host.extensions import BETWEEN, Extension

ADDABLE = frozenset(
    {"text", "long_text", "choice", "integer", "decimal", "flag", "day", "moment", "email", "phone", "url",
     "money", "tags", "record_id"}
)  # fmt: skip
_OWN_RECORD = 'keep it in a record of your own with record_link("{key}"), and show it by related=(Related(...),)'
_INSTEAD: Mapping[str, str] = {
    "belongs_to": 'no foreign key of yours can stand in its table: say record_link("{plugin}.thing", name="{name}")',
    "record_id": 'say what it leads to: record_link("{plugin}.thing", name="{name}")',
    "tags": "names of fields need the field beside them that says of which records they are; " + _OWN_RECORD,
}


def added_fields(entry: Entry, plugin: str, one: Extension, entries: Collection[str]) -> Iterator[Field]:
    """The fields of an extension under their full names (`custom.garage__plate`). Raises ClaimError."""
    known = {field.name for field in entry.added}
    if one.fields and not entry.resource.custom_fields:
        raise ClaimError(f"{plugin} adds fields to {entry.key}, which takes none.")
    for field in one.fields:
        name = f"custom.{plugin}{BETWEEN}{field.name}"
        if not NAME.fullmatch(field.name) or BETWEEN in field.name or name in known:
            raise ClaimError(f'{plugin}: a field added to {entry.key} needs a name of its own: text(name="plate").')
        _check_kind(entry, plugin, field)
        _check_link(plugin, name, field, entries)
        known.add(name)
        yield replace(field, name=name, label=field.words if field.label is None else field.label)


def _check_kind(entry: Entry, plugin: str, field: Field) -> None:
    is_vague = (field.kind == "record_id" and not field.links) or bool(field.fields_of)
    if field.kind in ADDABLE and not (is_vague or field.unique or field.sortable or field.secret):
        return
    marks = [name for name in ("unique", "sortable", "secret") if getattr(field, name)]
    what = marks[0] if marks and field.kind in ADDABLE and not is_vague else field.kind
    instead = _INSTEAD.get(what, _OWN_RECORD).format(plugin=plugin, name=field.name, key=entry.key)
    raise ClaimError(f"{plugin}: “{field.name}” is added to {entry.key}, so it cannot be {what}: {instead}.")


def _check_link(plugin: str, name: str, field: Field, entries: Collection[str]) -> None:
    """What a link leads to may be absent with its whole plugin, not by a slip of the pen."""
    owner = field.links.partition(".")[0]
    if field.links and field.links not in entries and any(key.startswith(f"{owner}.") for key in entries):
        raise ClaimError(f"{plugin}: {name} links to “{field.links}”, which nobody declares.")
