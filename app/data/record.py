"""`Record`: the base of every tenant table.

    class Vehicle(Record):
        plate: Mapped[str] = text(unique=True, sortable=True)
        owner = belongs_to(Contact)

gives the database key `(tenant_id, id)` and the mapper key `id`, author and time stamps, a version counter for
optimistic locking, custom fields, and - where `__soft_delete__` is set - a trash.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Index, Integer, PrimaryKeyConstraint, Uuid, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.data import columns
from app.data.annotations import check_annotation
from app.data.base import Base, snake_case
from app.data.fields import Field
from app.data.ids import utcnow, uuid7
from app.data.scope import current_scope, current_tenant_id

PENDING: list[tuple[type[Any], Field]] = []
"""Relations declared and not yet wired; `app.data.wiring` does it when the mappers are configured."""


class TenantTable(Base):
    """A table of tenant rows without the comforts of `Record`: row-level security and the ORM wall apply all the
    same."""

    __abstract__ = True
    __audited__: ClassVar[bool] = False
    """Whether changes of these rows are told in the tenant's audit log. Machinery such as search tokens is not."""

    tenant_id: Mapped[UUID] = mapped_column(Uuid, default=current_tenant_id, sort_order=-100)


class Record(TenantTable):
    """A tenant row with identity, authorship, version and custom fields. See the module's docstring."""

    __abstract__ = True
    __audited__: ClassVar[bool] = True
    __append_only__: ClassVar[bool] = False
    """The application may add rows, and read them, and nothing else."""
    __soft_delete__: ClassVar[bool] = False
    __archive__: ClassVar[bool] = False
    """Rows can be put out of sight: lists and boards leave them out unless the archive is asked for."""
    __label__: ClassVar[str] = ""
    """Names of the fields that make up the record's title, separated by blanks; the first text field by default."""
    __config__: ClassVar[bool] = False
    """Rows that configure the tenant: a change raises its configuration version."""
    __same__: ClassVar[str] = ""
    """Of rows that live in another record's form: the fields by which two of them say the same, separated by blanks.
    When records are merged, one of two such rows is enough; of a model that names none all are kept."""
    __publishes__: ClassVar[bool] = True
    """Whether its changes are events, where a resource lets people write it. What reports on events has none."""
    __fields__: ClassVar[dict[str, Field]] = {}

    id: Mapped[UUID] = mapped_column(Uuid, default=uuid7, server_default=text("gen_random_uuid()"), sort_order=-99)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=utcnow, server_default=text("now()"), sort_order=90
    )
    created_by: Mapped[UUID | None] = mapped_column(Uuid, default=lambda: current_scope().actor_id, sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=utcnow, onupdate=utcnow, server_default=text("now()"), sort_order=92
    )
    updated_by: Mapped[UUID | None] = mapped_column(
        Uuid, default=lambda: current_scope().actor_id, onupdate=lambda: current_scope().actor_id, sort_order=93
    )
    version: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"), sort_order=94)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), sort_order=95
    )

    def __init__(self, **values: Any) -> None:
        if "id" not in values:
            values["id"] = uuid7(values.get("created_at"))
        super().__init__(**values)

    def __init_subclass__(cls, **kw: Any) -> None:
        if not cls.__dict__.get("__abstract__", False):
            _declare(cls)
        super().__init_subclass__(**kw)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        # The mapper's key is `id` alone, so Flask-AppBuilder and identity maps see one simple key; the database's
        # key leads with the tenant. Row-level security adds the tenant to every statement, so the index is used.
        table_columns = cls.__dict__
        return {
            "primary_key": [table_columns.get("id", cls.id)],
            "version_id_col": cls.version,
            "eager_defaults": False,
        }

    @classmethod
    @cache
    def is_live(cls) -> ColumnElement[bool]:
        """True for rows that are not in the trash."""
        return cls.deleted_at.is_(None) if cls.__soft_delete__ else true()  # type: ignore[attr-defined]

    @classmethod
    @cache
    def is_in_sight(cls) -> ColumnElement[bool]:
        """True for rows that are not in the archive."""
        return cls.archived_at.is_(None) if cls.__archive__ else true()  # type: ignore[attr-defined]

    def told(self) -> str:
        """What timelines of the record it belongs to call it: `3 × Chair`, where its label alone says less."""
        return str(self)

    def __str__(self) -> str:
        parts = [getattr(self, name, None) for name in label_fields(type(self))]
        return label_words(type(self), parts) or str(self.id)[-8:]


@cache
def label_fields(model: type[Record]) -> tuple[str, ...]:
    """The fields a record of this model is called by."""
    if model.__label__:
        return tuple(model.__label__.split())
    named = [f.name for f in model.__fields__.values() if f.kind in ("text", "email", "phone", "url")]
    return tuple(named[:1])


def label_words(model: type[Record], parts: Sequence[Any]) -> str:
    """The values of a record's label fields as one text: choices in the reader's words, empty values left out."""
    choices = _label_choices(model)
    if choices == (None,):  # the usual case, asked for every row of a page
        return str(parts[0]) if parts[0] else ""
    return " ".join(words_of(choice, part) for choice, part in zip(choices, parts, strict=True) if part)


@cache
def _label_choices(model: type[Record]) -> tuple[Field | None, ...]:
    """Of each label field: itself where it is a choice, so that its value has words."""
    fields = [model.__fields__.get(name) for name in label_fields(model)]
    return tuple(field if field is not None and field.kind == "choice" else None for field in fields)


def words_of(field: Field | None, value: Any) -> str:
    """One value as a word of a title: a choice in the reader's language, anything else as it is."""
    if field is None or field.kind != "choice":
        return str(value)
    return next((choice.words for choice in field.choices if choice.value == value), str(value))


def _declare(cls: type[Record]) -> None:
    """Turn the `Field`s of a class body into columns, before SQLAlchemy looks at it."""
    table = cls.__dict__.get("__tablename__") or snake_case(cls.__name__)
    specs = dict(cls.__fields__)
    extra: list[Any] = [PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}")]
    for name, value in list(cls.__dict__.items()):
        if not isinstance(value, Field):
            continue
        check_annotation(cls, name, value.kind)
        spec = value.named(name, _is_required(cls, name, value))
        specs[name] = spec
        made = columns.expand(table, spec, cls.__soft_delete__)
        delattr(cls, name)
        if spec.kind in ("tags", "flag"):
            spec.required = False
        for attribute, column in made.attributes.items():
            setattr(cls, attribute, column)
        extra += made.table_args
        if spec.kind in ("belongs_to", "has_many"):
            PENDING.append((cls, spec))
    _add_lifecycle(cls, table, extra)
    cls.__fields__ = specs
    cls.__table_args__ = _table_args(cls, extra)  # type: ignore[assignment]


def _is_required(cls: type[Any], name: str, spec: Field) -> bool:
    annotation = cls.__annotations__.get(name)
    if annotation is None:
        return spec.required
    if isinstance(annotation, str):
        return "None" not in annotation and "Optional" not in annotation
    inner = typing.get_args(annotation)[0] if typing.get_args(annotation) else annotation
    return type(None) not in typing.get_args(inner)


def _add_lifecycle(cls: type[Record], table: str, extra: list[Any]) -> None:
    if cls.__soft_delete__:
        cls.deleted_at = mapped_column(DateTime(timezone=True), nullable=True, sort_order=96)  # type: ignore[attr-defined]
        cls.deleted_by = mapped_column(Uuid, nullable=True, sort_order=97)  # type: ignore[attr-defined]
    if cls.__archive__:
        cls.archived_at = mapped_column(DateTime(timezone=True), nullable=True, sort_order=98)  # type: ignore[attr-defined]
    if cls.__soft_delete__:
        live: dict[str, Any] = {"postgresql_where": text("deleted_at IS NULL")}
        extra.append(Index(f"ix_{table}_live", "tenant_id", "id", **live))
        trash: dict[str, Any] = {"postgresql_where": text("deleted_at IS NOT NULL")}
        extra.append(Index(f"ix_{table}_trash", "tenant_id", "deleted_at", "id", **trash))


def _table_args(cls: type[Record], extra: list[Any]) -> tuple[Any, ...]:
    own = cls.__dict__.get("__table_args__", ())
    if isinstance(own, dict):
        return (*extra, own)
    if own and isinstance(own[-1], dict):
        return (*own[:-1], *extra, own[-1])
    return (*own, *extra)
