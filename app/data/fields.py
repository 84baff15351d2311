"""Typed column helpers: one call declares the column, its checks, and all that screens and REST need to know.

    class Vehicle(Record):
        plate: Mapped[str] = text(unique=True, sortable=True)
        fuel: Mapped[str | None] = choice("petrol", "diesel", "electric")
        price: Mapped[Money | None] = money()

A field is required when its annotation has no `None`. Each helper returns a `Field`, which `Record` turns into columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from flask_babel import gettext as _

Kind = Literal[
    "text", "long_text", "choice", "money", "integer", "decimal", "flag", "day", "moment",
    "json", "tags", "phone", "email", "url", "image", "record_id", "belongs_to", "has_many",
]  # fmt: skip

TEXT_LIMIT = 255
LONG_TEXT_LIMIT = 100_000
IMAGE_LIMIT = 60
SORTABLE_KINDS = frozenset({"text", "choice", "money", "integer", "day", "moment", "phone", "email", "flag"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a `choice` field, or a line that a `long_text` is offered: its words, and an optional colour name
    for badges and boards. `here()` says whether it is offered where it is asked for; it has its words anyway."""

    value: str
    label: Any = None
    colour: str | None = None
    here: Callable[[], bool] | None = None
    group: Any = None
    """The words it stands under where many are offered."""

    @property
    def words(self) -> str:
        return str(self.label) if self.label is not None else self.value.replace("_", " ").capitalize()

    @property
    def words_here(self) -> str:
        """Its words, and that it is off where nobody is offered it."""
        return self.words if self.here is None or self.here() else _("%(what)s (off)", what=self.words)


@dataclass(slots=True, eq=False)
class Field:
    """What is known about one field of a record, for screens, REST, filters, search and documents."""

    kind: Kind
    name: str = ""
    label: Any = None
    help: Any = None
    required: bool = False
    """People must give a value."""
    filled_in: bool = False
    """Never null, and yet nobody must give a value: the resource's `before_save` finds one when it was left empty."""
    unique: bool = False
    sortable: bool = False
    immutable: bool = False
    """May be given when the record is created and never changed after."""
    readonly: bool = False
    """Written by services only: shown, never accepted from a form or from REST."""
    derived: bool = False
    """Follows from other values by rules that are asked again and again: taking a merge back asks nobody about it."""
    secret: bool = False
    """A password, a key: the audit log says that it changed and never what it is."""
    open: bool = False
    """For a choice: other values may be stored than those that have words, so the database does not check them."""
    default: Any = None
    max_length: int | None = None
    choices: Sequence[Choice] = ()
    precision: int = 18
    scale: int = 6
    minimum: Any = None
    maximum: Any = None
    show_if: str | None = None
    """`"kind=company|person"`: the form shows the field only while another field has one of these values."""
    target: Callable[[], type[Any]] | None = None
    reverse: str | None = None
    """For `has_many`: the name of the child's `belongs_to` field."""
    on_delete: Literal["restrict", "cascade", "set null"] = "restrict"
    due: Callable[[Any], Any] | None = None
    """For a day or moment by which something is to be done: the condition, asked of the model, under which it still is.
    Lists mark it once it has passed."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The label in the reader's language."""
        return str(self.label) if self.label is not None else self.name.replace("_", " ").capitalize()

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices that a person can be offered here and now."""
        return tuple(one for one in self.choices if one.here is None or one.here())

    @property
    def column(self) -> str:
        """The column that holds the value, or its leading one."""
        return {"money": f"{self.name}_minor", "belongs_to": f"{self.name}_id"}.get(self.kind, self.name)

    @property
    def links(self) -> str:
        """Of a `record_link`: the resource that it leads to, such as `crm.lead`."""
        return str(self.extra.get("links", ""))

    @property
    def fields_of(self) -> str:
        """Of `field_names`: the field beside it that says of which records they are."""
        return str(self.extra.get("fields_of", ""))

    @property
    def picks(self) -> bool:
        """Whether its value is another record, chosen by its name."""
        return self.kind == "belongs_to" or bool(self.links)

    @property
    def is_nullable(self) -> bool:
        """Whether the column may be null."""
        return not (self.required or self.filled_in)

    @property
    def sort_column(self) -> str:
        """The indexed, never-null column that lists of this field are ordered by."""
        return f"{self.name}_sort"

    def named(self, name: str, required: bool) -> Field:
        return replace(self, name=name, required=(self.required or required) and not self.filled_in)


def _field(kind: Kind, **options: Any) -> Any:
    return Field(kind, **options)


def text(*, max_length: int = TEXT_LIMIT, **options: Any) -> Any:
    """One line of text, at most `max_length` characters."""
    return _field("text", max_length=max_length, **options)


def long_text(*, max_length: int = LONG_TEXT_LIMIT, **options: Any) -> Any:
    """Text of several lines. `choices` are lines that people are offered by their words; the text may hold others. One
    that ends in `*` stands for all that begin alike."""
    return _field("long_text", max_length=max_length, **options)


def choice(*choices: str | Choice | tuple[str, Any], **options: Any) -> Any:
    """One of a fixed list; stored as text with a CHECK. `choice("open", ("won", _l("Won")), default="open")`."""
    return _field("choice", choices=tuple(_choices(choices)), **options)


def _choices(values: Iterable[str | Choice | tuple[str, Any]]) -> Iterable[Choice]:
    for value in values:
        if isinstance(value, Choice):
            yield value
        else:
            yield Choice(*value) if isinstance(value, tuple) else Choice(value)


def money(**options: Any) -> Any:
    """An amount with its currency: bigint minor units and an ISO 4217 code. The attribute is a `Money`."""
    return _field("money", **options)


def integer(**options: Any) -> Any:
    """A whole number (64 bit). `minimum` and `maximum` are checked on every way in."""
    return _field("integer", **options)


def decimal(precision: int = 18, scale: int = 6, **options: Any) -> Any:
    """An exact decimal number with `scale` decimals. Not sortable: numeric comparisons cannot use an index here."""
    return _field("decimal", precision=precision, scale=scale, **options)


def flag(*, default: bool = False, **options: Any) -> Any:
    """Yes or no, never null."""
    return _field("flag", default=default, **options)


def day(**options: Any) -> Any:
    """A calendar date, the same in every time zone."""
    return _field("day", **options)


def moment(**options: Any) -> Any:
    """A point in time: stored in UTC, shown and entered in the reader's time zone."""
    return _field("moment", **options)


def json(**options: Any) -> Any:
    """Any JSON value."""
    return _field("json", **options)


def tags(**options: Any) -> Any:
    """A set of short labels, shared over the tenant's records."""
    return _field("tags", **options)


def field_names(of: str, **options: Any) -> Any:
    """A set of names of fields, chosen by their labels: of the kind of records that the field `of` names."""
    return _field("tags", extra={"fields_of": of}, **options)


def record_id(**options: Any) -> Any:
    """The id of a record of any kind, named by another field (`target_type`): no foreign key can hold it."""
    return _field("record_id", **options)


def record_link(resource: str, **options: Any) -> Any:
    """A link to a record of another plugin, by the name of its resource: `record_link("crm.lead")`. It is chosen and
    shown as a `belongs_to` is, but no foreign key holds it, so that either side may be switched off or removed: a
    tombstone is shown then. `Mapped[UUID]`, the id alone."""
    return _field("record_id", extra={"links": resource}, **options)


def phone(**options: Any) -> Any:
    """A telephone number, stored in E.164 (`+966501234567`)."""
    return _field("phone", max_length=20, **options)


def email(**options: Any) -> Any:
    """An e-mail address, stored in lower case."""
    return _field("email", max_length=254, **options)


def url(**options: Any) -> Any:
    """A web address (http or https)."""
    return _field("url", max_length=2000, **options)


def image(**options: Any) -> Any:
    """A picture that people upload (PNG, JPEG, WebP, GIF). What is kept is drawn anew by us, in several sizes; the
    attribute holds its key, such as `3f9c…-1600x1200`, and None is no picture."""
    return _field("image", max_length=IMAGE_LIMIT, **options)
