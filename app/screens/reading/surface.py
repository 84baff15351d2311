"""`Surface`: one resource as one person sees it. Every screen, REST call, picker, count and action reads through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.reading import among
from app.data.record import label_fields, label_words
from app.features import can
from app.features.access_rules import Access, access_of
from app.host import Entry, registry
from app.host.custom_fields import PREFIX, custom_fields
from app.host.extending import entry_here
from app.identity.principal import Principal, principal
from app.tenancy.teams import owners_within

STAMPS: Mapping[str, Field] = {
    "created_at": Field("moment", "created_at", _l("Created"), readonly=True, sortable=True),
    "updated_at": Field("moment", "updated_at", _l("Changed"), readonly=True),
}
_TRASH_STAMP = Field("moment", "deleted_at", _l("Deleted"), readonly=True)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to another record, with the words it is called by."""

    id: UUID
    label: str
    tone: str = ""
    """The colour of the record, where its kind has one."""

    def __str__(self) -> str:
        return self.label


class Surface:
    """A resource for a person: fields they may see and change, rows they may reach. Made per request; cheap."""

    def __init__(self, entry: Entry, session: Session, person: Principal | None = None) -> None:
        self.entry = entry
        self.session = session
        self.person = person or principal()
        self.access: Access = access_of(session, self.person, entry.key, entry.resource.scopes)

    tried_layout: Any = None
    """A layout that is looked at before it is published."""

    @property
    def model(self) -> type[Record]:
        return self.entry.model

    @cached_property
    def custom(self) -> dict[str, Field]:
        """The tenant's own fields, by full name."""
        return custom_fields(self.session, self.entry.key) if self.entry.resource.custom_fields else {}

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every field this person may see, in declared order, then custom fields, then time stamps."""
        everything = {**self.entry.fields, **self.custom, **STAMPS}
        if self.model.__soft_delete__:
            everything["deleted_at"] = _TRASH_STAMP
        return {name: field for name, field in everything.items() if name not in self.access.hidden}

    def editable(self, *, is_new: bool) -> dict[str, Field]:
        """The fields this person may fill in, without inline rows."""
        return {
            name: field
            for name, field in self.fields.items()
            if not field.readonly
            and field.kind != "has_many"
            and (is_new or not field.immutable)
            and name not in self.access.readonly
        }

    def importable(self, *, is_new: bool) -> dict[str, Field]:
        """The fields that a file of this person's may fill: those, and the ones that the resource lets files bring."""
        brought = self.entry.resource.imports.split()
        more = {name: self.fields[name] for name in brought if name in self.fields and name not in self.access.readonly}
        return self.editable(is_new=is_new) | more

    def inlines(self) -> dict[str, Field]:
        """The collections edited inside the form."""
        return {
            name: self.fields[name]
            for name in self.entry.resource.inlines.split()
            if name in self.fields and name not in self.access.readonly
        }

    def may(self, verb: str) -> bool:
        """Does the gate let this person do the verb on this resource? Work outside requests is not a person's."""
        return verb in self.entry.verbs and (self.person is None or bool(can(self.entry.key, verb, self.person)))

    def readable(self) -> list[ColumnElement[bool]]:
        """What a row must meet for this person to read it: none does where they may read no record of the kind."""
        return self.conditions() if self.may("read") else [false()]

    def conditions(self, *, trash: bool = False) -> list[ColumnElement[bool]]:
        """What every row this person reaches must meet, besides being of the tenant."""
        found: list[ColumnElement[bool]] = []
        if self.model.__soft_delete__:
            live = self.model.is_live()
            found.append(~live if trash else live)
            if trash and self.entry.is_mergeable:
                found.append(self.model.merged_into_id.is_(None))  # type: ignore[attr-defined]
        elif trash:
            found.append(false())
        found += self.row_rules()
        if "target_id" in self.entry.fields and self.person is not None:
            found += self._target_rules()
        return found

    def is_plain(self, conditions: list[ColumnElement[bool]]) -> bool:
        """Whether these conditions are the same for everybody: that the row is not in the trash, nor in the archive."""
        return all(one is self.model.is_live() or one is self.model.is_in_sight() for one in conditions)

    def row_rules(self, besides: frozenset[type[Record]] = frozenset()) -> list[ColumnElement[bool]]:
        """What a row must meet for this person in particular: the resource's rule, the row scope, and, where it is part
        of another record, what that one must meet; not of the records `besides`."""
        found: list[ColumnElement[bool]] = []
        if self.entry.resource.row_rule is not None and self.person is not None:
            rule = self.entry.resource.row_rule(self.person)
            if rule is not None:
                found.append(rule)
        if self.access.scope != "all" and self.person is not None:
            found.append(self._is_within(self.person))
        return [*found, *self._whole_rules(besides)]

    def _whole_rules(self, besides: frozenset[type[Record]]) -> Iterator[ColumnElement[bool]]:
        """A row that is part of another record (a way to reach a contact) is within reach when that record is."""
        for entry, link in registry().wholes.get(self.model, ()) if self.person is not None else ():
            if entry.model in besides:
                continue
            rules = Surface(entry, self.session, self.person).row_rules(besides | {self.model})
            if rules:
                column: Any = getattr(self.model, link.column)
                is_reached = column.in_(select(entry.model.id).where(*rules).correlate(None))
                yield or_(column.is_(None), is_reached) if link.is_nullable else is_reached

    def _target_rules(self) -> list[ColumnElement[bool]]:
        """A row that hangs on another record (a note, a file) is within reach when that record is; and what is told of
        such a row (in the audit log) when the row is."""
        hidden: list[str] = []
        rules: dict[str, list[ColumnElement[bool]]] = {}
        for entry in registry().entries.values():
            other = Surface(entry, self.session, self.person)
            if not other.may("read"):
                hidden.append(entry.key)
            elif found := other.row_rules():
                rules[entry.key] = found
        plain = dict(rules)
        for entry in registry().entries.values() if rules else ():
            if "target_id" in entry.fields and entry.model is not self.model and entry.key not in hidden:
                rules[entry.key] = [*rules.get(entry.key, ()), *_hung(entry.model, hidden, plain)]
        return [*_hung(self.model, hidden, rules), *(self._shown_kinds() if rules else ())]

    def _shown_kinds(self) -> Iterator[ColumnElement[bool]]:
        """No rule can be given for rows that no resource shows (stored files): who does not reach everything is told
        what they did to them themselves. What is about no record at all (a refused sign-in) hides none."""
        model: Any = self.model
        if self.person is not None:
            yield or_(model.target_type.in_([*registry().entries, ""]), model.created_by == self.person.uid)

    def _is_within(self, person: Principal) -> ColumnElement[bool]:
        """What the scope gives this person, and what the resource lets them reach besides."""
        owned, also = self._is_owned(person), self.entry.resource.also
        besides = also(person) if also is not None else None
        return owned if besides is None else or_(owned, besides)

    def _is_owned(self, person: Principal) -> ColumnElement[bool]:
        """By this person, by nobody, or by somebody in one of their teams, as far as their scope goes."""
        owner = self.entry.resource.owner_field
        within = owners_within(self.session, person, teams=self.access.scope == "team")
        column: Any = getattr(self.model, f"{owner}_id") if owner else self.model.created_by
        ids = within.members if owner else within.accounts
        is_within = among(column, ids)
        return or_(is_within, column.is_(None)) if owner and self.access.scope != "own" else is_within

    def claim(self, row: Any) -> None:
        """Whoever does not reach all rows owns what they add and leave without an owner: who brings a record looks
        after it, and with the narrowest scope they would lose sight of it."""
        owner = self.entry.resource.owner_field
        if owner and self.person is not None and self.access.scope != "all" and getattr(row, f"{owner}_id") is None:
            setattr(row, f"{owner}_id", self.person.membership_id)

    def rows(self, *, trash: bool = False) -> Select[Any]:
        """A statement for the records this person reaches."""
        return select(self.model).where(*self.conditions(trash=trash))

    def get(self, record_id: UUID | str, *, trash: bool = False, lock: bool = False) -> Record | None:
        """One record, or None when there is none that this person reaches. A malformed id is none."""
        key = as_uuid(record_id)
        if key is None:
            return None
        statement = self.rows(trash=trash).where(self.model.id == key)
        if lock:
            # Who moves a record of a tree below another one need not wait for that one to be saved.
            statement = statement.with_for_update(of=self.model, key_share=self.entry.resource.tree is not None)
        found: Record | None = self.session.scalars(statement).one_or_none()
        return found

    def survivor_of(self, record_id: UUID | str) -> UUID | None:
        """Where a merged record is now, for whoever reached it; None for one that was not merged. The other one may be
        out of their reach."""
        key = as_uuid(record_id)
        if key is None or not self.entry.is_mergeable:
            return None
        model: Any = self.model
        where = model.id == key, model.merged_into_id.is_not(None), *self.row_rules()
        found: UUID | None = self.session.scalar(select(model.merged_into_id).where(*where))
        return found

    def target(self, field: Field) -> Surface | None:
        """The surface of the resource a relation or link points to; None when that model has no resource."""
        if field.links:
            return self.linked(field.links)
        model = field.target() if field.target else None
        entry = registry().by_model.get(model) if model else None
        return Surface(entry, self.session, self.person) if entry else None

    def linked(self, kind: str) -> Surface | None:
        """The surface of the resource that a link names; None where its plugin is not on."""
        entry = entry_here(kind)
        return Surface(entry, self.session, self.person) if entry is not None else None

    def unsearchable(self) -> frozenset[str]:
        """The fields by which this person must not find a record: hidden ones, and rows of others that are."""
        hidden = set(self.access.hidden)
        for path in self.entry.resource.search.split():
            name, _dot, rest = path.partition(".")
            other = self.target(self.entry.fields[name]) if rest and self.person is not None else None
            if other is None:
                continue
            # That they follow this record is no reason: whoever finds it reaches it.
            if not other.may("read") or rest in other.access.hidden or other.row_rules(frozenset({self.model})):
                hidden.add(name)
        return frozenset(hidden)

    def default_columns(self) -> list[str]:
        """The columns of the list as declared, or the first six fields."""
        named = self.entry.resource.list.split()
        if not named:
            shown = [f.name for f in self.entry.fields.values() if f.kind not in ("has_many", "json", "long_text")]
            named = [*shown[:6], "created_at"]
        return [name for name in named if name in self.fields]

    def filterable(self) -> dict[str, Field]:
        """Fields with filters: those declared, or all that can be filtered."""
        named = self.entry.resource.filters.split()
        chosen = {name: self.fields[name] for name in named if name in self.fields} if named else dict(self.fields)
        if named:
            chosen |= {name: field for name, field in self.custom.items() if name in self.fields}
        return {name: field for name, field in chosen.items() if field.kind != "has_many" and name != "deleted_at"}

    def labels(self) -> tuple[Field, ...]:
        """The fields that records are called by, each with a place in `label_of`."""
        known = {**self.fields, **self.entry.fields}  # a name may hold a stamp, or a field that is hidden elsewhere
        return tuple(known[name] for name in label_fields(self.model))

    def sortable(self) -> dict[str, Field]:
        """Fields a list may be ordered by: those with an index."""
        return {name: field for name, field in self.fields.items() if field.sortable}


def _hung(
    model: Any, hidden: Sequence[str], rules: Mapping[str, list[ColumnElement[bool]]]
) -> list[ColumnElement[bool]]:
    """What a row that hangs on a record of any kind must meet: not of a hidden kind, and the rules of its kind."""
    found: list[ColumnElement[bool]] = []
    for key, rule in rules.items():
        reached = select(registry().entries[key].model.id).where(*rule).correlate(None)
        found.append(or_(model.target_type != key, model.target_id.in_(reached)))
    return [*found, model.target_type.not_in(hidden)] if hidden else found


def as_uuid(value: UUID | str) -> UUID | None:
    """The id, or None for a text that is none."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if len(value) in (32, 36) else None
    except ValueError:
        return None


def tone_of(model: type[Record]) -> str:
    """The field that holds the colour of a model's records; empty where they have none."""
    entry = registry().by_model.get(model)
    return entry.resource.tone if entry is not None else ""


def label_of(model: type[Record], record_id: UUID, parts: Sequence[Any]) -> str:
    """The words of a record from its label fields; the end of its id when they are all empty."""
    return label_words(model, parts) or record_id.hex[-8:]


def value_of(record: Any, field: Field) -> Any:
    """The value of a field, custom fields included; a relation's id."""
    if field.name.startswith(PREFIX):
        stored = record.custom_fields.get(field.name.removeprefix(PREFIX))
        return from_storage(field, stored)
    return getattr(record, field.column if field.kind == "belongs_to" else field.name)


def from_storage(field: Field, stored: Any) -> Any:
    """A custom field's JSON as the value of its kind. What was stored when the field was of another kind is told as it
    is, and as nothing where it could not be shown."""
    from app.screens.kinds import kind_of

    if stored is None:
        return _nothing(field)
    try:
        return kind_of(field).load(_unlimited(field), stored)
    except ValueError:
        return _nothing(field) if field.kind in _OBJECTS else stored


_OBJECTS = frozenset({"money", "record_id", "tags"})
"""Kinds whose values are no texts or numbers: nothing else can stand in their place."""


def _nothing(field: Field) -> Any:
    return [] if field.kind == "tags" else None


@lru_cache(maxsize=5_000)
def _unlimited(field: Field) -> Field:
    """Choices and limits are asked when a value is saved: a stored one may be of an earlier day."""
    return replace(field, choices=(), minimum=None, maximum=None)
