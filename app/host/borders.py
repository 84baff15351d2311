"""What of the database the code of a plugin touches itself: its own tables, those it declared, the shared ones.

Every statement passes here on its way to the driver: of the ORM, of Core, as text. What counts is who sent it: the
nearest caller outside SQLAlchemy. What the core does on a plugin's behalf (labels of links, row rules, the audit log,
lists, merges, what a flush writes) is the core's, which asks gate and reach by itself. While no plugin is at work this
costs the look at one variable; else a look at what is known of the statement's text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Engine, Table, TextClause, UpdateBase, event, inspect
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app.data.base import Base
from app.data.bounded import Bounded
from app.data.owners import CORE, owner_of
from app.data.session import TenantSession
from app.host.at_work import NotDeclared, installed, plugin_at_work, visitor
from app.host.declarations import Plugin
from app.host.naming import IN_FORCE, Touch, named

OPEN = frozenset(
    {
        "company", "consent", "contact", "contact_address", "contact_channel", "membership", "membership_role", "note",
        "payment", "payment_refund", "suppression", "tag", "team", "team_member", "tenant", "timeline_entry",
    }
)  # fmt: skip
"""Tables of the core that a plugin may name in statements of its own: the shared records that the SDK gives, and what
hangs on them. All others are closed (accounts, sessions, tokens, settings, jobs, events, files, the audit log): the
SDK has functions for what a plugin needs of them."""
TO_READ = frozenset({"membership", "membership_role", "payment", "payment_refund", "team", "team_member", "tenant"})
"""Those of them that only the core changes: they say who may what, and what was paid."""
_PLUMBING = (
    "sqlalchemy.",
    "flask_sqlalchemy.",
    "app.data.driver",
    "app.data.reading",
    "app.data.session",
    "app.host.borders",
    "contextlib",
    "werkzeug.local",
)
_MADE = "<sqlalchemy generated"
"""The file of functions that SQLAlchemy writes while it runs."""
_GIVEN = "tenantry_given"
_touched: Bounded[str, frozenset[Touch]] = Bounded(4_000)
"""What a statement touches, by its text."""


def install() -> None:
    """Ask at every border; once a process."""
    watched: list[tuple[Any, str, Callable[..., None]]] = [
        (Engine, "before_cursor_execute", _check_statement),
        (TenantSession, "before_attach", _check_added),
        *((one, "set", _check_set) for one in _columns_to_read()),
    ]
    for target, name, asked in watched:
        if not event.contains(target, name, asked):
            event.listen(target, name, asked)


def _columns_to_read() -> Iterator[Any]:
    for mapper in Base.registry.mappers:
        if mapper.local_table is not None and mapper.local_table.fullname in TO_READ:  # type: ignore[attr-defined]
            yield from (getattr(mapper.class_, one.key) for one in mapper.column_attrs)


def given(conditions: Iterable[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Conditions that the core gives a plugin for statements of its own: what they look into is the core's doing."""
    return [one._annotate({_GIVEN: True}) for one in conditions]


def _check_statement(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any
) -> None:  # fmt: skip
    plugin = plugin_at_work()
    if plugin:
        try:
            _check(plugin, _tables(statement))
        except NotDeclared:
            _check(plugin, _without_given(statement, context))


def _check_added(_session: Session, row: Any) -> None:
    plugin = plugin_at_work()
    if plugin and isinstance(row, Base):
        _check(plugin, {_written(row)})


def _check_set(row: Any, _value: Any, _before: Any, _initiator: Any) -> None:
    plugin = plugin_at_work()
    if plugin:
        _check(plugin, {_written(row)})


def _check(plugin: str, touched: Set[Touch]) -> None:
    foreign = [one for one in touched if one[0] != plugin and one not in _OPEN]
    if foreign and (manifest := visitor()) is not None and _is_own_doing(plugin, 2):
        for one in foreign:
            if (words := _refusal(manifest, one)) is not None:
                raise NotDeclared(f"{plugin} may {words}")


def _refusal(manifest: Plugin, touch: Touch) -> str | None:
    """Why not; None for what the manifest declares."""
    schema, table, _writes = touch
    if touch == IN_FORCE:
        return "not choose the tenant or the role that it works for, nor put statements together in the database."
    if not schema and table in TO_READ:
        return f"read “{table}”, and not change it: that is the core's."
    if not schema:
        return f"not touch “{table}”: that table is the core's own."
    if _may(manifest, schema, table):
        return None
    words = f'needs=Needs(records=("{_kinds(schema, table)[0]}",))'
    return f"not touch {schema}.{table}: its manifest does not say so ({words})."


def _may(manifest: Plugin, schema: str, table: str) -> bool:
    if schema in manifest.requires or schema in manifest.needs.records:
        return True
    return any(kind in manifest.needs.records for kind in _kinds(schema, table))


def need_own_name(name: str, what: str) -> None:
    """For functions of the SDK: raises NotDeclared when the plugin that calls one means what bears the name of another
    one (`orchard.water`); `what` says what that is."""
    plugin = plugin_at_work()
    if plugin and name.partition(".")[0] != plugin and visitor() is not None and _is_own_doing(plugin, 3):
        raise NotDeclared(f"{plugin} may not use {what} “{name}”: that is not its own.")


_OPEN = {("", name, writes) for name in OPEN for writes in (False, True) if not (writes and name in TO_READ)}


def _written(row: Any) -> Touch:
    table = inspect(type(row)).local_table
    return table.schema or "", table.name, True


def _tables(statement: str) -> frozenset[Touch]:
    found = _touched.get(statement)
    if found is None:
        found = _touched[statement] = frozenset(named(statement))
    return found


def _without_given(statement: str, context: Any) -> frozenset[Touch]:
    """What a statement touches but for the conditions that the core gave. Kept by the text, which says the same
    whoever sends it."""
    whole = getattr(getattr(context, "compiled", None), "statement", None)
    if whole is not None and any(_GIVEN in one._annotations for one in visitors.iterate(whole)):
        _touched[statement] = frozenset(_ungiven(whole))
    return _tables(statement)


def _ungiven(element: Any) -> Iterator[Touch]:
    if _GIVEN in element._annotations:
        return
    if isinstance(element, UpdateBase):
        written: Any = element.table
        yield written.schema or "", written.name, True
    if isinstance(element, Table):
        yield element.schema or "", element.name, False
    elif isinstance(element, TextClause):
        yield from named(element.text)
    elif isinstance(element, ColumnClause) and element.is_literal:
        yield from named(element.name)
    for part in element.get_children():
        yield from _ungiven(part)


def _kinds(schema: str, table: str) -> list[str]:
    """The resources that a table is of, or part of; else its own name."""
    known, found = installed(), []
    for entry in known.entries.values():
        if entry.plugin.name == schema:
            parts = [model for model, (home, _field) in known.homes.items() if home.key == entry.key]
            if any(model.__table__.name == table for model in (entry.model, *parts)):
                found.append(entry.key)
    return found or [f"{schema}.{table}"]


def _is_own_doing(plugin: str, up: int) -> bool:
    """Whether the nearest caller outside the plumbing, from so many frames up, is this plugin's: neither the core's nor
    that of another plugin, which is called by its own rules. What a flush writes was put there before, and asked then;
    what the session tells the database of its tenant is the house's."""
    frame: Any = sys._getframe(up)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if (module, frame.f_code.co_name) in _OF_THE_HOUSE:
            return False
        if not (module.startswith(_PLUMBING) or frame.f_code.co_filename.startswith(_MADE)):
            owner = owner_of(module)
            return owner == plugin or owner not in {CORE, *installed().names}
        frame = frame.f_back
    return False


_OF_THE_HOUSE = {("sqlalchemy.orm.session", "_flush"), ("app.data.session", "tell_database")}
