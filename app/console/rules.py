"""Checks of what admins define: custom fields and access rules must name things that exist."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.console.choices import is_linked
from app.console.roles import check_role
from app.host import FieldError, registry
from app.host.custom_fields import KEY
from app.host.extensions import BETWEEN
from app.screens.views.field_names import name_of


def check_resource_name(name: str | None) -> None:
    """Raises FieldError when no resource has this name."""
    if (name or "") not in registry().entries:
        names = ", ".join(key for key, entry in registry().entries.items() if entry.resource.custom_fields)
        raise FieldError("resource", _("There are no records of this name. Known: %(names)s.", names=names))


def check_custom_field(row: Any, is_new: bool) -> None:
    """A custom field has a well-formed key, belongs to a resource that takes them, and a choice has choices."""
    check_resource_name(row.resource)
    if not registry().entries[row.resource].resource.custom_fields:
        raise FieldError("resource", _("These records take no custom fields."))
    if not KEY.fullmatch(row.key or ""):
        raise FieldError("key", _("A key has lower-case letters, digits and _, and begins with a letter."))
    if is_new and BETWEEN in row.key:
        raise FieldError("key", _("Two “_” in a row are for fields that plugins add."))
    if row.kind == "choice" and not (row.options or "").strip():
        raise FieldError("options", _("Please list the choices, one a line."))
    if row.kind == "link" and not _may_lead_to(row.links):
        raise FieldError("links", _("Please choose the records that it leads to."))


def _may_lead_to(kind: str | None) -> bool:
    entry = registry().entries.get(kind or "")
    return entry is not None and is_linked(registry(), entry)


def check_access_rule(row: Any, is_new: bool) -> None:
    """An access rule names a resource and fields of it, which may be called by their labels."""
    check_role(row, "role")
    check_resource_name(row.resource)
    entry = registry().entries[row.resource]
    for field_name in ("hidden", "readonly"):
        said = getattr(row, field_name) or []
        names = [name_of(entry, text) for text in said]
        if "" in names:
            what, name = entry.resource.plural_words, said[names.index("")]
            raise FieldError(field_name, _("%(what)s have no field “%(name)s”.", what=what, name=name))
        if names != said:
            setattr(row, field_name, list(dict.fromkeys(names)))


def check_capability(row: Any, is_new: bool) -> None:
    """A capability is a feature that is given member by member."""
    names = [one.name for one in registry().features.values() if one.kind == "capability"]
    if row.feature_key not in names:
        known = ", ".join(names) or _("none")
        raise FieldError("feature_key", _("Features that are given member by member: %(names)s.", names=known))
