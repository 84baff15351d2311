"""`tenantry web`: the web server alone, as production runs it."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def web(host: str, port: int) -> None:
    """Serve the web application. It writes nothing at start: run `db upgrade` and `sync` first."""
    from app.ops.preflight import check_folder, check_port
    from config import load_settings

    settings = load_settings()
    check_folder(settings.var)
    check_port(host, port)
    from app.ops.web import serve

    serve(settings, host, port)
