"""What breaks in a plugin while the server runs: counted, and the last of it kept for the operator."""

from __future__ import annotations

import logging

from flask import Flask, current_app, request

from app.identity.access import rule_of
from app.identity.statements import platform_execute

log = logging.getLogger(__name__)
_COUNT = """
    INSERT INTO installed_plugin (name, version, errors, last_error, last_error_at)
    VALUES (%(name)s, %(version)s, 1, %(error)s, now())
    ON CONFLICT (name) DO UPDATE SET errors = installed_plugin.errors + 1, last_error = excluded.last_error,
        last_error_at = excluded.last_error_at
"""


def note_fault(plugin: str, where: str, error: BaseException) -> None:
    """Count an error of a plugin, in a statement of its own that never raises: something is wrong already."""
    manifest = current_app.extensions["tenantry"].plugin(plugin)
    if manifest is None or manifest.core:
        return
    words = f"{where}: {type(error).__name__}: {' '.join(str(error).split())}"[:500]
    try:
        platform_execute(_COUNT, name=plugin, version=manifest.version, error=words)
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
