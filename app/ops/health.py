"""/healthz: the process lives. /readyz: it can serve. /metrics: for Prometheus, not for the public."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, current_app, jsonify, request
from sqlalchemy import text

from app.data import db
from app.identity.access import access
from app.ops import metrics as numbers

if TYPE_CHECKING:
    import redis
    from prometheus_client.registry import Collector

    from config import Settings

REDIS_SECONDS = 2


class Readiness:
    """What must answer before this process is sent any work."""

    def __init__(self, settings: Settings, is_behind: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_behind = is_behind
        self._redis: redis.Redis | None = None

    def problems(self) -> dict[str, str]:
        """The parts that are not ready, each with the reason; empty when all are."""
        checks = {"database": self._database, "redis": self._ping_redis, "migrations": self._migrations}
        return {name: reason for name, check in checks.items() if (reason := _reason(check))}

    def _database(self) -> str:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return ""

    def _ping_redis(self) -> str:
        import redis

        if self._redis is None:
            self._redis = redis.Redis.from_url(
                self._settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
            )
        self._redis.ping()
        return ""

    def _migrations(self) -> str:
        return "not applied yet" if self._is_behind() else ""


def health_blueprint(
    settings: Settings,
    is_behind: Callable[[], bool],
    collectors: Sequence[Collector] = (),
    plugins: Callable[[], Mapping[str, str]] = dict,
) -> Blueprint:
    """The three addresses. `is_behind` says whether migrations of the core wait; `plugins`, which plugins do not work
    and how they stand, which keeps nothing from being ready."""
    blueprint = Blueprint("ops", __name__)
    readiness = Readiness(settings, is_behind)

    @blueprint.get("/healthz")
    @access("public")
    def healthz() -> Any:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    @access("public")
    def readyz() -> Any:
        problems = readiness.problems()
        if problems:
            return jsonify(status="not ready", problems=problems), 503
        out_of_order = plugins()
        return jsonify(status="ready", plugins=out_of_order) if out_of_order else jsonify(status="ready")

    @blueprint.get("/metrics")
    @access("public")
    def metrics() -> Response:
        if not _may_read_metrics(settings.metrics_token):
            abort(404)
        return Response(numbers.exposition(collectors), mimetype="text/plain; version=0.0.4")

    return blueprint


def _reason(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # a probe says "not ready", whatever the cause
        current_app.logger.warning("readiness check failed: %s", type(error).__name__)
        return "does not answer"


def _may_read_metrics(token: str | None) -> bool:
    """With the token from anywhere; without one from this machine, and not through a proxy on it."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))
    return not forwarded and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
