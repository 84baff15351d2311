"""A record and all that is generated from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID

from app.data import Record
from app.data.base import snake_case
from app.features.access_rules import Scope
from app.host.declarations.actions import Action
from app.host.declarations.likeness import Clue, Companion, Doubt
from app.host.panels import Panel

VERBS = ("read", "create", "update", "delete", "export", "import", "merge")
_ALL = " ".join(VERBS)
DEFAULT_GRANTS: Mapping[str, str] = {
    "owner": _ALL,
    "admin": _ALL,
    "manager": _ALL,
    "agent": "read create update",
    "viewer": "read",
}
"""What each role may do on a resource that says nothing else."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields on form and detail page: `Section(_l("Address"), "street city country")`."""

    title: Any
    fields: str


@dataclass(frozen=True, slots=True)
class ListView:
    """A view that a list has from the start, beside those that people save:
    `ListView("mine", _l("Mine"), "assigned_to.is=me&sort=-created_at")`. `query` is the list's own address."""

    name: str
    title: Any
    query: str

    @property
    def fields(self) -> frozenset[str]:
        """The fields that its conditions are on."""
        return frozenset(name.rpartition(".")[0] for name, _value in parse_qsl(self.query) if "." in name)


@dataclass(frozen=True, slots=True)
class Related:
    """A list of other records shown on the detail page, loaded when it is opened.

    `via` is the other model's `belongs_to` field that points here, or `target` for records that may hang on any other
    (notes, files), or the name of a `belongs_to` of this record whose other children are meant.
    """

    model: type[Record] | Callable[[], type[Record]]
    via: str
    title: Any = None

    def resolve(self) -> type[Record]:
        return self.model if isinstance(self.model, type) else self.model()


@dataclass(frozen=True, slots=True)
class Lanes:
    """How the records of a resource stand as the lanes of boards over relations to it: `Lanes("position", "colour")`.

    `order` is the integer field they stand by, `colour` a choice of colour names. `weight` is an integer field of
    percents by which totals are shown a second time. `scope` is a `belongs_to` field: a board then shows the lanes of
    one of its records, chosen above the board (the stages of one pipeline). A lane in the archive is shown only while
    it holds cards.
    """

    order: str
    colour: str = ""
    weight: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Words beside each record of a tree that are no field of it: `Beside(_l("Roles"), roles)`.

    `words(ids)` gives the text of each record by its id, for all that a page shows at once; what a reader needs for
    them, it asks itself (`reach`, `can`).
    """

    title: Any
    words: Callable[[Collection[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class Resource:
    """One declaration, every surface. Field lists are names separated by blanks.

    `list` are the default columns, `search` what the search box looks at (a `has_many` field by `channels.value`),
    `form` the fields in order (all editable ones by default) or `sections`; `sort` the default order (`-name` is
    descending; newest first by default); `views` the ones that the list has from the start; `about` a sentence on what
    the records are for, said where there are none; `board` a choice field, or a `belongs_to` field whose target's
    resource declares `lanes`; `board_totals` the amounts and numbers summed over each lane; `calendar` a day or moment
    field; `colour` a choice of colour names: wherever a relation leads to such a record, it is a chip of that colour
    (lanes have theirs already);
    `gallery` an `image` field: the records as cards with their pictures, and the picture on the head of their pages;
    `tree` a `belongs_to` field to the same kind: the record that each one is below, never one that is below it, and
    `tree_beside` words to stand beside each;
    `inlines` the `has_many` fields edited in the form; `related` lists and `panels` of facts on the detail page;
    `picker` the fields shown beside a label; `imports` fields that nobody types and a file may bring all the same, for
    `before_save` to make sense of (a whole name).
    `timeline` puts notes, files and what happened to the record on its page (see `Timeline`).
    `verbs` leaves out what nobody may do; `grants` says which role may do what (see DEFAULT_GRANTS). `row_rule(person)`
    gives a condition that every row a person touches must meet. `owner_field` names the `belongs_to` a row's owner
    is in; without one a row is its author's. `scopes` says which rows a role reaches where the tenant has no rule of
    its own: `{"agent": "pool", "manager": "team"}`, and all for the others (`app.features.access_rules` says what each
    reaches). `also(person)` gives a condition for rows that somebody with a narrow scope reaches besides (the leads of
    their territory), or None. It is asked for every page: it sends no statement (`by_configuration`), and an index
    serves its condition.
    `warn(row)` returns doubts to be confirmed (a possible duplicate). `suspects(session, rows, before)` spares imports
    asking it about every new row: by the id of each it gives the ids of stored records like it, of those with ids below
    `before`. `before_save(row, is_new)` may set values or raise ValueError("sentence"), FieldError(field, sentence) or
    FieldErrors({field: sentence}). `before_delete(row)` may raise ValueError("sentence"): it is asked before a record
    goes into the trash and before it goes for good, on screen, over REST, of each of many, and by the undoing of an
    import; not when records are merged, nor when the record that this one is part of goes. `clues` say what makes two
    records look like one: with `warn=similar` and `suspects=alike` they are asked about on saving and importing, and
    they are listed as possible duplicates. Records with a trash and a relation `merged_into` to their own kind can be
    merged.
    """

    model: type[Record]
    name: str = ""
    title: Any = None
    plural: Any = None
    list: str = ""
    search: str = ""
    form: str = ""
    sections: tuple[Section, ...] = ()
    detail: tuple[Section, ...] = ()
    sort: str = "-created_at"
    filters: str = ""
    views: tuple[ListView, ...] = ()
    about: Any = None
    board: str | None = None
    board_totals: str = ""
    lanes: Lanes | None = None
    colour: str = ""
    calendar: str | None = None
    gallery: str | None = None
    tree: str | None = None
    tree_beside: Beside | None = None
    timeline: bool = False
    inlines: str = ""
    related: tuple[Related, ...] = ()
    panels: tuple[Panel, ...] = ()
    actions: tuple[Action, ...] = ()
    picker: str = ""
    quick_create: str = ""
    """The field that a picker's “create” entry fills; none means that pickers cannot create."""
    imports: str = ""
    verbs: str = _ALL
    grants: Mapping[str, str] = field(default_factory=lambda: DEFAULT_GRANTS)
    row_rule: Callable[[Any], Any] | None = None
    also: Callable[[Any], Any] | None = None
    owner_field: str | None = None
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    warn: Callable[[Any], Sequence[Doubt]] | None = None
    suspects: Callable[[Any, Sequence[Any], UUID], Mapping[UUID, Collection[UUID]]] | None = None
    before_save: Callable[[Any, bool], None] | None = None
    before_delete: Callable[[Any], None] | None = None
    clues: tuple[Clue, ...] = ()
    companions: tuple[Companion, ...] = ()
    hangs_on: str = ""
    """Of records with `target_type` and `target_id`: the keys of resources, of other plugins too, on whose pages they
    are listed (`contacts.contact crm.lead`)."""
    row_path: str = ""
    """Where a row leads when it has a better place than its detail page: `/files/` leads to `/files/<id>`."""
    add_path: str = ""
    """A page of its own for adding, such as `/files/add`."""
    everywhere: bool = True
    """Whether the search over everything looks here: not where rows only tell what happened to others."""
    menu: bool | Literal["setup"] = True
    """Whether it stands in the menu; `"setup"` for what is set up once and seldom changed: it stands apart, closed."""
    icon: str = "table"
    order: int = 100
    custom_fields: bool = True

    @property
    def tone(self) -> str:
        """The field that holds the colour of a record; empty without one."""
        return self.colour or (self.lanes.colour if self.lanes is not None else "")

    @property
    def key_name(self) -> str:
        return self.name or snake_case(self.model.__name__)

    @property
    def words(self) -> str:
        return str(self.title) if self.title is not None else self.key_name.replace("_", " ").capitalize()

    @property
    def plural_words(self) -> str:
        return str(self.plural) if self.plural is not None else self.words + "s"
