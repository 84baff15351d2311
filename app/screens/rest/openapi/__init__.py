"""The OpenAPI 3.1 document, made from the registry: the resources a tenant has switched on, with its custom fields."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask_babel import get_locale

from app.data import db
from app.features.gate import plugin_is_on
from app.host import Entry, Registry, registry
from app.identity.principal import Principal, principal
from app.screens.rest.etags import digest_tag
from app.screens.rest.jsons import to_json
from app.screens.rest.openapi.common import components, preamble
from app.screens.rest.openapi.declared import Declared
from app.screens.rest.openapi.paths import paths_of
from app.screens.rest.openapi.schemas import schemas_of

_KEPT = 100


@dataclass(frozen=True, slots=True)
class Document:
    """The document as it is sent."""

    body: bytes
    tag: str


_cache: OrderedDict[tuple[Any, ...], Document] = OrderedDict()
_lock = Lock()


def document(server: str) -> Document:
    """For the tenant and the language of this request; `server` is the address prefix that calls are to use.

    Kept until the tenant's configuration changes.
    """
    person, installed = principal(), registry()
    tenant = person.tenant if person is not None else None
    place = (tenant.id, tenant.config_version) if tenant else None
    key = (id(installed), place, str(get_locale()), server)
    with _lock:
        found = _cache.get(key)
        if found is not None:
            _cache.move_to_end(key)
            return found
    body = to_json(build(installed, person, server))
    made = Document(body, digest_tag(body))
    with _lock:
        _cache[key] = made
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return made


def build(installed: Registry, person: Principal | None, server: str) -> dict[str, Any]:
    """The document as data. Permissions do not matter here: it says what there is, the gate says who may."""
    in_tenant = person is not None and person.tenant is not None
    shown = [Declared(entry, db.session(), in_tenant) for entry in installed.entries.values() if _is_on(entry, person)]
    result = preamble(server)
    result["tags"] = [{"name": one.entry.key, "description": one.entry.resource.plural_words} for one in shown]
    result["paths"] = {path: item for one in shown for path, item in paths_of(one).items()}
    result["components"] = components()
    result["components"]["schemas"] |= {name: schema for one in shown for name, schema in schemas_of(one).items()}
    return result


def _is_on(entry: Entry, person: Principal | None) -> bool:
    if entry.plugin.core:
        return True
    return person is not None and plugin_is_on(entry.plugin.name, person)
