"""What a plugin says of itself: frozen values, asked once at start-up, wired by the core.

plugin = Plugin("garage", title=_l("Garage"), version="1.0")

@hookimpl
def resources():
    return [Resource(Vehicle, list="plate owner", search="plate"), Resource(Repair, board="status")]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from app.data import Field, Record
from app.data.base import snake_case
from app.features.access_rules import Scope
from app.host.needs import NO_NEEDS, Needs
from app.host.panels import Panel

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
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
class Plugin:
    """The manifest. Its name is the folder, the schema, and the prefix of everything the plugin owns.

    `requires` names plugins that must be present; `core` marks the core's own plugins, which are on for every tenant;
    `default_on` switches a plugin on for each new tenant. `needs` is what it does beyond its own records, which the
    operator accepts before it works; `core_range` are the versions of Tenantry it is made for (`>=1.0,<2`).
    """

    name: str
    title: Any
    version: str = "1.0"
    summary: Any = ""
    requires: tuple[str, ...] = ()
    icon: str = "box"
    order: int = 100
    default_on: bool = False
    core: bool = False
    needs: Needs = NO_NEEDS
    core_range: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields on form and detail page: `Section(_l("Address"), "street city country")`."""

    title: Any
    fields: str


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
class Action:
    """A verb on records: a button on the detail page, a bulk action on the list, a REST call and a permission.

    `run(rows, **parameters)` changes the rows and may return a sentence for the person; it does not commit. It raises
    `ValueError` with a sentence when it refuses. `parameters` are asked for in a form (or given as JSON), checked
    as any field is.
    """

    name: str
    title: Any
    run: Callable[..., Any]
    roles: tuple[str, ...] = ("owner", "admin", "manager", "agent")
    on: Literal["row", "bulk", "both"] = "both"
    confirm: Any = None
    parameters: Mapping[str, Field] = field(default_factory=dict)
    danger: bool = False
    applies: Callable[[Any], bool] | None = None
    """Whether the button is offered on a given row; `run` must refuse by itself as well."""
    icon: str = "bolt"
    tells_secret: bool = False
    """Its sentence holds a secret that is shown once: the answer is not kept for a second request of the same key."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about values that may still be saved once the person has confirmed: shown on the form, sent as 409 by
    REST."""

    message: Any
    code: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Clue:
    """A field by which two records look like one: `Clue("full_name", 40, how="name")`.

    `path` is a field, or one of inline rows (`channels.value_normalised`). `points` (of 100) are what it counts when
    both have it, unless a tenant says otherwise. Two texts are the `same` apart from case and accents; two of a `name`
    are alike in any order and spelling. What strangers share too (a company, a birthday) does not `lead`: it
    counts, but nobody is looked for by it.
    """

    path: str
    points: int
    how: Literal["same", "name"] = "same"
    leads: bool = True


@dataclass(frozen=True, slots=True)
class Companion:
    """Columns of an import that describe a related record instead of naming it: a lead's contact by name and e-mail.

    `relation` is a `belongs_to` field, `fields` are what may be said of the other record. `find(values)` gives that
    record, found or made, and whether it is new; it flushes, and raises ValueError with a sentence.
    """

    relation: str
    fields: Mapping[str, Field]
    find: Callable[[Mapping[str, Any]], tuple[Record, bool]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the plugin's own, in the menu of those who hold `permission` (`events.event.read`).

    `path` is its address inside the tenant and begins with the plugin's name; the view is registered by its package.
    `menu` names another plugin in whose part of the menu it stands, where the reader has that one.
    """

    path: str
    title: Any
    permission: str
    icon: str = "table"
    order: int = 100
    menu: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A kind of thing that the timelines of records show, newest first: calls, appointments, stage changes.

    `name` is `<plugin>.<what>`. `rows(record)` says what there is about a record: a select of the columns `at` (a
    moment), `id`, `by` (the uid of the account that did it, or null) and `facts` (a JSON object), or None for records
    it knows nothing of. The core narrows it to a page, asks all timelines in one statement, and shows nobody rows out
    of their reach: those of `model`, from which the select must read. Rows that hang on any record (`target_id`) are
    narrowed to those on this one.
    `words(facts)` says it in the reader's language, `body(facts)` gives a longer text to show below. An entry leads to
    the page of its row, or where `href(facts)` says (an address inside the tenant). `events` are names of events that
    it tells better than the timeline's own line for each would. `write` is a text field of `model` that a box above the
    timeline fills in.
    """

    name: str
    title: Any
    model: type[Record]
    rows: Callable[[Any], Any]
    words: Callable[[Mapping[str, Any]], Any]
    icon: str = "clock"
    body: Callable[[Mapping[str, Any]], Any] | None = None
    href: Callable[[Mapping[str, Any]], str] | None = None
    events: tuple[str, ...] = ()
    write: str = ""


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
class Resource:
    """One declaration, every surface. Field lists are names separated by blanks.

    `list` are the default columns, `search` what the search box looks at (a `has_many` field by `channels.value`),
    `form` the fields in order (all editable ones by default) or `sections`; `sort` the default order (`-name` is
    descending; newest first by default); `board` a choice field, or a `belongs_to` field whose target's resource
    declares `lanes`; `board_totals` the amounts and numbers summed over each lane; `calendar` a day or moment field;
    `inlines` the `has_many` fields edited in the form; `related` lists and `panels` of facts on the detail page;
    `picker` the fields shown beside a label.
    `timeline` puts notes, files and what happened to the record on its page (see `Timeline`).
    `verbs` leaves out what nobody may do; `grants` says which role may do what (see DEFAULT_GRANTS). `row_rule(person)`
    gives a condition that every row a person touches must meet. `owner_field` names the `belongs_to` a row's owner
    is in; without one a row is its author's. `scopes` says which rows a role reaches where the tenant has no rule of
    its own: `{"agent": "pool", "manager": "team"}`, and all for the others (`app.features.access_rules` says what each
    reaches).
    `warn(row)` returns doubts to be confirmed (a possible duplicate). `suspects(session, rows, before)` spares imports
    asking it about every new row: by the id of each it gives the ids of stored records like it, of those with ids below
    `before`. `before_save(row, is_new)` may set values or raise ValueError("sentence"), FieldError(field, sentence) or
    FieldErrors({field: sentence}). `clues` say what makes two records look like one: with `warn=similar` and
    `suspects=alike` they are asked about on saving and importing, and they are listed as possible duplicates. Records
    with a trash and a relation `merged_into` to their own kind can be merged.
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
    board: str | None = None
    board_totals: str = ""
    lanes: Lanes | None = None
    calendar: str | None = None
    timeline: bool = False
    inlines: str = ""
    related: tuple[Related, ...] = ()
    panels: tuple[Panel, ...] = ()
    actions: tuple[Action, ...] = ()
    picker: str = ""
    quick_create: str = ""
    """The field that a picker's “create” entry fills; none means that pickers cannot create."""
    verbs: str = _ALL
    grants: Mapping[str, str] = field(default_factory=lambda: DEFAULT_GRANTS)
    row_rule: Callable[[Any], Any] | None = None
    owner_field: str | None = None
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    warn: Callable[[Any], Sequence[Doubt]] | None = None
    suspects: Callable[[Any, Sequence[Any], UUID], Mapping[UUID, Collection[UUID]]] | None = None
    before_save: Callable[[Any, bool], None] | None = None
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
    menu: bool = True
    icon: str = "table"
    order: int = 100
    custom_fields: bool = True

    @property
    def key_name(self) -> str:
        return self.name or snake_case(self.model.__name__)

    @property
    def words(self) -> str:
        return str(self.title) if self.title is not None else self.key_name.replace("_", " ").capitalize()

    @property
    def plural_words(self) -> str:
        return str(self.plural) if self.plural is not None else self.words + "s"


class FieldError(ValueError):
    """A refusal that belongs to one field: `raise FieldError("email", _("..."))`."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
        self.message = message
        self.errors = {field_name: message}
        """All that is refused, by field."""


class FieldErrors(FieldError):
    """Refusals of several fields at once, so that a form asks for all: `raise FieldErrors({name: sentence})`.

    Raises ValueError when there are none.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        if not errors:
            raise ValueError("There is nothing to refuse.")
        super().__init__(*next(iter(errors.items())))
        self.errors = dict(errors)


class Cancelled(BaseException):
    """Somebody asked this job to stop. Like KeyboardInterrupt no `except Exception` swallows it."""


class JobRun(Protocol):
    """What a running job knows of itself and may say."""

    @property
    def id(self) -> UUID:
        """The job's id, the same for every attempt: a key for what must happen once."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        ...

    def progress(self, done: int, total: int | None = None, words: Any = "") -> None:
        """Show how far the work is, whether or not the job's transaction ends well. Cheap enough to call for every
        row. Raises Cancelled when somebody asked for an end."""
        ...

    def check(self) -> None:
        """Raises Cancelled when somebody asked for an end."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work that outlives a request, done by a worker inside the tenant, account and language that asked for it.

    `name` is `<plugin>.<verb>`. `run(run, *args)` gets a JobRun and the arguments given to `enqueue`: ids, texts,
    numbers, never objects. What it returns must be fit for JSON and is kept `keep_days` days. Its writes and its end
    are one transaction: do not commit, or, when the work is long, commit in steps that can be taken up again.

    A job that raises is tried again with growing pauses, `attempts` times in all; then it waits for a person. An
    effect outside the database may happen more than once, so give it `run.id` as its key. `timeout` is in seconds.
    `unique` keeps at most one such job with the same arguments waiting.
    """

    name: str
    run: Callable[..., Any]
    title: Any
    timeout: float = 300
    attempts: int = 5
    priority: Literal["high", "normal", "low"] = "normal"
    unique: bool = False
    keep_days: int = 7


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job to be enqueued at certain times in every tenant that has the plugin on.

    `name` is `<plugin>.<what>`, `job` the name of a declared job, `cron` five fields (`30 2 * * mon`) read in `zone`:
    an IANA name, or `tenant` for each tenant's own. A time that a clock change skips runs at the next instant, one
    that it repeats runs once; a schedule of every hour or minute follows real time. `catch_up` says what to do with
    times that passed while nothing ran: `skip` them, run `once`, or run them `all`.
    """

    name: str
    job: str
    cron: str
    zone: str = "tenant"
    catch_up: Literal["skip", "once", "all"] = "once"
    args: tuple[Any, ...] = ()


HOUSE_WAYS = ("off", "in_app", "digest", "email")
"""Ways to hear of a notice that are there without any plugin: not at all, by the bell, in a daily e-mail, at once."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A kind of thing that people are told of by `notify`: `Notice("crm.follow_up_due", _l("A follow-up is due"))`.

    `key` is `<plugin>.<what>`, `title` names the kind on the page where everybody chooses how they hear of it.
    `default` holds for who has not chosen, as names of channels between blanks: `in_app`, `digest` (also in one e-mail
    a day), `email` (also by e-mail at once), a plugin's own (`email garage.pager`), or `off`. What is told at all
    stands in the app; what was read there before its time comes by no other channel.
    """

    key: str
    title: Any
    default: str = "in_app"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of file of another product that becomes records of one resource by rules of its own.

    `recognises(head)` is asked with the first 64 KB of an upload. `read(file, region)` gives lines whose cells are
    anything fit for JSON (`app.transfer.reading.Line`). `placer(region, file_name)` gives an object whose
    `place(session, lines)` stores a chunk of them and says what became of each (`app.transfer.placing.Placed`).
    """

    name: str
    title: Any
    resource: str
    recognises: Callable[[bytes], bool]
    read: Callable[..., Any]
    placer: Callable[..., Any]
