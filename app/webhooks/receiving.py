"""The public door for other systems' messages: verify the raw bytes, store, answer; a job does the rest.

401 is all that a bad signature learns. What is stored once is not stored again, so a provider may repeat itself. A
message of several parts is taken apart before anything is processed, and one part at fault stops no other.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, request
from prometheus_client import Counter

from app.data import Scope, db, scope
from app.host import BadSignature, Incoming, Part, WebhookIn, registry
from app.identity.access import access, without_csrf
from app.webhooks.routing import tenant_of_key, tenants_of
from app.webhooks.storing import keep_apart, store

log = logging.getLogger(__name__)
blueprint = Blueprint("hooks", __name__)
RECEIVED = Counter("tenantry_webhooks_received", "Messages of other systems", ["source", "outcome"])
LARGEST = 1024 * 1024
"""Bytes of one message."""
ID_LIMIT = 255


@blueprint.route("/hooks/<plugin>/<name>", methods=["GET", "POST"])
@blueprint.route("/hooks/<plugin>/<name>/<key>", methods=["GET", "POST"])
@access("public")
@without_csrf
def receive(plugin: str, name: str, key: str = "") -> Any:
    """One message, or the question whether this address is ours."""
    inlet = registry().happenings.inlets.get((plugin, name))
    if inlet is None:
        abort(404)
    source = f"{plugin}.{name}"
    tenant_id = tenant_of_key(source, key) if key else None
    if key and tenant_id is None:
        abort(404)
    with scope(Scope(tenant_id, via="system")):
        if request.method == "GET":
            return _challenge(inlet)
        return _take(source, inlet, tenant_id)


def _challenge(inlet: WebhookIn) -> Any:
    said = inlet.challenge(request.args, inlet.secrets()) if inlet.challenge is not None else None
    if said is None:
        abort(404 if inlet.challenge is None else 403)
    return said, 200, {"Content-Type": "text/plain; charset=utf-8"}


def _take(source: str, inlet: WebhookIn, tenant_id: UUID | None) -> Any:
    request.max_content_length = LARGEST
    incoming = Incoming(request.get_data(), {k.lower(): v for k, v in request.headers.items()}, _public_url())
    try:
        inlet.verify(incoming, inlet.secrets())
    except BadSignature:
        RECEIVED.labels(source, "bad signature").inc()
        log.warning("A message for %s has a bad signature.", source)
        return {"detail": "The signature does not fit."}, 401
    try:
        parts = [_sound(part) for part in inlet.split(incoming)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        RECEIVED.labels(source, "unreadable").inc()
        log.warning("A message for %s cannot be read.", source, exc_info=error)
        return {"detail": "The message cannot be read."}, 422
    _store(source, parts, tenant_id)
    RECEIVED.labels(source, "taken").inc()
    return {"received": len(parts)}, 200


def _public_url() -> str:
    """The address as the provider knows it, which some signatures are of."""
    return str(current_app.config["TENANTRY"].public_url) + request.full_path.rstrip("?")


def _sound(part: Part) -> Part:
    """A part as PostgreSQL can hold it. Raises ValueError for one without an id, or with what is no JSON."""
    clean = Part(storable(part.id), storable(part.data), storable(part.account))
    if not 0 < len(clean.id) <= ID_LIMIT or len(clean.account) > ID_LIMIT:
        raise ValueError("A part has no id, or too long a one.")
    json.dumps(clean.data, allow_nan=False)
    return clean


def storable(value: Any) -> Any:
    """A JSON value without the characters that PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(one) for one in value]
    return {storable(key): storable(one) for key, one in value.items()} if isinstance(value, dict) else value


def _store(source: str, parts: Sequence[Part], tenant_id: UUID | None) -> None:
    """Each part with its tenant, in one transaction a tenant; the rest into quarantine."""
    owners = {} if tenant_id is not None else tenants_of(source, {part.account for part in parts})
    by_tenant: dict[UUID | None, list[Part]] = {}
    for part in parts:
        by_tenant.setdefault(tenant_id or owners.get(part.account), []).append(part)
    for owner, theirs in by_tenant.items():
        if owner is None:
            RECEIVED.labels(source, "quarantined").inc(len(theirs))
            keep_apart(source, theirs)
        else:
            with scope(Scope(owner, via="system")):
                store(source, theirs)
                db.session.commit()
