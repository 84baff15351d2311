"""Structured logs: one JSON object a line in production, readable text on a desk. Secrets are taken out.

Every line carries the request, tenant and account it belongs to, read from the scope in force when it is written.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.typing import Processor

from app.data.scope import current_scope

if TYPE_CHECKING:
    from config import Settings

Event = MutableMapping[str, Any]
HIDDEN = "[hidden]"
SECRET_NAME = re.compile(r"passw|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
ADDRESS_PASSWORD = re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@")
LONG_WORD = re.compile(r"(?<=/)(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z0-9_.~-]{30,}(?=[/\s?]|$)")

__all__ = ["bind_log", "clear_log", "configure", "public_path"]


def configure(settings: Settings) -> None:
    """Send the logs of the whole process, those of libraries included, to standard output."""
    shared: list[Processor] = [
        merge_contextvars,
        add_scope,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("alembic", "sqlalchemy.engine", "flask_appbuilder", "werkzeug"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def bind_log(**facts: Any) -> None:
    """Put facts on every line that follows in this request, job or command: `bind_log(tenant=..., account=...)`."""
    bind_contextvars(**{name: None if fact is None else str(fact) for name, fact in facts.items()})


def clear_log() -> None:
    """Forget what `bind_log` said."""
    clear_contextvars()


def add_scope(logger: Any, method: str, event: Event) -> Event:
    """Name the request, tenant and account, unless the line already does."""
    here = current_scope()
    for name, value in (("request_id", here.request_id), ("tenant", here.tenant_id), ("account", here.actor_id)):
        if value is not None:
            event.setdefault(name, str(value))
    return event


def hide_secrets(logger: Any, method: str, event: Event) -> Event:
    """Blank the values whose name says secret, passwords inside addresses, and random parts of paths."""
    event["event"] = public_path(str(event.get("event", "")))
    for name, value in event.items():
        if SECRET_NAME.search(name) and value:
            event[name] = HIDDEN
        elif isinstance(value, str) and "://" in value:
            event[name] = ADDRESS_PASSWORD.sub(rf"\1:{HIDDEN}@", value)
    return event


def public_path(path: str) -> str:
    """A path fit for a log: a long random part (the token of an invitation or a reset) is blanked, a UUID is kept."""
    return LONG_WORD.sub(HIDDEN, path)


def _rendering(settings: Settings) -> list[Processor]:
    if settings.log_format == "json":
        return [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        _short_time,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, pad_level=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _short_time(logger: Any, method: str, event: Event) -> Event:
    event["timestamp"] = str(event.get("timestamp", ""))[11:19]
    event.pop("logger", None)
    return event
