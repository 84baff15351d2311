"""One line and one measurement for every request, whatever becomes of it. Outermost, so nothing escapes it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import Flask, Response, request
from sqlalchemy import Engine, event
from werkzeug.wsgi import ClosingIterator

from app.data.scope import current_scope
from app.ops import metrics
from app.ops.logging import bind_log, clear_log, public_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = "tenantry.request_id"
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
QUIET = frozenset({"ops.healthz", "ops.readyz", "ops.metrics", "static"})
log = structlog.get_logger("tenantry.request")


@dataclass(slots=True)
class RequestFacts:
    """What is known of the running request when its line is written."""

    request_id: str
    started: float
    endpoint: str = "unmatched"
    status: int = 0
    statements: int = 0
    tenant: str | None = None
    account: str | None = None


_facts: ContextVar[RequestFacts | None] = ContextVar("tenantry_request", default=None)


def current_request() -> RequestFacts | None:
    """The facts of the request this thread serves; None outside requests."""
    return _facts.get()


@event.listens_for(Engine, "before_cursor_execute")
def count_statement(*execution: Any) -> None:
    facts = _facts.get()
    if facts is not None:
        facts.statements += 1


class RequestLog:
    """WSGI middleware: gives the request its id (`environ[REQUEST_ID]`, header `X-Request-ID`), times it, logs it."""

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        facts = RequestFacts(_request_id(environ), time.perf_counter())
        environ[REQUEST_ID] = facts.request_id
        clear_log()
        bind_log(request_id=facts.request_id)
        _facts.set(facts)

        def answer(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            facts.status = int(status[:3])
            return start_response(status, [*headers, ("X-Request-ID", facts.request_id)], *rest)

        def finish() -> None:
            _write(environ, facts)
            if _facts.get() is facts:
                _facts.set(None)
                clear_log()

        try:
            body = self.inner(environ, answer)
        except BaseException:
            facts.status = facts.status or 500
            finish()
            raise
        return ClosingIterator(body, finish)


def note_facts(app: Flask) -> None:
    """Have the application tell which route served the request, for whom."""

    @app.after_request
    def note(response: Response) -> Response:
        facts = _facts.get()
        if facts is not None:
            here = current_scope()
            facts.endpoint = request.endpoint or "unmatched"
            facts.tenant = str(here.tenant_id) if here.tenant_id else None
            facts.account = str(here.actor_id) if here.actor_id else None
        return response


def _request_id(environ: WSGIEnvironment) -> str:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_ID.fullmatch(given) else uuid4().hex


def _write(environ: WSGIEnvironment, facts: RequestFacts) -> None:
    seconds = time.perf_counter() - facts.started
    metrics.observe(environ["REQUEST_METHOD"], facts.endpoint, facts.status, seconds, facts.statements)
    if facts.endpoint in QUIET and facts.status < 400:
        return
    path = public_path(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
    who = {"tenant": facts.tenant, "account": facts.account}
    log.info(
        "%s %s",
        environ["REQUEST_METHOD"],
        path,
        status=facts.status,
        ms=round(seconds * 1000, 1),
        statements=facts.statements,
        endpoint=facts.endpoint,
        **{name: fact for name, fact in who.items() if fact},
    )
