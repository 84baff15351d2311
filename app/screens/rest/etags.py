"""Entity tags: a record's is its version, a list's a digest of what was sent."""

from __future__ import annotations

from hashlib import blake2b

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.http import unquote_etag

from app.data import Record
from app.screens.rest.problems import Problem


def version_tag(version: int) -> str:
    """`"7"`."""
    return f'"{version}"'


def digest_tag(body: bytes) -> str:
    """`W/"..."`: two equal bodies have the same."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def is_known(tag: str) -> bool:
    """Does the caller hold this very state already (If-None-Match)?"""
    opaque, _is_weak = unquote_etag(tag)
    return opaque is not None and request.if_none_match.contains_weak(opaque)


def not_modified(tag: str) -> Response:
    """304 without a body."""
    response = Response(status=304)
    response.headers["ETag"] = tag
    return response


def check_precondition(record: Record) -> None:
    """Refuse a change of a record that is no longer what the caller read. Raises Problem 412."""
    if "If-Match" not in request.headers:
        return
    wanted = request.if_match
    if wanted.star_tag or wanted.is_strong(str(record.version)):
        return
    raise outdated(record.version)


def outdated(version: int) -> Problem:
    """412: the record is not what the caller read."""
    detail = _("The stored version is %(version)s. Read the record again, then repeat your change.", version=version)
    return Problem(412, "version", detail, headers={"ETag": version_tag(version)}, version=version)
