"""What the contract is asked of: everything that is installed, or one plugin with all that it touches.

All that is installed is there either way, as it is where a vendor's customers work; what differs is which records and
addresses are tried. What another plugin brings by itself is that plugin's to prove.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from app.host import Entry, Extension, Registry
from app.ops.routes_table import Row

DECLARED = frozenset({"plugins", "plugins_of_all", "plugins_leaving", "plugin_docs", "cards", "report_hub", "reports"})
"""Blueprints of pages about what plugins declare: their addresses hold names of plugins, cards, reports, datasets."""


@dataclass(frozen=True)
class Subject:
    """The whole installation, or `plugin` alone."""

    registry: Registry
    plugin: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.plugin is None

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The plugin's resources, and those of others that it adds something to."""
        return self._with({one.resource for one in self._extensions})

    @cached_property
    def written(self) -> tuple[Entry, ...]:
        """The plugin's resources, and those of others in whose saving it has a say: by fields, actions or rules."""
        return self._with({one.resource for one in self._extensions if _has_a_say(one)})

    @cached_property
    def _extensions(self) -> list[Extension]:
        if self.plugin is None:
            return []
        return [one for group in self.registry.call("extensions", self.plugin) for one in group]

    def _with(self, extended: set[str]) -> tuple[Entry, ...]:
        found = self.registry.entries.values()
        return tuple(one for one in found if self.plugin in (None, one.plugin.name) or one.key in extended)

    def named(self, names: Iterable[str]) -> list[str]:
        """Of plugins, cards, reports and datasets, those that are asked about."""
        return [name for name in names if self.plugin in (None, name.partition(".")[0])]

    def own_pages(self, rows: Iterable[Row]) -> list[Row]:
        """The pages that plugins bring themselves, beside those that are generated."""
        brought = {one.name for plugin in self.plugins for one in self.registry.blueprints.get(plugin, ())}
        return [row for row in rows if row.method == "GET" and row.endpoint.partition(".")[0] in brought]

    @cached_property
    def plugins(self) -> list[str]:
        """The plugins that are asked about, none of the core's."""
        return [one.name for one in self.registry.plugins if not one.core and self.plugin in (None, one.name)]

    def concerns(self, row: Row) -> bool:
        """Whether an address is tried: the plugin's own, those of its resources, pages of records that its own hang
        on or whose timelines it may tell on, and those of the house that gather what all plugins have."""
        if self.plugin is None or row.path.startswith((f"/{self.plugin}/", f"/api/v1/{self.plugin}/")):
            return True
        entry = self.registry.entries.get(row.permission.rpartition(".")[0])
        if entry is not None:
            return entry in self.entries or (entry in self._neighbours and _shows_a_record(entry, row))
        return row.endpoint.partition(".")[0] in DECLARED or self._gathers(row)

    @cached_property
    def _neighbours(self) -> tuple[Entry, ...]:
        """Resources that the plugin's refer to, and those with a timeline."""
        fields = [field for one in self.entries for field in one.fields.values()]
        models = {field.target() for field in fields if field.kind == "belongs_to" and field.target is not None}
        links = {field.links for field in fields if field.links}
        found = self.registry.entries.values()
        return tuple(one for one in found if one.model in models or one.key in links or one.resource.timeline)

    def _gathers(self, row: Row) -> bool:
        """A page of the house's that is about no single record: the start page, the search, exports and the like."""
        first = row.path.split("/")[1]
        is_of_the_house = first not in self.registry.names or first in self.registry.always_on
        return row.method == "GET" and "<" not in row.path and is_of_the_house


def _has_a_say(one: Extension) -> bool:
    return bool(one.fields or one.actions or one.before_save or one.warn)


def _shows_a_record(entry: Entry, row: Row) -> bool:
    page = f"{entry.path}/<uuid:record_id>"
    return row.method == "GET" and row.path in (page, f"{page}/related/<name>")
