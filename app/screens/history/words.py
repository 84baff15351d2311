"""What was done, in the reader's words: from the names of actions in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.audit.changes import type_of
from app.data import Choice, Record
from app.data.choices import give_choices
from app.host import Registry, registry

_VERBS: Mapping[str, Any] = {
    "create": _l("added"),
    "update": _l("changed"),
    "trash": _l("moved to the trash"),
    "restore": _l("brought back from the trash"),
    "delete": _l("deleted for good"),
    "merge": _l("others were merged into it"),
    "merge_undone": _l("a merge was undone"),
    "not_a_duplicate": _l("told from one that looks alike"),
    "duplicate_again": _l("may be the same as another one again"),
}
_MERGING = ("merge", "merge_undone", "not_a_duplicate", "duplicate_again")
_SPECIAL: Mapping[str, Any] = {
    "console.audit_entry.prune": _l("Audit log: old entries removed"),
    "console.audit_entry.erase": _l("Audit log: personal data erased"),
    "access.sign_in_refused": _l("Sign-in refused"),
    "access.sign_in_locked": _l("Sign-in refused after too many attempts"),
    "access.forbidden": _l("Not allowed"),
    "access.stranger": _l("Somebody who is no member was turned away"),
    "account.password_changed": _l("Account: password changed"),
    "account.address_changed": _l("Account: e-mail address changed"),
    "account.identity_linked": _l("Account: way to sign in added"),
    "account.identity_unlinked": _l("Account: way to sign in removed"),
    "account.link_made": _l("Account: one-time link made"),
    "account.switched_on": _l("Account: switched on"),
    "account.switched_off": _l("Account: switched off"),
    "account.token_issued": _l("API token issued"),
    "account.token_revoked": _l("API token revoked"),
    "console.plugin_archive_fetched": _l("Archive of a plugin downloaded"),
    "console.plugin_restored": _l("Plugin restored from its archive"),
    "console.plugin_purged": _l("Plugin removed for good"),
    "console.plugin_settings": _l("Settings of a plugin changed"),
    "console.tenant_closed": _l("Tenant closed"),
}


_TYPES: Mapping[str, Any] = {
    "core.file_object": _l("Stored file"),
    "core.plugin_setting": _l("Setting of a plugin"),
    "core.tenant_feature": _l("Feature"),
    "core.saved_view": _l("Saved view"),
    "core.notice_preference": _l("Notification setting"),
    "core.provider_address": _l("Address for payment reports"),
    "core.channel_address": _l("Address for notifications"),
    "core.first_steps_hidden": _l("First steps put away"),
}
"""Records of the core that have no screens of their own."""


def action_words(action: str) -> str:
    """`contacts.contact.update` -> “Contact: changed”."""
    if action in _SPECIAL:
        return str(_SPECIAL[action])
    key, _dot, verb = action.rpartition(".")
    entry = registry().entries.get(key)
    actions = entry.actions if entry is not None else {}
    done = actions[verb].title if verb in actions else _VERBS.get(verb, verb.replace("_", " "))
    return str(_("%(what)s: %(done)s", what=type_words(key), done=str(done)))


def type_words(key: str) -> str:
    """`contacts.contact` -> “Contact”; of records without screens the name itself, in plain letters."""
    entry = registry().entries.get(key)
    if key in _TYPES:
        return str(_TYPES[key])
    return entry.resource.words if entry is not None else key.rpartition(".")[2].replace("_", " ").capitalize()


def name_choices(app: Flask, installed: Registry) -> None:
    """Give the log's columns words for all that is installed, on or off: what a plugin did stays in the log."""
    give_choices(app, "audit.action", [Choice(one, LazyString(action_words, one)) for one in _actions(installed)])
    give_choices(app, "audit.kind", [Choice(key, LazyString(type_words, key)) for key in _types(installed)])


def _types(installed: Registry) -> Iterator[str]:
    """Kinds of records that have entries of their own, those without screens last."""
    models: list[Any] = [mapper.class_ for mapper in Record.registry.mappers if issubclass(mapper.class_, Record)]
    told = [model for model in models if model.__audited__ and model not in installed.homes]
    owners = {"core", *installed.names}  # the process may know plugins of another application
    keys = {key for key in (type_of(model, installed) for model in told) if key.partition(".")[0] in owners}
    yield from (key for key in installed.entries if key in keys)
    yield from sorted(keys - set(installed.entries))


def _actions(installed: Registry) -> Iterator[str]:
    yield from _SPECIAL
    for key in _types(installed):
        entry = installed.entries.get(key)
        in_trash = entry is not None and entry.model.__soft_delete__
        verbs = ["create", "update", *(["trash", "restore"] if in_trash else []), "delete"]
        verbs += _MERGING if entry is not None and entry.is_mergeable else ()
        yield from (f"{key}.{verb}" for verb in (*verbs, *(entry.actions if entry is not None else ())))
