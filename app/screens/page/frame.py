"""What surrounds every page, and the pages that belong to no resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.screens.page.parts import EmptyState, Link


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A plugin's part of the menu. What is set up once and seldom changed stands apart, closed until it is wanted."""

    label: str
    links: tuple[Link, ...]
    setup: tuple[Link, ...] = ()
    name: str = ""
    """The plugin's name, whatever the language."""


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    label: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, and the addresses of their own pages."""

    name: str
    detail: str
    sign_out_href: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What lies around all pages of one person in one tenant and language: made once, so that it can be kept printed.

    Two are equal only when they are the same object. Without an account it is what surrounds the sign-in page: no menu,
    no switcher.
    """

    brand: str
    home_href: str
    locale: str
    direction: Literal["ltr", "rtl"]
    language_href: str
    languages: tuple[Language, ...] = ()
    account: Account | None = None
    tenants: tuple[Link, ...] = ()
    menu: tuple[MenuGroup, ...] = ()
    notices_href: str = ""
    """The page of notifications, for members of a tenant."""
    theme_href: str = ""
    desk_href: str = ""
    """What belongs to one's own work in the tenant lies below it (`app.screens.desk.pages`)."""
    downloads_href: str = ""
    """The tray of exports, for whoever may export something."""
    logo_href: str = ""
    """The tenant's logo, empty when it has none."""
    style_href: str = ""
    """The style sheet of the tenant's colours, empty when it has none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a page: what surrounds it, and its own place there."""

    around: Surroundings
    here: str
    """The address to come back to after switching the language."""
    section: str = ""
    """The address of the menu entry that the page belongs to."""
    theme: Literal["", "light", "dark"] = ""
    """What the reader chose; nothing for what the device says."""
    unread: str = ""
    """How many notifications wait for the reader; nothing for none."""
    density: str = "comfortable"
    """How much room lists take: comfortable or compact."""
    turned: str = ""
    """Groups of the menu that the reader wants the other way round than usual, by name."""
    is_silent: bool = False
    """Single keys do nothing."""
    own: str = ""
    """What names this person in this tenant: the browser keeps drafts and the like under it."""
    notice: str = ""
    """A sentence over every page, such as “This tenant is read-only.”"""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """An error in words."""

    code: int
    title: str
    words: str
    request_id: str
    home_href: str
    retry_href: str = ""
    why_href: str = ""


@dataclass(frozen=True, slots=True)
class HomeGroup:
    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class HomePage:
    """The start page of a tenant: where one can go."""

    title: str
    words: str
    groups: tuple[HomeGroup, ...]
    empty: EmptyState | None = None
