"""Reads the declarations of chosen plugins into plain values, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import gettext as _

from app.data import Field
from app.host import Entry, Plugin, registry
from app.host.events import ANY
from app.host.extensions import guest_of
from app.host.happenings import words_of
from app.identity.locale import listed
from app.installation.brought import Part, additions, brought
from app.installation.words import kind_words, need_words, role_words

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One plugin."""

    title: str
    name: str
    summary: str
    joins: tuple[str, ...]
    """Of a bridge, the titles of the plugins it joins."""
    records: tuple[Entry, ...]
    permissions: tuple[Row, ...]
    """(permission, roles)."""
    events: tuple[Row, ...]
    """(name, what it is about)."""
    settings: tuple[Row, ...]
    """(name, words, kind, default)."""
    work: tuple[Row, ...]
    """(name of a job, schedule, handler, message, channel or payment provider, what it is)."""
    needs: tuple[str, ...] = ()
    """What it does beyond its own records, in words."""
    brought: tuple[Part, ...] = ()
    additions: tuple[Part, ...] = ()
    """To records of plugins that are on."""

    @property
    def says_something(self) -> bool:
        return any((self.records, self.events, self.work, self.joins, self.brought, self.additions))


@dataclass(frozen=True, slots=True)
class Documentation:
    """The chapters, in the order of the menu."""

    chapters: tuple[Chapter, ...]

    @property
    def records(self) -> tuple[Entry, ...]:
        return tuple(entry for chapter in self.chapters for entry in chapter.records)


def collect(plugins: Collection[str]) -> Documentation:
    """The documentation of these plugins; those that say nothing of themselves are left out."""
    found = [_chapter(plugin, plugins) for plugin in registry().plugins if plugin.name in plugins]
    return Documentation(tuple(one for one in found if one.says_something))


def _summary(plugin: Plugin) -> str:
    """What it says of itself, and the plugins that it needs or works with."""
    needed = () if plugin.bridge else plugin.requires  # what a bridge joins is said beside it
    others = [f"{name} {plugin.ranges.get(name, '')}".strip() for name in needed]
    more = [f"{name} {plugin.ranges.get(name, '')}".strip() for name in plugin.optional]
    said = [str(plugin.summary), *([_("Needs: %(others)s", others=listed(others))] if others else [])]
    said += [_("Works with: %(others)s", others=listed(more))] if more else []
    return " · ".join(one for one in said if one)


def _chapter(plugin: Plugin, here: Collection[str]) -> Chapter:
    known = registry()
    entries = tuple(entry for entry in known.entries.values() if entry.plugin is plugin)
    keys = {entry.key for entry in entries}
    events = [one for one in known.happenings.types.values() if one.plugin == plugin.name]
    return Chapter(
        str(plugin.title),
        plugin.name,
        _summary(plugin),
        joined_by(plugin),
        entries,
        tuple(
            (f"{p.resource}.{p.verb}", role_words(p.roles))
            for p in known.declared_permissions()
            if p.resource in keys and guest_of(p.verb) in ("", *here)
        ),
        tuple((one.name, words_of(one, known.entries)) for one in events),
        tuple(_setting(plugin.name, field) for field in known.settings.get(plugin.name, {}).values()),
        tuple(_work(plugin.name, here)),
        tuple(need_words(one) for one in plugin.needs.words()),
        tuple(brought(plugin)),
        tuple(one for one in additions(plugin) if one.rows[0][0].partition(".")[0] in here),
    )


def joined_by(plugin: Plugin) -> tuple[str, ...]:
    """The titles of what a bridge joins; nothing for any other plugin."""
    found = (registry().plugin(name) for name in plugin.requires if plugin.bridge)
    return tuple(str(one.title) for one in found if one is not None)


def _setting(plugin: str, field: Field) -> Row:
    default = "•••" if field.secret else str(field.default) if field.default is not None else ""
    return f"{plugin}.{field.name}", field.words, kind_words(field), default


def _work(plugin: str, here: Collection[str]) -> list[Row]:
    known, mine = registry(), f"{plugin}."
    rows: list[Row] = [(name, str(job.title)) for name, job in known.jobs.items() if name.startswith(mine)]
    rows += [(name, one.cron) for name, one in known.schedules.items() if name.startswith(mine)]
    heard = ((key, one, one.handler.event_name) for key, one in known.happenings.listeners.items())
    rows += [(key, name) for key, one, name in heard if one.plugin == plugin and name.partition(".")[0] in {ANY, *here}]
    rows += [
        (f"{owner}.{name}", f"/hooks/{owner}/{name}") for owner, name in known.happenings.inlets if owner == plugin
    ]
    rows += [(one.name, str(one.title)) for one in known.channels.values() if one.plugin == plugin]
    rows += [(one.name, str(one.title)) for one in known.providers.values() if one.plugin == plugin]
    return rows
