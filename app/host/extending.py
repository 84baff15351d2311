"""Extensions in their places: what each adds is checked, named after its plugin, and joined to the other's entry.

What is joined is there for every tenant; where the plugin is off, the gate refuses its actions, its fields are not
read, and its rules are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import current_app

from app.data import current_tenant_id
from app.features.gate import entitlement, is_open
from app.host.added_fields import added_fields
from app.host.claims import ClaimError
from app.host.declarations import NAME, Action, Doubt, FieldError, FieldErrors, Resource
from app.host.extensions import BETWEEN, Extension, PlacedPanel
from app.host.panels import Panel
from app.identity.acting import find_acting
from app.identity.principal import TenantInfo, principal

if TYPE_CHECKING:
    from app.host.entry import Entry


def is_here(plugin: str, tenant: TenantInfo | None = None) -> bool:
    """Whether the plugin is installed and accepted, on, and in the plan, for the tenant in force, which is looked up
    unless it is given; a bridge is with what it joins. No statement within a request or a job."""
    tenant = tenant or tenant_here()
    if tenant is None:
        return False
    named = (plugin, *current_app.extensions["tenantry"].sides.get(plugin, ()))
    return is_open(plugin, tenant).allowed and not any(entitlement(one, tenant) for one in named)


def tenant_here() -> TenantInfo | None:
    """The tenant in force, as the person who asks knows it, or looked up."""
    person, key = principal(), current_tenant_id()
    if person is not None and person.tenant is not None and person.tenant.id == key:
        return person.tenant
    return find_acting(None, key).tenant


def applied(
    entries: Mapping[str, Entry], plugin: str, added: Sequence[Extension], names: Collection[str]
) -> dict[str, Entry]:
    """The entries that a plugin's extensions change, by key. Raises ClaimError."""
    changed: dict[str, Entry] = {}
    for one in added:
        owner = one.resource.partition(".")[0]
        if owner == plugin:
            raise ClaimError(f"{plugin}: {one.resource} is its own: say it in the resource itself.")
        if owner not in names:
            continue
        entry = changed.get(one.resource) or entries.get(one.resource)
        if entry is None:
            raise ClaimError(f"{plugin} extends “{one.resource}”, which “{owner}” does not declare.")
        changed[one.resource] = _extended(entry, plugin, one, entries)
    return changed


def _extended(entry: Entry, plugin: str, one: Extension, entries: Collection[str]) -> Entry:
    own = entry.resource
    fields = tuple(added_fields(entry, plugin, one, entries))
    actions = tuple(_actions(entry, plugin, one))
    _check_related(entry, plugin, one)
    columns = [_column(entry, plugin, one, name) for name in one.columns.split()]
    resource = replace(
        own,
        list=" ".join([own.list, *columns]) if own.list else own.list,
        actions=(*own.actions, *actions),
        related=(*own.related, *one.related),
        before_save=_both_checks(own, plugin, one),
        before_delete=_both_farewells(own, plugin, one),
        warn=_both_warnings(own, plugin, one),
    )
    panels = (*entry.panels, *_panels(entry, plugin, one))
    return replace(entry, resource=resource, added=(*entry.added, *fields), panels=panels)


def _column(entry: Entry, plugin: str, one: Extension, name: str) -> str:
    if name not in {field.name for field in one.fields}:
        raise ClaimError(f"{plugin}: “{name}” is none of the fields it adds to {entry.key}.")
    return f"custom.{plugin}{BETWEEN}{name}"


def _actions(entry: Entry, plugin: str, one: Extension) -> Iterator[Action]:
    known = {action.name for action in entry.resource.actions}
    for action in one.actions:
        name = f"{plugin}{BETWEEN}{action.name}"
        if not NAME.fullmatch(action.name) or BETWEEN in action.name or name in known:
            raise ClaimError(f"{plugin}: the action “{action.name}” on {entry.key} is not well-formed or taken.")
        known.add(name)
        yield replace(action, name=name)


def _check_related(entry: Entry, plugin: str, one: Extension) -> None:
    for related in one.related:
        model = related.resolve()
        if model.__table__.schema != plugin:  # type: ignore[attr-defined]
            raise ClaimError(f"{plugin}: it can list only its own records on the page of {entry.key}.")
        field = "target_id" if related.via == "target" else related.via
        if field not in model.__fields__:
            raise ClaimError(f"{plugin}: {model.__name__} has no field “{related.via}”.")


def own_panels(plugin: str, resource: Resource) -> tuple[PlacedPanel, ...]:
    """The panels that a resource declares itself. Raises ClaimError."""
    return tuple(_placed(plugin, resource.panels, set(), f"{plugin}.{resource.key_name}"))


def _panels(entry: Entry, plugin: str, one: Extension) -> Iterator[PlacedPanel]:
    return _placed(plugin, one.panels, {placed.key for placed in entry.panels}, entry.key)


def _placed(plugin: str, panels: Sequence[Panel], known: set[str], where: str) -> Iterator[PlacedPanel]:
    for panel in panels:
        placed = PlacedPanel(plugin, panel)
        if not NAME.fullmatch(panel.name) or placed.key in known:
            raise ClaimError(f"{plugin}: the panel “{panel.name}” on {where} is not well-formed or taken.")
        known.add(placed.key)
        yield placed


def _both_checks(own: Resource, plugin: str, one: Extension) -> Callable[[Any, bool], None] | None:
    first, second = own.before_save, one.before_save
    if second is None:
        return first

    def check(row: Any, is_new: bool) -> None:
        if first is not None:
            first(row, is_new)
        if is_here(plugin):
            with _named_as_in_forms(plugin, own, one):
                second(row, is_new)

    return check


@contextmanager
def _named_as_in_forms(plugin: str, own: Resource, one: Extension) -> Iterator[None]:
    """A rule may call a field that its plugin adds as it declared it (`plate`), unless the record has one of that name,
    or as it is stored (`garage__plate`)."""
    added = {f"{plugin}{BETWEEN}{field.name}": field.name for field in one.fields}
    names = {name: f"custom.{stored}" for stored, short in added.items() for name in (stored, short)}
    try:
        yield
    except FieldError as refused:
        known = own.model.__fields__
        errors = {name if name in known else names.get(name, name): words for name, words in refused.errors.items()}
        raise FieldErrors(errors) from refused


def _both_farewells(own: Resource, plugin: str, one: Extension) -> Callable[[Any], None] | None:
    first, second = own.before_delete, one.before_delete
    if second is None:
        return first

    def check(row: Any) -> None:
        if first is not None:
            first(row)
        if is_here(plugin):
            second(row)

    return check


def _both_warnings(own: Resource, plugin: str, one: Extension) -> Callable[[Any], Sequence[Doubt]] | None:
    first, second = own.warn, one.warn
    if second is None:
        return first

    def warn(row: Any) -> Sequence[Doubt]:
        doubts = list(first(row)) if first is not None else []
        return [*doubts, *second(row)] if is_here(plugin) else doubts

    return warn


def entry_here(kind: str) -> Entry | None:
    """The resource of this name, if its plugin is installed and on for the tenant in force."""
    entry: Entry | None = current_app.extensions["tenantry"].entries.get(kind)
    return entry if entry is not None and is_here(entry.plugin.name) else None
