"""Controls of a form, child rows and what is said about them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from app.screens.page.parts import Link, Option


@dataclass(frozen=True, slots=True)
class Picker:
    """Search as you type among related rows. `options` are what a reader without scripts can choose from."""

    search_href: str
    options: tuple[Option, ...] = ()
    create_href: str = ""
    create_label: str = ""
    browse_href: str = ""
    find_name: str = ""
    """The control in which a reader without scripts types the words to look for."""
    beside: str = ""
    """The control whose value narrows what is offered: then only what is offered can be chosen."""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One control of a form, holding the text as stored or as typed. `name` is the control's name in the request."""

    name: str
    label: str
    kind: str
    value: str = ""
    unit: str = ""
    """For money: the currency as stored or typed; its control is called `<name>-currency`."""
    help: str = ""
    errors: tuple[str, ...] = ()
    required: bool = False
    readonly: bool = False
    autofocus: bool = False
    options: tuple[Option, ...] = ()
    max_length: int | None = None
    picker: Picker | None = None
    show_if: str = ""
    """The condition under which it is shown, as JSON for `rules.js`."""
    width: str = ""
    """`half` or `full` where it is not the usual one."""
    compact: bool = False
    """Inside a table: the label is for screen readers only."""
    pictures: str = ""
    """For images: the address of the field's pictures, where one is uploaded too."""
    autocomplete: str = ""
    """What browsers and password managers may fill in, by HTML's name for it."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A titled group of controls, printed already."""

    label: str
    fields: tuple[Markup, ...]
    help: str = ""
    is_folded: bool = False
    is_open: bool = False
    """Of a folded one: something in it needs attention."""


@dataclass(frozen=True, slots=True)
class InlineRow:
    """One child row inside its parent's form: its cells, printed already. `hidden` carries its id and version."""

    cells: tuple[Markup, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    remove_name: str = ""
    removed: bool = False
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InlineView:
    """Child rows edited in their parent's form.

    `blank` is the pattern of a new row, printed already: `{n}` stands for its number.
    """

    name: str
    label: str
    add_label: str
    headings: tuple[str, ...]
    rows: tuple[InlineRow, ...]
    blank: Markup
    next_number: int
    help: str = ""
    errors: tuple[str, ...] = ()
    is_ordered: bool = False
    """The rows can be put into an order, which their `position` says."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary over a form: the sentence and the control it is about (empty: the whole form)."""

    words: str
    control: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something found while saving that may be fine, such as a likely duplicate; the button saves all the same."""

    title: str
    links: tuple[Link, ...] = ()
    confirm_name: str = ""
    confirm_label: str = ""
