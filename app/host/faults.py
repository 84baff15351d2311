"""What breaks in a plugin while the server runs: counted, and the last of it kept for the operator."""

from __future__ import annotations

import logging

from flask import Flask, current_app, request

from app.data import current_scope
from app.identity.access import rule_of
from app.identity.statements import platform_execute

log = logging.getLogger(__name__)
_COUNT = """
    INSERT INTO installed_plugin (name, version, errors, last_error, last_error_at)
    VALUES (%(name)s, %(version)s, 1, %(error)s, now())
    ON CONFLICT (name) DO UPDATE SET errors = installed_plugin.errors + 1, last_error = excluded.last_error,
        last_error_at = excluded.last_error_at
"""


_COUNT_HERE = """
    WITH fault AS (
        INSERT INTO hook_fault (tenant_id, plugin_key, place, failures, cut_off, last_error, last_at, skipped_at)
        VALUES (%(tenant)s, %(plugin)s, %(place)s, 1, %(late)s, %(error)s, now(), CASE WHEN %(skip)s THEN now() END)
        ON CONFLICT (tenant_id, plugin_key, place) DO UPDATE SET failures = hook_fault.failures + 1,
            cut_off = hook_fault.cut_off + excluded.cut_off, last_error = excluded.last_error, last_at = now(),
            skipped_at = coalesce(hook_fault.skipped_at, excluded.skipped_at)
    )
    UPDATE tenant SET config_version = config_version + 1
    WHERE id = (SELECT id FROM tenant WHERE %(skip)s AND id = %(tenant)s FOR UPDATE SKIP LOCKED)
"""
"""The tenant's row may be locked by the very transaction that the hook is part of: then the next fault tells it."""


def note_fault(
    plugin: str, where: str, error: BaseException, *, cut_off: bool = False, skip: bool | None = None
) -> None:
    """Count an error of a plugin, in statements of their own that never raise: something is wrong already.

    `skip` is given for a hook: its faults are counted by place in the tenant in force, and with True it is called there
    no more.
    """
    manifest = current_app.extensions["tenantry"].plugin(plugin)
    if manifest is None or manifest.core:
        return
    words = f"{where}: {type(error).__name__}: {' '.join(str(error).split())}"[:500]
    try:
        platform_execute(_COUNT, name=plugin, version=manifest.version, error=words)
        tenant = current_scope().tenant_id
        if tenant is not None and skip is not None:
            here = {"tenant": tenant, "plugin": plugin, "place": where[:200], "error": words}
            platform_execute(_COUNT_HERE, late=int(cut_off), skip=skip, **here)
    except Exception as failure:
        log.warning("The error of %s could not be counted: %s", plugin, type(failure).__name__)


def watch_requests(app: Flask) -> None:
    """Count what breaks in the pages and calls of plugins."""
    app.teardown_request(note_request_fault)


def note_request_fault(exception: BaseException | None) -> None:
    """Count the error that ended this request, if one did that nobody foresaw: as the plugin's whose address it was."""
    if exception is None:
        return
    rule = rule_of(current_app, request.endpoint) if request.endpoint else None
    plugin = (rule or "").partition(".")[0] or request.path.strip("/").partition("/")[0]
    note_fault(plugin, f"{request.method} {request.path}", exception)
