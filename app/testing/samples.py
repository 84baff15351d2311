"""Whole records with all they need.

A resource with rules of its own (an address must be an address, a plugin must be installed) names better values in
`RULES` (`app.testing.sample_rules`) or in `SAMPLES` of its plugin.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import Column, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.branding.models import TenantBrand
from app.data import (
    Field,
    Record,
    TenantTable,
    current_scope,
    current_tenant_id,
    db,
    platform_session,
    utcnow,
    uuid7,
)
from app.data.owners import owner_of
from app.features.access_rules import AccessRule
from app.files.models import Attachment
from app.files.services import attach
from app.host import FieldError, Registry
from app.host.custom_fields import PREFIX, CustomFieldDef, custom_fields
from app.host.layouts import EVERYBODY, Layout
from app.identity.models import Account
from app.identity.services import add_member
from app.mailboxes.models import Mail, MailThread
from app.merging.likeness.rules import check_rule
from app.merging.merging import Wish, merge
from app.merging.models import DuplicateRule, Merge
from app.screens.reading import Surface
from app.tenancy.models import ROLES, Membership, MembershipRole, Tenant, TenantPlugin
from app.testing.sample_mails import a_mail, a_thread
from app.testing.sample_rules import TARGET, Rule, Rules
from app.testing.sample_values import raw, value_of
from app.transfer.keeping import keep
from app.transfer.models import Export, Import
from app.transfer.plan import Plan

EXISTING = frozenset({Membership, MembershipRole, TenantPlugin, AuditEntry, TenantBrand})
"""Rows that only services write, or of which there is one."""


class Samples:
    """Makes values and records; every one is different from those before."""

    def __init__(self, registry: Registry, rules: Rules) -> None:
        self.registry = registry
        self.rules = rules
        self.numbers = itertools.count(1)
        self._makers: dict[type[Record], Callable[[Session, Any, str, Mapping[str, Any]], Any]] = {
            Attachment: self._attachment, Import: self._transfer, Export: self._transfer,
            AccessRule: self._access_rule, DuplicateRule: self._duplicate_rule, Merge: self._merge,
            Mail: self._mail, MailThread: self._mail_thread, Layout: self._layout,
        }  # fmt: skip
        """Records that something else makes, or of which there can be one each."""

    def value(self, field: Field, number: int, marker: str = "") -> Any:
        """A value of the field's kind that a person could have entered; texts hold the marker where it fits."""
        return value_of(field, number, marker)

    def values(self, model: type[Record], number: int, marker: str = "") -> dict[str, Any]:
        """A value for every field of a model that is no relation."""
        found = {
            name: self.value(field, number, marker)
            for name, field in model.__fields__.items()
            if field.kind not in ("belongs_to", "has_many", "record_id")
        }
        return found | {name: rule(number, marker) for name, rule in self._rules(model).items()}

    def _rules(self, model: type[Record]) -> Mapping[str, Rule]:
        """By the key of the resource; of a record without one, by its plugin and table."""
        entry = self.registry.by_model.get(model)
        table: Any = model.__table__
        return self.rules.get(entry.key if entry else f"{owner_of(model.__module__)}.{table.name}", {})

    def record(
        self, session: Session, model: type[Record], marker: str = "", *, full: bool = True, **given: Any
    ) -> Any:
        """A flushed record of the tenant in force, with every field filled and every record it refers to.

        `full=False` leaves out what is optional. `given` sets fields and columns by name. The rules of its resource
        have been asked, as when a form is saved. Rows of which a tenant has few are taken if they are there.
        """
        existing = session.scalars(select(model).limit(1)).first() if model in EXISTING else None
        if existing is not None:
            return existing
        maker = self._makers.get(model)
        if maker is not None:
            return maker(session, model, marker, given)
        return self.plain(session, model, marker, full=full, **given)

    def plain(self, session: Session, model: type[Record], marker: str = "", *, full: bool = True, **given: Any) -> Any:
        """Such a record of a model by itself, whoever else makes its records."""
        number = next(self.numbers)
        row = model()
        ruled = self._rules(model)
        for name, value in self.values(model, number, marker).items():
            if full or name in ruled or not model.__fields__[name].is_nullable:
                setattr(row, name, value)
        self._relate(session, row, marker, given, full=full)
        for column in _unfilled(row, model):
            setattr(row, column.key, raw(column, number, marker))
        for name, value in given.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        if full:
            self._add_children(session, row, marker)
            self._fill_custom_fields(session, row, number, marker)
        self._complete(session, row, number, marker)
        return row

    def _attachment(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """A real file on a record."""
        target = given.get("target_id") or self.related(session, self.registry.entries[TARGET].model, marker).id
        name = f"{marker or 'file'} {next(self.numbers)}.txt"
        content = BytesIO(f"The bytes of {name}".encode())
        return attach(db.session(), str(given.get("target_type", TARGET)), target, content, name)

    def _transfer(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """An import that waits for its columns, or an export that can be fetched, each with a real file."""
        name = f"{marker or 'file'} {next(self.numbers)}.csv"
        file = keep(db.session(), BytesIO(f"First name\nPerson {name}\n".encode()), name, "text/csv")
        row = model(resource=TARGET, file_name=name, file_id=file.id)
        if model is Import:
            row.plan = Plan(headings=("First name",), mapping={"First name": "first_name"}).as_json()
        else:
            row.state, row.expires_at = "done", utcnow() + timedelta(days=1)
        session.add(row)
        session.flush()
        return row

    def _access_rule(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """A rule that takes nothing away, for a role and a resource that have none."""
        taken = {tuple(row) for row in session.execute(select(AccessRule.role, AccessRule.resource))}
        free = ((role, key) for key in self.registry.entries for role in ROLES if (role, key) not in taken)
        role, resource = next(free)
        rule = AccessRule(role=role, resource=resource, row_scope="all", hidden=[], readonly=[])
        session.add(rule)
        session.flush()
        return rule

    def _layout(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """A layout for a role and a kind of records that have none."""
        taken = {tuple(row) for row in session.execute(select(Layout.resource, Layout.role))}
        kinds = (f"contacts.{name}" for name in ("company", "address", "note", "channel", "consent"))
        free = ((kind, role) for kind in kinds for role in (EVERYBODY, *ROLES) if (kind, role) not in taken)
        resource, role = next(free)
        return self.plain(session, model, marker, **{"resource": resource, "role": role, **given})

    def _duplicate_rule(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """A rule for a field that has none."""
        taken = {tuple(row) for row in session.execute(select(DuplicateRule.resource, DuplicateRule.path))}
        for entry in (one for one in self.registry.by_model.values() if one.resource.clues):
            for name in (one for one in entry.fields if (entry.key, one) not in taken):
                rule = DuplicateRule(resource=entry.key, path=name, points=next(self.numbers) % 100)
                with suppress(FieldError):
                    check_rule(rule, True)
                    session.add(rule)
                    session.flush()
                    return rule
        raise LookupError("Every field has its rule for duplicates.")

    def _merge(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        """Two records become one, as on the page."""
        entry = self.registry.entries[TARGET]
        survivor, other = (self.related(session, entry.model, marker).id for _number in range(2))
        return merge(Surface(entry, db.session()), Wish(survivor, (other,)))

    def _mail(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        return a_mail(self, session, marker, given)

    def _mail_thread(self, session: Session, model: Any, marker: str, given: Mapping[str, Any]) -> Any:
        return a_thread(self, session, marker, given)

    def define_custom_fields(self, session: Session) -> None:
        """One custom field of every kind for each resource that takes them, in the tenant in force."""
        for entry in self.registry.entries.values():
            if not entry.resource.custom_fields:
                continue
            for kind in (one.value for one in CustomFieldDef.__fields__["kind"].choices):
                options = "one\ntwo" if kind == "choice" else None
                links = TARGET if kind == "link" else None
                key, label = f"own_{kind}", f"Own {kind}"
                given = {"resource": entry.key, "key": key, "label": label, "kind": kind}
                session.add(CustomFieldDef(**given, options=options, links=links))
        session.flush()

    def _fill_custom_fields(self, session: Session, row: Any, number: int, marker: str) -> None:
        from app.screens.kinds import kind_of

        entry = self.registry.by_model.get(type(row))
        if entry is None or not entry.resource.custom_fields:
            return
        fields = custom_fields(session, entry.key).values()
        values = {
            field: self._linked(session, field, marker) if field.links else self.value(field, number, marker)
            for field in fields
        }
        row.custom_fields = {
            field.name.removeprefix(PREFIX): kind_of(field).dump(field, value) for field, value in values.items()
        }
        session.flush()

    def _complete(self, session: Session, row: Any, number: int, marker: str) -> None:
        """Ask the rule of the resource; what it misses is filled in, as a person would."""
        entry = self.registry.by_model.get(type(row))
        if entry is None or entry.resource.before_save is None:
            return
        with session.no_autoflush:
            try:
                entry.resource.before_save(row, True)
            except FieldError as refusal:
                self._fill_in(session, row, refusal.errors, number, marker)
                entry.resource.before_save(row, True)
        session.flush()

    def _fill_in(self, session: Session, row: Any, names: Iterable[str], number: int, marker: str) -> None:
        for name in names:
            field = row.__fields__.get(name)
            if field is None:  # one that a plugin adds
                self._fill_custom_fields(session, row, number, marker)
                continue
            if field.kind == "belongs_to":
                setattr(row, field.column, self.related(session, field.target(), marker).id)
            else:
                setattr(row, name, self.value(field, number, marker))

    def lean(self, session: Session, model: type[TenantTable], marker: str = "", **given: Any) -> Any:
        """A flushed row of a tenant table that is no record."""
        number = next(self.numbers)
        row = model()
        table: Any = model.__table__
        for column in table.columns:
            if column.name != "tenant_id" and not column.nullable and column.default is None:
                setattr(row, column.key, raw(column, number, marker))
        for name, target in _referred(table):
            setattr(row, name, self.related(session, target, marker).id)
        for name, value in given.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row

    def _relate(self, session: Session, row: Any, marker: str, given: Mapping[str, Any], *, full: bool) -> None:
        model = type(row)
        ruled = self._rules(model)
        entry = self.registry.by_model.get(model)
        owner = entry.resource.owner_field if entry is not None else None
        for name, field in model.__fields__.items():
            if {name, field.column} & {*given, *ruled} or field.target is None or field.kind != "belongs_to":
                continue
            if not field.is_nullable or name == owner or (full and field.target() is not model):
                other = self.related(session, field.target(), marker)
                if field.target() is Membership and _is_one_each(model, field):
                    other = _membership_without(session, getattr(model, field.column))
                setattr(row, field.column, other.id)
        if "target_type" in model.__fields__ and "target_id" not in given:
            target = self.registry.entries[TARGET]
            row.target_type = TARGET
            row.target_id = self.related(session, target.model, marker).id
        for name, field in model.__fields__.items():
            if field.kind == "record_id" and getattr(row, name) is None and (full or not field.is_nullable):
                setattr(row, name, self._linked(session, field, marker))

    def _linked(self, session: Session, field: Field, marker: str) -> UUID:
        """The id of a record that a link may lead to; any id where it leads to nothing that is installed."""
        linked = self.registry.entries.get(field.links)
        return self.related(session, linked.model, marker).id if linked is not None else uuid7()

    def related(self, session: Session, model: type[Record], marker: str) -> Any:
        """A record to refer to; of the members the one who writes, so that it is theirs."""
        if model is Membership:
            return _own_membership(session)
        return self.record(session, model, marker, full=False)

    def _add_children(self, session: Session, row: Any, marker: str) -> None:
        for field in type(row).__fields__.values():
            if field.kind != "has_many" or field.target is None or not field.reverse:
                continue
            self.record(session, field.target(), marker, **{f"{field.reverse}_id": row.id})
            session.expire(row, [field.name])


def _own_membership(session: Session) -> Membership:
    """Of whoever writes, so that they may read what only they can."""
    mine = select(Membership).where(Membership.account_uid == current_scope().actor_id)
    return session.scalars(mine).one_or_none() or session.scalars(select(Membership).limit(1)).one()


def _is_one_each(model: type[Record], field: Field) -> bool:
    """Whether there is at most one row for each record of the relation, or for each of them and a name."""
    indexes = (one for one in model.__table__.indexes if one.unique)  # type: ignore[attr-defined]
    names = [{column.name for column in one.columns} - {"tenant_id"} for one in indexes]
    return any(field.column in one and one <= {field.column, "feature_key"} for one in names)


def _membership_without(session: Session, column: Any) -> Membership:
    """A member that the column does not name yet; one more of the tenant when it names them all."""
    free = select(Membership).where(Membership.id.not_in(select(column))).limit(1)
    found = session.scalars(free).first()
    if found is None:
        name = f"member.{uuid7().hex}@mail.example"
        account = Account(
            username=name, email=name, first_name="Another", last_name="Member", password="!", active=True
        )
        with platform_session("a sample needs one more account") as other:
            other.add(account)
        add_member(account, session.get_one(Tenant, current_tenant_id()), "agent")
        found = session.scalars(free).one()
    return found


def _referred(table: Any) -> Iterator[tuple[str, type[Record]]]:
    """Columns of a plain table that refer to a record, and its model."""
    models = {m.local_table: m.class_ for m in Record.registry.mappers if issubclass(m.class_, Record)}
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table in models:
            names = [name for name in constraint.column_keys if name != "tenant_id"]
            yield from ((name, models[constraint.referred_table]) for name in names)


def _unfilled(row: Any, model: type[Record]) -> list[Column[Any]]:
    """Columns outside the declared fields that must not be empty."""
    table: Any = model.__table__
    return [
        column
        for column in table.columns
        if not column.nullable
        and column.default is None
        and column.server_default is None
        and column.name != "tenant_id"
        and getattr(row, column.key, None) is None
    ]
