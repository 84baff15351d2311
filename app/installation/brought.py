"""What a plugin brings beside its records, and what it adds to those of others: for its page and the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.host import Extension, Plugin, Role, registry
from app.identity.locale import listed
from app.installation.words import kind_words, role_words, verb_words

Row = tuple[str, str]
"""(name in code, what it is in words)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Things of one sort."""

    title: str
    rows: tuple[Row, ...]

    @property
    def words(self) -> list[str]:
        """Without the names that only code knows, each once."""
        return list(dict.fromkeys(words for _name, words in self.rows))


def brought(plugin: Plugin) -> list[Part]:
    """All that it declares beside records, settings and work, in words."""
    known, mine = registry(), f"{plugin.name}."
    figures = known.figures
    found: list[tuple[str, Iterable[Row]]] = [
        (_("Roles it brings"), [(one.name, _role(one)) for one in known.roles.values() if one.plugin == plugin.name]),
        (_("Rights of its own pages"), _own_permissions(plugin)),
        (_("Pages of its own"), [(one.path, str(one.title)) for one in known.pages.get(plugin.name, ())]),
        (_("Features"), [(one.name, _with_help(one.label, one.help)) for one in known.features.values()
                         if one.plugin == plugin.name]),
        (_("Reports"), _mine(mine, {key: one.report.title for key, one in figures.reports.items()})),
        (_("Facts to report on"), _mine(mine, {key: one.dataset.title for key, one in figures.datasets.items()})),
        (_("Cards for the start page"), _mine(mine, {key: one.card.title for key, one in figures.cards.items()})),
        (_("What it tells people of"), _mine(mine, {key: one.title for key, one in known.notices.items()})),
        (_("What it tells on timelines"), _mine(mine, {key: one.title for key, one in known.timelines.items()})),
        (_("Numbers that plans may limit"),
         _mine(mine, {key: one.title for key, one in known.contributions.metrics.items()})),
    ]  # fmt: skip
    return [Part(title, tuple(rows)) for title, rows in found if rows]


def additions(plugin: Plugin) -> list[Part]:
    """What it adds to records of other plugins, or may refuse there: a part for each kind of them."""
    found = []
    for one in registry().extensions.get(plugin.name, ()):
        entry = registry().entries.get(one.resource)
        if entry is not None:
            title = _("Adds to %(what)s of %(plugin)s", what=entry.resource.plural_words, plugin=entry.plugin.title)
            found.append(Part(title, tuple((one.resource, words) for words in _added(one))))
    return [one for one in found if one.rows]


@dataclass(frozen=True, slots=True)
class Ability:
    """A resource and what roles may do on it by the plugin's declaration."""

    title: str
    verbs: tuple[tuple[str, str], ...]
    """What, and the roles that may, in words."""


def abilities(plugin: Plugin) -> list[Ability]:
    """Its records, and what roles may do with each."""
    found = []
    for entry in registry().entries.values():
        if entry.plugin is plugin:
            held = [one for one in registry().declared_permissions() if one.resource == entry.key]
            verbs = tuple((verb_words(one.verb, entry), role_words(one.roles)) for one in held)
            found.append(Ability(entry.resource.plural_words, verbs))
    return found


def works_by_itself(plugin: Plugin) -> list[tuple[str, list[str]]]:
    """What it does without being asked, in words: jobs by the clock, what it listens to, messages that come in."""
    known = registry()
    jobs = {one.job for one in known.schedules.values()}
    mine = f"{plugin.name}."
    rows: Iterable[tuple[str, list[str]]] = (
        (
            _("Works in the background"),
            [str(job.title) for name, job in known.jobs.items() if name.startswith(mine) and name not in jobs],
        ),
        (_("Works by the clock"), [str(known.jobs[name].title) for name in sorted(jobs) if name.startswith(mine)]),
        (
            _("Hears of"),
            [one.handler.event_name for one in known.happenings.listeners.values() if one.plugin == plugin.name],
        ),
        (
            _("Takes messages of other systems"),
            [name for owner, name in known.happenings.inlets if owner == plugin.name],
        ),
        (_("Reaches people by"), [str(one.title) for one in known.channels.values() if one.plugin == plugin.name]),
        (_("Takes payments by"), [str(one.title) for one in known.providers.values() if one.plugin == plugin.name]),
    )
    return [(title, words) for title, words in rows if words]


def _added(one: Extension) -> Iterator[str]:
    sorts: list[tuple[str, Iterable[Any]]] = [
        (_("Fields"), [f"{field.words} ({kind_words(field)})" for field in one.fields]),
        (_("Columns of the list"), [field.words for field in one.fields if field.name in one.columns.split()]),
        (_("Actions"), [str(action.title) for action in one.actions]),
        (_("Lists on their pages"), [_list_words(related) for related in one.related]),
        (_("Facts beside them"), [str(panel.title) for panel in one.panels]),
    ]
    yield from (f"{sort}: {listed(words)}" for sort, words in sorts if words)
    if one.before_save is not None:
        yield _("It may refuse that one is saved.")
    if one.before_delete is not None:
        yield _("It may refuse that one is deleted.")
    if one.warn is not None:
        yield _("It may ask whether one is really meant so.")


def _list_words(related: Any) -> str:
    entry = registry().by_model.get(related.resolve())
    return str(related.title) if related.title is not None else entry.resource.plural_words if entry else ""


def _role(one: Role) -> str:
    """With what it may do with records of others: what it may with its own stands beside those."""
    like = _("like %(role)s", role=role_words([one.like]))
    entries = registry().entries
    foreign = [(entries[key], verbs) for key, verbs in one.grants.items() if key in entries]
    may = [
        f"{entry.plugin.title}: {entry.resource.plural_words} ({listed(verb_words(v, entry) for v in verbs.split())})"
        for entry, verbs in foreign if entry.plugin.name != one.plugin
    ]  # fmt: skip
    told = f"{one.title} ({like})"
    return ". ".join([f"{told}: {str(one.summary).rstrip('.')}" if one.summary else told, *may])


def _own_permissions(plugin: Plugin) -> list[Row]:
    titles = registry().contributions.titles
    declared = ((f"{one.resource}.{one.verb}", one.roles) for one in registry().declared_permissions())
    return [
        (name, f"{titles[name]}: {role_words(roles)}")
        for name, roles in declared if name in titles and name.startswith(f"{plugin.name}.")
    ]  # fmt: skip


def _with_help(label: Any, more: Any) -> str:
    return f"{label}: {more}" if more else str(label)


def _mine(prefix: str, titles: dict[str, Any]) -> list[Row]:
    return [(name, str(title)) for name, title in titles.items() if name.startswith(prefix)]
