"""What surrounds every page: the menu of what this person may open here, their tenants, account and languages."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache

from babel import Locale
from flask import current_app, request
from flask_babel import gettext as _

from app.branding.brand import PLAIN, Brand, brand_here
from app.branding.serving import visited_brand
from app.data import db
from app.data.positions import waiting_plugins
from app.features.decided import decisions
from app.features.gate import can, kept_from
from app.features.parts import open_parts
from app.host import Entry, Plugin, registry
from app.identity.locale import current_locale, listed
from app.identity.principal import Principal, principal
from app.identity.theme import chosen_theme
from app.identity.views import place_path, root_path
from app.screens.desk import arrangement
from app.screens.page import Account, EmptyState, Frame, HomeGroup, HomePage, Language, Link, MenuGroup, Surroundings

PRODUCT = "Tenantry"
NOTICES = "/messaging/notifications"
DOWNLOADS = "/transfer/exports/tray"
_OPERATORS = {
    "/tenants/": "/tenants/",
    "/users/": "/users/list/",
    "/roles/": "/roles/list/",
    "/operator/plugins": "/operator/plugins",
    "/operator/quarantine": "/operator/quarantine",
}
"""What belongs to a page outside the tenants whose address its own does not begin with."""


def page_frame() -> Frame:
    """The frame of the current page."""
    desk = arrangement(principal())
    return Frame(
        around=_around(),
        here=request.script_root + (request.full_path.rstrip("?") if request.method == "GET" else "/"),
        section=_section(),
        notice=_notice(),
        theme=chosen_theme(),
        unread=_unread(),
        density=desk.density,
        turned=" ".join(desk.turned),
        is_silent=desk.is_silent,
        own=_own(),
    )


def _notice() -> str:
    """Members of a tenant are told of parts of theirs that are left out because something is wrong with them: whole
    plugins, and single hooks that failed too often here. On the pages of a plugin whose version they stay behind they
    are told that they may only read."""
    person, known = principal(), registry()
    if person is None or person.tenant is None or not person.tenant.plugins:
        return ""
    decided = decisions(person.tenant)
    broken = {one for one in person.tenant.plugins if known.is_lost(one) or one in decided.stopped}
    names = sorted(known.title(one) for one in broken)
    words = _("Out of order: %(parts)s. The operator has been told; nothing of yours is lost.", parts=listed(names))
    late = _called((person.tenant.plugins & waiting_plugins().keys()) - broken)
    soon = _("Being brought up to date, and closed until then: %(parts)s. Nothing of yours is lost.", parts=late)
    kept = kept_from(request.path.strip("/").partition("/")[0], person.tenant) if decided.pins else None
    skipped = _in_part(decided.skipped) if decided.skipped else ""
    parts = (words if names else "", soon if late else "", skipped, kept or "")
    return " ".join(part for part in parts if part)


def _called(names: Iterable[str]) -> str:
    found = (registry().plugin(name) for name in names)
    return listed(sorted(str(one.title) for one in found if one is not None))


def _in_part(skipped: Iterable[tuple[str, str]]) -> str:
    names = _called({plugin for plugin, _place in skipped})
    return str(
        _("Parts of these are left out, because they failed: %(parts)s. The operator has been told.", parts=names)
    )


def _unread() -> str:
    person = principal()
    count = person.unread if person is not None else 0
    return "99+" if count > 99 else str(count or "")


def _own() -> str:
    person = principal()
    return f"{person.tenant.slug}.{person.uid.hex}" if person is not None and person.tenant is not None else ""


def _around() -> Surroundings:
    """What surrounds the page, which is the same as long as person, tenant and language are."""
    person = principal()
    prefix, locale, installed = request.script_root, current_locale(), registry().number
    if person is None:
        name, brand = visited_brand() or (PRODUCT, PLAIN)
        return _made(installed, prefix, root_path(""), locale, name, brand, None)
    tenant = person.tenant
    name, brand = (tenant.name, brand_here(db.session(), person)) if tenant is not None else (PRODUCT, PLAIN)
    looks = (tenant.slug, open_parts(person)) if tenant is not None else ("", frozenset())
    names = (person.first_name, person.last_name, person.username, person.email)
    rights = (person.permissions, person.is_operator, person.places_json)
    return _made(installed, prefix, root_path(""), locale, name, brand, *rights, *looks, *names)


@lru_cache(maxsize=2_000)
def _made(
    installed: int, prefix: str, root: str, locale: Locale | None, name: str, brand: Brand, *person: Hashable
) -> Surroundings:
    """Made anew when any of these differs. `person` is what is shown of somebody; the principal in force has it all."""
    someone = principal()
    tenant = someone.tenant if someone is not None else None
    code = str(locale) if locale is not None else "en"
    return Surroundings(
        brand=brand.name or name,
        home_href=prefix + "/",
        locale=code.replace("_", "-"),
        direction="rtl" if locale is not None and locale.text_direction == "rtl" else "ltr",
        language_href=root_path("/language"),
        theme_href=root_path("/theme"),
        languages=_languages(code),
        account=_account(someone) if someone is not None else None,
        tenants=_tenants(someone) if someone is not None else (),
        menu=_places(someone) if someone is not None else (),
        notices_href=prefix + NOTICES if tenant is not None else "",
        desk_href=prefix + "/desk" if tenant is not None else "",
        downloads_href=prefix + DOWNLOADS if someone is not None and tenant is not None and _exports(someone) else "",
        logo_href=prefix + brand.logo.path if brand.logo is not None else "",
        style_href=root + brand.style_path if brand.style_path else "",
    )


def _exports(person: Principal) -> bool:
    return any(name.endswith(".export") for name in person.permissions)


def home_page(person: Principal) -> HomePage:
    """The start page of a tenant: everything in the menu, which is shown as tiles where there are no cards."""
    groups = tuple(HomeGroup(group.label, group.links + group.setup) for group in menu(person) if group.label)
    empty = None
    if not groups:
        words = _("None of your roles here opens anything yet. An owner or admin can change that.")
        empty = EmptyState(_("Nothing to open yet"), words)
    greeting = _("Good to see you, %(name)s", name=person.first_name or person.username)
    return HomePage(greeting, "", groups, empty)


def menu(person: Principal) -> tuple[MenuGroup, ...]:
    """The menu of a person in the tenant they are in. Remembered, because it changes only with roles and plugins."""
    if person.tenant is None:
        return ()
    key = (request.script_root, str(current_locale()), person.permissions, open_parts(person))
    return _menu(registry().number, *key)


@lru_cache(maxsize=2_000)
def _menu(
    installed: int, prefix: str, locale: str, permissions: frozenset[str], parts: frozenset[str]
) -> tuple[MenuGroup, ...]:
    groups = [MenuGroup("", (Link(_("Start"), prefix + "/", icon="home"),))]
    offered = {plugin.name: _offered(plugin) for plugin in sorted(registry().plugins, key=lambda one: one.order)}
    for name, pages in registry().pages.items():
        for page in (one for one in pages if can(*one.permission.rsplit(".", 1)).allowed):
            place = page.menu if offered.get(page.menu) else name
            offered[place].append((page.setup, page.order, str(page.title), page.path, page.icon))
    for name, found in offered.items():
        links = [(seldom, Link(title, prefix + path, icon=icon)) for seldom, _order, title, path, icon in sorted(found)]
        daily = tuple(link for seldom, link in links if not seldom)
        setup = tuple(link for seldom, link in links if seldom)
        plugin = registry().plugin(name)
        if found and plugin is not None:
            groups.append(MenuGroup(str(plugin.title), daily or setup, setup if daily else (), name))
    return tuple(groups)


def _offered(plugin: Plugin) -> list[tuple[bool, int, str, str, str]]:
    """The resources of a plugin that stand in the menu: whether for setting up, order, words, path, icon."""
    entries = [entry for entry in registry().entries.values() if entry.plugin is plugin and _is_offered(entry)]
    return [(r.menu == "setup", r.order, r.plural_words, f"{e.path}/", r.icon) for e in entries for r in (e.resource,)]


def _is_offered(entry: Entry) -> bool:
    return bool(entry.resource.menu) and "read" in entry.verbs and can(entry.key, "read").allowed


def _places(person: Principal) -> tuple[MenuGroup, ...]:
    """The menu of a person: in a tenant what they may open there, outside what operators of the platform open."""
    if person.tenant is not None or not person.is_operator:
        return menu(person)
    return (MenuGroup("", _of_operator()),)


def _section() -> str:
    """The menu entry the page belongs to: the first two parts of its path, or the start page."""
    for stem, place in _OPERATORS.items():
        if request.path.startswith(stem):
            return root_path(place)
    parts = request.path.strip("/").split("/")
    if len(parts) < 2:
        return request.script_root + "/"
    return f"{request.script_root}/{parts[0]}/{parts[1]}/"


def _account(person: Principal) -> Account:
    links = [Link(_("Your profile"), request.script_root + "/profile/")]
    links += _of_operator() if person.is_operator else ()
    return Account(person.get_full_name() or person.username, person.email, root_path("/logout/"), tuple(links))


def _of_operator() -> tuple[Link, ...]:
    """What the operator of the platform looks after."""
    return (
        Link(_("Organisations"), root_path("/tenants/"), icon="company"),
        Link(_("Accounts"), root_path("/users/list/"), icon="people"),
        Link(_("Roles"), root_path("/roles/list/"), icon="shield"),
        Link(_("Permissions"), root_path("/permissions/list/"), icon="key"),
        Link(_("Plugins"), root_path("/operator/plugins"), icon="puzzle"),
        Link(_("Jobs of all tenants"), root_path("/operator/jobs/"), icon="clock"),
        Link(_("Quarantined messages"), root_path("/operator/quarantine"), icon="inbox"),
    )


def _tenants(person: Principal) -> tuple[Link, ...]:
    here = person.tenant.slug if person.tenant is not None else ""
    return tuple(Link(place.name, place_path(place.slug), place.slug == here) for place in person.places)


def _languages(code: str) -> tuple[Language, ...]:
    offered = current_app.config["LANGUAGES"]
    return tuple(Language(each, entry["name"], each == code) for each, entry in offered.items())
