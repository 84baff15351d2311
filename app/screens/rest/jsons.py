"""JSON in and out: strict when reading, fast when writing."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask import request
from flask_babel import gettext as _

MAX_BODY = 10 * 1024 * 1024
"""Bytes of one request body."""
MEDIA_TYPES = frozenset({"application/json", "application/merge-patch+json"})
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def to_json(data: Any) -> bytes:
    """UTF-8 JSON; ids, days and moments (in UTC) in their usual form."""
    try:
        return orjson.dumps(data, option=_OPTIONS)
    except TypeError:  # whole numbers beyond 64 bits, which a JSON field may hold; broken Unicode quoted in a refusal
        return json.dumps(data, default=_plain, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, option=_OPTIONS))


def read_body(*, required: bool = True) -> Any:
    """The JSON that was sent; {} for none where none is needed. Raises Problem: 413, 415 or 400."""
    from app.screens.rest.problems import Problem

    raw = request.get_data()
    if not raw and not required:
        return {}
    if request.mimetype not in MEDIA_TYPES:
        raise Problem(415, "media_type", _("Send JSON, with the header Content-Type: application/json."))
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Problem(400, "malformed", _("The body is not valid JSON in UTF-8.")) from None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
