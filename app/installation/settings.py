"""Settings of plugins: declared as fields, kept for each tenant, read by code.

    sender = setting("garage.greeting")

A secret is sealed for the row it lies in, so moved to another row or tenant it does not open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Field, db
from app.data.secrets import CannotOpen, SecretKey, bound_to, open_sealed, renewed, seal
from app.host import registry
from app.host.at_work import need_own
from app.host.models import PluginSetting
from app.identity.principal import principal
from app.screens.kinds import kind_of
from app.screens.writing.submission import Submission, _posted, _value
from app.tenancy.configuration import by_configuration

Stored = tuple[Any, str | None, UUID]
"""(JSON value, sealed secret, id of the row)."""


def setting(name: str) -> Any:
    """The value of a declared setting (`garage.greeting`) in the tenant in force, its default when nobody set it.

    Secrets are opened. A plugin reads its own settings alone: raises NotDeclared for another one's, LookupError for a
    setting that no installed plugin declares, CannotOpen for a secret whose key is gone.
    """
    plugin, _dot, rest = name.partition(".")
    need_own(plugin, f"the setting “{name}”")
    field = registry().settings.get(plugin, {}).get(rest)
    if field is None:
        raise LookupError(f"No installed plugin declares the setting “{name}”.")
    return _read(field, stored_settings().get((plugin, rest)))


def _read(field: Field, stored: Stored | None) -> Any:
    if stored is None:
        return field.default
    value, sealed, row = stored
    if field.secret:
        return None if sealed is None else open_sealed(_keys(), sealed, _place(row))
    return None if value is None else kind_of(field).load(replace(field, choices=_known(field, value)), value)


def _known(field: Field, value: Any) -> Any:
    """A choice that a newer version took away is still what was chosen."""
    return () if field.kind == "choice" and value not in [one.value for one in field.choices] else field.choices


def stored_settings() -> Mapping[tuple[str, str], Stored]:
    """All settings of the tenant in force by plugin and name, kept until its configuration changes."""
    found: Mapping[tuple[str, str], Stored] = by_configuration(db.session(), principal(), "plugin_settings", _load)
    return found


def _load(session: Session) -> dict[tuple[str, str], Stored]:
    columns = PluginSetting.plugin_key, PluginSetting.name, PluginSetting.value, PluginSetting.sealed, PluginSetting.id
    return {
        (plugin, name): (value, sealed, key) for plugin, name, value, sealed, key in session.execute(select(*columns))
    }


def texts_of(plugin: str) -> dict[str, str]:
    """What the form shows: every value as text, of a secret nothing."""
    found, fields = {}, registry().settings.get(plugin, {})
    for name, field in fields.items():
        value = None if field.secret else _read(field, stored_settings().get((plugin, name)))
        empty = "false" if field.kind == "flag" else ""
        found[name] = empty if value is None else kind_of(field).show(field, value)
    return found


def read_settings(plugin: str, form: Any) -> Submission:
    """The posted form; errors are in the result. An empty secret stays as it is, and is no error where there is one;
    `clear.<name>` takes it away."""
    result, before = Submission(), stored_settings()
    for name, field in registry().settings.get(plugin, {}).items():
        text = _posted(form, name, field) or ""
        if field.secret and not text.strip() and before.get((plugin, name), (None, None))[1] is not None:
            if f"clear.{name}" in form and not field.required:
                result.values[name] = None
            continue
        result.texts[name] = "" if field.secret else text
        try:
            result.values[name] = _value(field, text)
        except ValueError as error:
            result.errors[name] = str(error)
    return result


def save_settings(plugin: str, values: Mapping[str, Any]) -> None:
    """Store values by name; the audit log is told, of secrets only that they changed. The edge commits."""
    fields = registry().settings[plugin]
    mine = select(PluginSetting).where(PluginSetting.plugin_key == plugin)
    rows = {row.name: row for row in db.session.scalars(mine)}
    for name, value in values.items():
        row = rows.get(name) or PluginSetting(plugin_key=plugin, name=name)
        _store(row, fields[name], value)
        db.session.add(row)
    db.session.flush()


def _store(row: PluginSetting, field: Field, value: Any) -> None:
    if field.secret:
        row.sealed = seal(_keys(), value, _place(row.id)) if value else None
    else:
        dumped = None if value is None else kind_of(field).dump(field, value)
        if row.value != dumped:
            row.value = dumped


def reseal() -> list[str]:
    """Seal the secrets of the tenant in force with the first key where another one sealed them. Returns which cannot be
    read; they stay as they are."""
    unreadable = []
    for row in db.session.scalars(select(PluginSetting).where(PluginSetting.sealed.is_not(None))):
        try:
            row.sealed = renewed(_keys(), row.sealed or "", _place(row.id))
        except CannotOpen:
            unreadable.append(f"the setting {row.plugin_key}.{row.name}")
    return unreadable


def _place(row: UUID) -> bytes:
    return bound_to("plugin_setting", "sealed", row)


def _keys() -> list[SecretKey]:
    keys: list[SecretKey] = current_app.config["TENANTRY"].secret_keys
    return keys
