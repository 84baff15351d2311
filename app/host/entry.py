"""A resource in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from app.data import Field, Record
from app.host.declarations import Action, Clue, Plugin, Resource
from app.host.extensions import PlacedPanel
from app.identity.permissions import DeclaredPermission


@dataclass(frozen=True)
class Entry:
    """A resource in its place: which plugin it is of, what it is called everywhere."""

    plugin: Plugin
    resource: Resource
    added: tuple[Field, ...] = ()
    """Fields that other plugins add, by full name (`custom.garage__plate`)."""
    panels: tuple[PlacedPanel, ...] = ()

    @cached_property
    def key(self) -> str:
        """`crm.lead`: the name of permissions, search kinds, links, and the stem of both addresses."""
        return f"{self.plugin.name}.{self.resource.key_name}"

    @cached_property
    def path(self) -> str:
        """`/crm/lead`: the address of the screens, inside the tenant."""
        return f"/{self.plugin.name}/{self.resource.key_name}"

    @cached_property
    def api_path(self) -> str:
        """`/api/v1/crm/lead`."""
        return f"/api/v1{self.path}"

    @property
    def model(self) -> type[Record]:
        return self.resource.model

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.resource.model.__fields__

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        return MappingProxyType({action.name: action for action in self.resource.actions})

    @cached_property
    def verbs(self) -> tuple[str, ...]:
        standard = [verb for verb in self.resource.verbs.split() if verb != "merge" or self.is_mergeable]
        return (*standard, *self.actions)

    def permissions(self) -> Iterator[DeclaredPermission]:
        """Each verb with the roles that hold it by what resource and actions say."""
        for verb in self.verbs:
            if verb in self.actions:
                roles = {"owner", "admin", *self.actions[verb].roles}
            else:
                roles = {role for role, verbs in self.resource.grants.items() if verb in verbs.split()}
            yield DeclaredPermission(self.key, verb, tuple(sorted(roles)))

    @cached_property
    def searched(self) -> tuple[tuple[Field, str], ...]:
        """The fields that the search box looks at; of inline rows, which of their fields."""
        paths = (path.partition(".") for path in self.resource.search.split())
        return tuple((self.fields[name], rest) for name, _dot, rest in paths)

    @cached_property
    def tagged(self) -> tuple[str, ...]:
        """The names of the fields that hold tags."""
        return tuple(field.name for field in self.fields.values() if field.kind == "tags")

    @cached_property
    def leading_clues(self) -> tuple[Clue, ...]:
        """The clues by which records that look alike are found."""
        return tuple(clue for clue in self.resource.clues if clue.leads)

    @cached_property
    def is_mergeable(self) -> bool:
        """Can its records be merged? They need a trash, and `merged_into` to say where a merged one is now."""
        link = self.fields.get("merged_into")
        target = link.target() if link is not None and link.target is not None else None
        return target is self.model and self.model.__soft_delete__
