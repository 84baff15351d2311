"""One name rules a plugin: whatever it declares must lie inside that name. What does not is refused before it is
wired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.data import Record
from app.host.declarations import NAME, VERBS, Action, Plugin, Resource

RESERVED = frozenset(
    {"core", "public", "app", "plugins", "api", "static", "t", "login", "logout", "operator", "account"}
)


class ClaimError(ValueError):
    """A plugin steps outside its name, or declares something that cannot work."""


def check_manifest(found_as: str, plugin: Plugin, known: set[str]) -> None:
    """The manifest's name is well formed, its own, and unique."""
    if not NAME.fullmatch(plugin.name) or plugin.name in RESERVED:
        raise ClaimError(f"“{plugin.name}” cannot be a plugin's name: lower case letters, digits and _, not reserved.")
    if plugin.name != found_as:
        raise ClaimError(
            f"The plugin in “{found_as}” calls itself “{plugin.name}”: folder, entry point and name must agree."
        )
    if plugin.name in known:
        raise ClaimError(f"Two plugins are called “{plugin.name}”.")


def check_resources(plugin: Plugin, resources: Sequence[Resource]) -> None:
    """Resources have unique names, models of the plugin's own schema, fields that exist, verbs that are known."""
    names: set[str] = set()
    for resource in resources:
        where = f"{plugin.name}.{resource.key_name}"
        if not NAME.fullmatch(resource.key_name):
            raise ClaimError(f"{where}: not a well-formed name.")
        if resource.key_name in names:
            raise ClaimError(f"{where} is declared twice.")
        names.add(resource.key_name)
        check_record(plugin, resource.model)
        _check_fields(where, resource)
        _check_verbs(where, resource)
        _check_actions(where, resource.actions)


def check_record(plugin: Plugin, model: type[Record]) -> None:
    """A record's table lies in the plugin's schema (in `public` for the core)."""
    schema = model.__table__.schema  # type: ignore[attr-defined]
    expected = None if plugin.core else plugin.name
    if schema != expected:
        raise ClaimError(
            f"{plugin.name}: the table of {model.__name__} lies in “{schema or 'public'}”, outside its name."
        )


def _check_fields(where: str, resource: Resource) -> None:
    fields = resource.model.__fields__
    known = set(fields) | {"created_at", "updated_at", "created_by", "updated_by", "deleted_at", "archived_at"}
    sections = " ".join(section.fields for section in (*resource.sections, *resource.detail))
    named = " ".join([resource.list, resource.form, resource.filters, resource.picker, resource.quick_create, sections])
    for name in named.split():
        if name not in known:
            raise ClaimError(f"{where}: {resource.model.__name__} has no field “{name}”.")
    for special, kinds in ((resource.board, {"choice"}), (resource.calendar, {"day", "moment"})):
        if special and (special not in fields or fields[special].kind not in kinds):
            raise ClaimError(f"{where}: “{special}” is not a {' or '.join(sorted(kinds))} field.")
    sort = resource.sort.removeprefix("-")
    if sort != "created_at" and (sort not in fields or not fields[sort].sortable):
        raise ClaimError(f"{where}: cannot sort by “{sort}”: declare the field sortable.")


def _check_verbs(where: str, resource: Resource) -> None:
    allowed = {*VERBS, *(action.name for action in resource.actions)}
    for words in (resource.verbs, *resource.grants.values()):
        for verb in words.split():
            if verb not in allowed:
                raise ClaimError(f"{where}: “{verb}” is not a verb of this resource.")


def _check_actions(where: str, actions: Iterable[Action]) -> None:
    names: set[str] = set()
    for action in actions:
        if not NAME.fullmatch(action.name) or action.name in VERBS or action.name in names:
            raise ClaimError(f"{where}: the action name “{action.name}” is not well-formed, taken or a standard verb.")
        names.add(action.name)
