"""What of the database the code of a plugin touches itself: its own tables, those it declared, the shared ones.

Every statement passes here on its way to the driver: of the ORM, of Core, as text. What counts is who sent it: the
nearest caller outside SQLAlchemy. What the core does on a plugin's behalf (labels of links, row rules, the audit log,
lists, merges, what a flush writes) is the core's, which asks gate and reach by itself. While no plugin is at work this
costs the look at one variable; else a look at what is known of the statement's text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Set
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Engine, Table, TextClause, event, inspect
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app.data.base import Base, metadata
from app.data.bounded import Bounded
from app.data.owners import CORE, owner_of
from app.data.session import TenantSession
from app.host.at_work import NotDeclared, installed, plugin_at_work, visitor
from app.host.declarations import Plugin

OPEN = frozenset(
    {
        "company", "consent", "contact", "contact_address", "contact_channel", "membership", "membership_role", "note",
        "payment", "payment_refund", "suppression", "tag", "team", "team_member", "tenant", "timeline_entry",
    }
)  # fmt: skip
"""Tables of the core that a plugin may name in statements of its own: the shared records that the SDK gives, and what
hangs on them. All others are closed (accounts, sessions, tokens, settings, jobs, events, files, the audit log): the
SDK has functions for what a plugin needs of them."""
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
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_NO_ALIAS = "as cross for full group inner join left limit natural on order right select set union using values where"
_ONE = rf"(?:\w+\.)?\w+(?:\s+as\s+\w+|\s+(?!(?:{'|'.join(_NO_ALIAS.split())})\b)\w+)?"
_PLACES = re.compile(rf"\b(?:from|join|into|update|using)\s+(?:only\s+)?({_ONE}(?:\s*,\s*{_ONE})*)")
_QUALIFIED = re.compile(r"(?<![\w.])(\w+)\.(\w+)")
_GIVEN = "tenantry_given"
_touched: Bounded[str, frozenset[tuple[str, str]]] = Bounded(4_000)
"""(schema, table) that a statement names, by its text; the schema is empty for the core's."""


def install() -> None:
    """Ask at every border; once a process."""
    for target, name, asked in (
        (Engine, "before_cursor_execute", _check_statement),
        (TenantSession, "before_attach", _check_added),
    ):
        if not event.contains(target, name, asked):
            event.listen(target, name, asked)


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
        _check(plugin, {_name(row)})


def _check(plugin: str, tables: Set[tuple[str, str]]) -> None:
    foreign = [one for one in tables if one[0] != plugin and one not in _OPEN]
    if foreign and (manifest := visitor()) is not None and _is_own_doing(plugin):
        for schema, table in foreign:
            if not schema:
                raise NotDeclared(f"{plugin} may not touch “{table}”: that table is the core's own.")
            if not _may(manifest, schema, table):
                words = f'needs=Needs(records=("{_kinds(schema, table)[0]}",))'
                raise NotDeclared(f"{plugin} may not touch {schema}.{table}: its manifest does not say so ({words}).")


def _may(manifest: Plugin, schema: str, table: str) -> bool:
    if schema in manifest.requires or schema in manifest.needs.records:
        return True
    return any(kind in manifest.needs.records for kind in _kinds(schema, table))


_OPEN = {("", name) for name in OPEN}


def _name(row: Any) -> tuple[str, str]:
    table = inspect(type(row)).local_table
    return table.schema or "", table.name


def _tables(statement: str) -> frozenset[tuple[str, str]]:
    found = _touched.get(statement)
    if found is None:
        found = _touched[statement] = frozenset(_named(statement))
    return found


def _without_given(statement: str, context: Any) -> frozenset[tuple[str, str]]:
    """What a statement touches but for the conditions that the core gave. Kept by the text, which says the same
    whoever sends it."""
    whole = getattr(getattr(context, "compiled", None), "statement", None)
    if whole is not None and any(_GIVEN in one._annotations for one in visitors.iterate(whole)):
        _touched[statement] = frozenset(_ungiven(whole))
    return _tables(statement)


def _ungiven(element: Any) -> Iterator[tuple[str, str]]:
    if _GIVEN in element._annotations:
        return
    if isinstance(element, Table):
        yield element.schema or "", element.name
    elif isinstance(element, TextClause):
        yield from _named(element.text)
    elif isinstance(element, ColumnClause) and element.is_literal:
        yield from _named(element.name)
    for part in element.get_children():
        yield from _ungiven(part)


def _named(statement: str) -> Iterator[tuple[str, str]]:
    """Names with a schema wherever they stand, others where tables stand, as far as the metadata knows them: the rest
    are aliases, columns, common table expressions."""
    plain = _QUOTED.sub("''", statement).replace('"', "").lower()
    for schema, table in _QUALIFIED.findall(plain):
        if f"{schema}.{table}" in metadata.tables:
            yield schema, table
    for place in _PLACES.findall(plain):
        for one in place.split(","):
            name = one.split()[0].removeprefix("public.")
            if name in metadata.tables and "." not in name:
                yield "", name


def _kinds(schema: str, table: str) -> list[str]:
    """The resources that a table is of, or part of; else its own name."""
    known, found = installed(), []
    for entry in known.entries.values():
        if entry.plugin.name == schema:
            parts = [model for model, (home, _field) in known.homes.items() if home.key == entry.key]
            if any(model.__table__.name == table for model in (entry.model, *parts)):
                found.append(entry.key)
    return found or [f"{schema}.{table}"]


def _is_own_doing(plugin: str) -> bool:
    """Whether the nearest caller outside the plumbing is this plugin's: neither the core's nor that of another plugin,
    which is called by its own rules. What a flush writes was put there before, and asked then."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name == "_flush" and module == "sqlalchemy.orm.session":
            return False
        if not module.startswith(_PLUMBING):
            owner = owner_of(module)
            return owner == plugin or owner not in {CORE, *installed().names}
        frame = frame.f_back
    return False
