"""The OpenAPI 3.1 document, made from the registry: the resources a tenant has switched on, with its custom fields."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import Flask, current_app
from flask_babel import get_locale

from app.data import db
from app.features.gate import is_open
from app.host import Entry, Registry, registry
from app.host.extensions import guest_of
from app.identity.principal import Principal, principal
from app.screens.rest.etags import digest_tag
from app.screens.rest.jsons import to_json
from app.screens.rest.openapi import beside
from app.screens.rest.openapi.common import components, preamble
from app.screens.rest.openapi.declared import Declared
from app.screens.rest.openapi.paths import paths_of
from app.screens.rest.openapi.schemas import schemas_of
from app.screens.rest.openapi.webhooks import webhooks_of

DESCRIBED = "tenantry.openapi.described"
"""Extension that lists what else has calls of its own: modules with `tags`, `paths` and `schemas`, as `beside`."""
_EXTENSION = "tenantry.openapi"
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Document:
    """The document as it is sent."""

    body: bytes
    tag: str


Part = tuple[dict[str, Any], dict[str, Any]]
"""Paths and schemas of one resource."""


@dataclass(slots=True)
class Shelf:
    """What an application has made so far."""

    documents: OrderedDict[tuple[Any, ...], Document] = field(default_factory=OrderedDict)
    parts: dict[tuple[str, str], Part] = field(default_factory=dict)
    """Of resources without custom fields: the same for every tenant, so made once for each language."""
    lock: Lock = field(default_factory=Lock)


def init_documents(app: Flask) -> None:
    """Give the application its own shelf: another one has other resources."""
    app.extensions[_EXTENSION] = Shelf()


def document(server: str) -> Document:
    """For the tenant and the language of this request; `server` is the address prefix that calls are to use.

    Kept until the tenant's configuration changes.
    """
    person = principal()
    shelf: Shelf = current_app.extensions[_EXTENSION]
    tenant = person.tenant if person is not None else None
    key = (tenant and (tenant.id, tenant.config_version), str(get_locale()), server)
    with shelf.lock:
        found = shelf.documents.get(key)
        if found is not None:
            shelf.documents.move_to_end(key)
            return found
    body = to_json(build(registry(), person, server))
    made = Document(body, digest_tag(body))
    with shelf.lock:
        shelf.documents[key] = made
        while len(shelf.documents) > _KEPT:
            shelf.documents.popitem(last=False)
    return made


def build(installed: Registry, person: Principal | None, server: str) -> dict[str, Any]:
    """The document as data. Permissions do not matter here: it says what there is, the gate says who may."""
    in_tenant = person is not None and person.tenant is not None
    shown = [Declared(entry, db.session(), in_tenant) for entry in installed.entries.values() if _is_on(entry, person)]
    result = preamble(server)
    result["tags"] = [{"name": one.entry.key, "description": one.entry.resource.plural_words} for one in shown]
    described = [beside, *current_app.extensions.get(DESCRIBED, ())]
    for one in described:
        result["tags"] += one.tags()
    parts = [_part(one) for one in shown]
    result["paths"] = {path: item for paths, _schemas in parts for path, item in paths.items()}
    for one in described:
        result["paths"] |= one.paths([declared.entry for declared in shown])
    result["webhooks"] = webhooks_of(installed, person)
    result["components"] = components()
    for one in described:
        result["components"]["schemas"] |= one.schemas()
    for _paths, schemas in parts:
        result["components"]["schemas"] |= schemas
    return result


def _part(surface: Declared) -> Part:
    if surface.custom or any(guest_of(name) for name in surface.entry.actions):
        return paths_of(surface), schemas_of(surface)
    shelf: Shelf = current_app.extensions[_EXTENSION]
    key = (surface.entry.key, str(get_locale()))
    found = shelf.parts.get(key)
    if found is None:
        found = shelf.parts[key] = paths_of(surface), schemas_of(surface)
    return found


def _is_on(entry: Entry, person: Principal | None) -> bool:
    if entry.plugin.core:
        return True
    return person is not None and person.tenant is not None and is_open(entry.key, person.tenant).allowed
