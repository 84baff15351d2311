"""One Flask-AppBuilder API per resource, generated from its declaration.

Each operation is a view function of its own, because each carries its own permission for the gate to enforce.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from flask_appbuilder import AppBuilder
from flask_appbuilder.api import BaseApi, expose

from app.host import Action, Entry, Registry
from app.identity.access import access
from app.screens.rest import actions, bulk, history, reads, writes
from app.screens.rest.calls import Call
from app.screens.rest.pipeline import run

Handler = Callable[[Call], Response]
ONE = "/<uuid:record_id>"
ENTRY = "<uuid:entry_id>"


@dataclass(frozen=True, slots=True)
class Operation:
    """One address of a resource: which method, which verb of the gate, what does the work."""

    name: str
    method: str
    path: str
    verb: str
    handler: Handler


class ResourceApi(BaseApi):  # type: ignore[misc]
    """Base of the generated classes; without it nothing here would be known to Flask-AppBuilder."""

    csrf_exempt = False  # a cookie alone must not change anything; tokens are let through by app.identity.protect
    entry: Entry


def operations(entry: Entry) -> Iterator[Operation]:
    """All operations of a resource. A verb that the resource leaves out has none."""
    verbs = entry.resource.verbs.split()
    if "read" in verbs:
        yield Operation("list", "GET", "", "read", reads.read_page)
        yield Operation("get", "GET", ONE, "read", reads.read_one)
    if "create" in verbs:
        yield Operation("create", "POST", "", "create", writes.create)
        yield Operation("bulk", "POST", "/bulk", "create", bulk.create_many)
    if "update" in verbs:
        yield Operation("change", "PATCH", ONE, "update", writes.change)
    if "delete" in verbs:
        yield Operation("remove", "DELETE", ONE, "delete", writes.remove)
        if entry.model.__soft_delete__:
            yield Operation("restore", "POST", f"{ONE}/restore", "delete", writes.bring_back)
    if entry.model.__audited__ and "read" in verbs:
        yield Operation("history", "GET", f"{ONE}/history", "read", history.read_page)
        if "update" in verbs:
            yield Operation("restore_version", "POST", f"{ONE}/history/{ENTRY}/restore", "update", history.restore)
    for action in entry.actions.values():
        yield from _action_operations(action)


def _action_operations(action: Action) -> Iterator[Operation]:
    name = action.name
    if action.on in ("row", "both"):
        handler = partial(actions.act_on_one, action=action)
        yield Operation(f"act_{name}", "POST", f"{ONE}/actions/{name}", name, handler)
    if action.on in ("bulk", "both"):
        handler = partial(actions.act_on_many, action=action)
        yield Operation(f"act_{name}_on_many", "POST", f"/actions/{name}", name, handler)


def build_api(entry: Entry) -> type[ResourceApi]:
    """The class for one resource, at `/api/v1/contacts/contact`.

    Its name is the stem of Flask's endpoints. The hyphen cannot be in the name of a plugin or a resource, so no two
    resources can come to the same one.
    """
    views = {operation.name: _view(entry, operation) for operation in operations(entry)}
    return type(
        f"api-{entry.key.replace('.', '-')}",
        (ResourceApi,),
        {"entry": entry, "route_base": entry.api_path, "class_permission_name": entry.key, **views},
    )


def _view(entry: Entry, operation: Operation) -> Callable[..., Response]:
    def view(self: ResourceApi, record_id: UUID | None = None, entry_id: UUID | None = None) -> Response:
        return run(lambda: operation.handler(Call(entry, record_id, entry_id)))

    view.__name__ = operation.name
    view.__doc__ = operation.handler.__doc__
    view.tenantry_owner = entry.plugin.name  # type: ignore[attr-defined]
    marked: Any = access(f"{entry.key}.{operation.verb}")(view)
    exposed: Callable[..., Response] = expose(operation.path, methods=(operation.method,))(marked)
    return exposed


def register_resources(appbuilder: AppBuilder, registry: Registry) -> None:
    """Give every resource of the registry its API."""
    for entry in registry.entries.values():
        appbuilder.add_api(build_api(entry))
