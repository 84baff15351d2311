"""What every web process gets: request log, measurements, health, trust in as many proxies as were named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.ops.health import health_blueprint
from app.ops.request_log import RequestLog, note_facts

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from config import Settings


def install(
    app: Flask,
    settings: Settings,
    is_behind: Callable[[], bool],
    collectors: Sequence[Collector] = (),
    plugins: Callable[[], Mapping[str, str]] = dict,
) -> None:
    """Call it last in `create_app`, so that the request log lies outside every other middleware. `collectors` add to
    /metrics."""
    app.register_blueprint(health_blueprint(settings, is_behind, collectors, plugins))
    note_facts(app)
    hops = settings.trusted_proxies
    inner = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops) if hops else app.wsgi_app
    app.wsgi_app = RequestLog(inner)  # type: ignore[method-assign]
