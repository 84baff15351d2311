"""What plugins ask for and roles may do, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_pgettext as _lp

from app.host import registry
from app.host.entry import Entry
from app.identity.locale import listed
from app.tenancy.models import ROLE_CHOICES

_WORDS: Mapping[str, Any] = {
    "read": _lp("permission", "See"),
    "create": _lp("permission", "Add"),
    "update": _lp("permission", "Change"),
    "delete": _lp("permission", "Delete"),
    "export": _lp("permission", "Export"),
    "import": _lp("permission", "Import"),
    "merge": _lp("permission", "Merge"),
}


def verb_words(verb: str, entry: Entry | None = None) -> str:
    """A verb in words; of an action its title; one that is a plugin's own as it is."""
    if entry is not None and verb in entry.actions:
        return str(entry.actions[verb].title)
    return str(_WORDS.get(verb, verb))


def role_words(names: Iterable[str]) -> str:
    """Roles in the order of their power."""
    chosen = set(names)
    return listed(one.words for one in ROLE_CHOICES if one.value in chosen)


def need_words(need: str) -> str:
    """A stored need (`app.host.needs`)."""
    kind, _blank, what = need.partition(" ")
    if kind == "host":
        named = _("Calls %(host)s over the network", host=what)
        return str(named if what != "*" else _("Calls hosts that tenants name"))
    if kind == "records":
        return str(_("Reads records of %(what)s", what=_title_of(what)))
    plain = {"secrets": _("Keeps secrets that admins type in"), "files": _("Reads files of records, and adds some")}
    return str(plain.get(kind, need))


def _title_of(resource: str) -> str:
    """What a kind of records is called; its name where no plugin has it."""
    entry = registry().entries.get(resource)
    return f"{entry.plugin.title}: {entry.resource.plural_words}" if entry is not None else resource
