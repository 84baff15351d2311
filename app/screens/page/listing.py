"""Lists of records: filters, columns, saved views, pages, bulk actions, the trash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.screens.page.fields import FieldView
from app.screens.page.parts import ActionButton, Column, EmptyState, Link, Option, Row


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A condition in force: `Status is one of Open, Won`, and the address of the list without it."""

    label: str
    operator: str
    value: str
    remove_href: str


@dataclass(frozen=True, slots=True)
class FilterOperator:
    """`takes` says how many values belong to the operator: none, one, two (between) or many (one of)."""

    value: str
    label: str
    takes: Literal["none", "one", "two", "many"] = "one"
    selected: bool = False


@dataclass(frozen=True, slots=True)
class FilterField:
    """One line of the filter panel. `controls` are the value controls: the first alone, or both for `between`."""

    name: str
    label: str
    operator_name: str
    operators: tuple[FilterOperator, ...]
    controls: tuple[FieldView, ...]
    is_active: bool = False


@dataclass(frozen=True, slots=True)
class FilterPanel:
    """The filter form of a list, fetched when it is opened."""

    title: str
    action_href: str
    cancel_href: str
    fields: tuple[FilterField, ...]
    kept: tuple[tuple[str, str], ...] = ()
    """Arguments of the list that the form carries along: search, sort, columns."""


@dataclass(frozen=True, slots=True)
class ColumnChooser:
    """The form that chooses and orders the columns of a list."""

    title: str
    action_href: str
    cancel_href: str
    options: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SavedViewTab:
    """A saved set of filters, sort and columns. `note` says who sees it when that is not obvious."""

    label: str
    href: str
    current: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What chooses records on a board or calendar: saved views, search, filters."""

    home_href: str
    tabs: tuple[SavedViewTab, ...]
    save_view_href: str
    view_settings_href: str
    search: str | None
    kept: tuple[tuple[str, str], ...]
    filters_href: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the neighbouring pages are, and how many records match (`10,000+` when the count stopped there)."""

    count: str
    number: str = ""
    """The same without words, empty where nothing was counted."""
    previous_href: str | None = None
    next_href: str | None = None
    first_href: str | None = None
    exact_count_href: str | None = None
    sizes: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkBar:
    """What can be done with ticked rows. `all_matching` offers every match; empty when one page is all."""

    actions: tuple[ActionButton, ...]
    all_matching: str = ""
    query: str = ""
    """The list's own conditions, sent along so that “all that match” means the same rows."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list of records."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    list_href: str
    empty: EmptyState
    pager: Pager
    actions: tuple[ActionButton, ...] = ()
    tabs: tuple[SavedViewTab, ...] = ()
    surfaces: tuple[Link, ...] = ()
    """The same records as list, board, calendar."""
    scopes: tuple[Link, ...] = ()
    """The lanes of one scope alone, such as the stages of a pipeline."""
    search: str | None = None
    """The words searched for; None when the resource cannot be searched."""
    kept: tuple[tuple[str, str], ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""
    filters_href: str = ""
    columns_href: str = ""
    preview_href: str = ""
    """Where a record is previewed; `{id}` stands for the row."""
    save_view_href: str = ""
    view_settings_href: str = ""
    bulk: BulkBar | None = None
    row_actions: tuple[ActionButton, ...] = ()
    """Offered for every row; `{id}` in their address stands for the row."""
    cells: str = ""
    """The names of the columns, those that this reader may change where they stand with a “!”; empty when none is."""
    problems: tuple[str, ...] = ()
    """What was wrong with the address: an unknown filter, a bad value."""
    why_href: str = ""
    """To what the reader may do here, and why not more."""


@dataclass(frozen=True, slots=True)
class GalleryCard:
    """One record in a gallery. `values` are those of the page's `columns`."""

    id: str
    href: str
    label: str
    version: int
    picture: str
    """The key of its picture; empty where it has none."""
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class GalleryPage(ListPage):
    """Records as cards with their pictures; `columns` are what stands below a picture."""

    cards: tuple[GalleryCard, ...] = ()
    resource: str = ""
    pictures: str = ""
    """The address of the pictures."""
    picture_field: str = ""
    field_href: str = ""
    """Where the picture of a record is set, `{id}` stands for it; empty when this reader may not."""
    card_size: str = "medium"
    card_sizes: tuple[tuple[str, str], ...] = ()
    """Names and words of the sizes that cards can have."""
    sorts: tuple[Link, ...] = ()
    sorted_by: str = ""


@dataclass(frozen=True, slots=True)
class TrashPage:
    """Deleted records that can be brought back."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    restore_href: str
    empty: EmptyState
    pager: Pager
    trail: tuple[Link, ...] = ()
