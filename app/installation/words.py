"""What plugins ask for and roles may do, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.data import Field
from app.features.access_rules import Scope
from app.host import registry
from app.host.custom_fields import KINDS
from app.host.entry import Entry
from app.identity.locale import listed
from app.tenancy.models import EVERY_ROLE

_WORDS: Mapping[str, Any] = {
    "read": _lp("permission", "See"),
    "create": _lp("permission", "Add"),
    "update": _lp("permission", "Change"),
    "delete": _lp("permission", "Delete"),
    "export": _lp("permission", "Export"),
    "import": _lp("permission", "Import"),
    "merge": _lp("permission", "Merge"),
}


_KINDS: Mapping[str, Any] = {
    **{one.value: one.label for one in KINDS},
    "json": _l("Data (JSON)"),
    "image": _l("Picture"),
    "record_id": _l("Record of any kind"),
}


def kind_words(field: Field) -> str:
    """What a field holds, in words; of one that leads to other records, to which."""
    known = registry()
    if field.links:
        entry = known.entries.get(field.links)
        what = entry.resource.words if entry is not None else field.links
        return str(_("Loose link to: %(what)s", what=what))
    if field.target is not None:
        entry = known.by_model.get(field.target())
        what = entry.resource.words if entry is not None else field.target().__name__
        return str(_("Several: %(what)s", what=what) if field.kind == "has_many" else _("Link to: %(what)s", what=what))
    if field.fields_of:
        return str(_("Names of fields"))
    return str(_KINDS.get(field.kind, field.kind))


def verb_words(verb: str, entry: Entry | None = None) -> str:
    """A verb in words; of an action its title; one that is a plugin's own as it is."""
    if entry is not None and verb in entry.actions:
        return str(entry.actions[verb].title)
    return str(_WORDS.get(verb, verb))


def role_words(names: Iterable[str]) -> str:
    """Roles in the order of their power."""
    chosen = set(names)
    return listed(one.words for one in EVERY_ROLE if one.value in chosen)


def scope_words(scope: Scope) -> str:
    """Which rows somebody reaches."""
    words = {
        "own": _("only their own records"),
        "pool": _("their own records and those that nobody has"),
        "team": _("their own records, those that nobody has, and their teams'"),
        "all": _("all records"),
    }
    return str(words[scope])


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
    entry, plugin = registry().entries.get(resource), registry().plugin(resource)
    if plugin is not None:
        return str(plugin.title)
    return f"{entry.plugin.title}: {entry.resource.plural_words}" if entry is not None else resource
