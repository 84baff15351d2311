"""`tenantry up`: everything on this machine, under one supervisor, until Ctrl-C."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.ops.embedded.folders import FolderLock
from app.ops.processes import ProcessSpec
from app.ops.refusal import Refusal
from app.ops.supervisor import StopRequested, Supervisor
from config import ROOT, Settings, load_settings

if TYPE_CHECKING:
    from app.ops.embedded.server import EmbeddedServer

READY_SECONDS = 90
CRASHES_TOLERATED = 3


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--reload", is_flag=True, help="Start anew whenever a file of a plugin changes.")
def up(host: str, port: int, reload: bool) -> None:
    """Start database, Redis, web server and all else on this machine; Ctrl-C stops everything."""
    environ = {"TENANTRY_PUBLIC_URL": _address(host, port), **os.environ}
    settings = load_settings(environ)
    if settings.production:
        raise Refusal("“tenantry up” is for a desk, not for production: use “tenantry web” there.")
    house = House(settings, environ, host, port, Supervisor())
    try:
        with house.supervisor.guarding():
            house.run(Reload(house).look if reload else None)
    except StopRequested:
        house.supervisor.say("everything has stopped" if house.ready else "stopped before it was ready")
        sys.exit(0 if house.ready else 130)
    finally:
        house.release()


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


class House:
    """The order in which the parts start."""

    def __init__(
        self, settings: Settings, environ: dict[str, str], host: str, port: int, supervisor: Supervisor
    ) -> None:
        self.settings = settings
        self.host, self.port = host, port
        self.supervisor = supervisor
        self.ready = False
        self.environ = {**environ, "TENANTRY_VAR": str(settings.var), "PYTHONUNBUFFERED": "1"}
        self._servers: list[EmbeddedServer] = []
        self._lock = FolderLock(
            settings.var / ".up.lock",
            f"Tenantry is already running from {settings.var}: stop it, or set TENANTRY_VAR to another folder.",
        )

    def run(self, besides: Callable[[], None] | None = None) -> None:
        """Start everything, say so, and watch over it until StopRequested; `besides` is called each second. Raises
        Refusal."""
        self._check()
        self._start_servers()
        self.prepare()
        self.supervisor.start(self._tenantry("web", "--host", self.host, "--port", str(self.port)))
        self.wait_ready()
        self.supervisor.start(self._tenantry("jobs"))
        self.ready = True
        self._welcome()
        self.supervisor.run(besides)

    def release(self) -> None:
        """Give the folders back, after the children have ended."""
        for server in self._servers:
            server.release()
        self._lock.release()

    def _check(self) -> None:
        from app.ops.preflight import check_database, check_folder, check_port, check_redis

        check_folder(self.settings.var)
        self._lock.acquire()
        check_port(self.host, self.port)
        if not self.settings.embedded_valkey:
            check_redis(self.settings.redis_url)
        if not self.settings.embedded_postgres:
            check_database(self.settings)

    def _start_servers(self) -> None:
        from app.ops.embedded.postgres import EmbeddedPostgres
        from app.ops.embedded.valkey import EmbeddedValkey

        if self.settings.embedded_postgres:
            self._servers.append(EmbeddedPostgres(self.settings.var / "postgres"))
        if self.settings.embedded_valkey:
            self._servers.append(EmbeddedValkey(self.settings.var / "valkey"))
        names = []
        for server in self._servers:
            spec = server.prepare()
            self.supervisor.start(spec)
            names.append(spec.name)
        for server, name in zip(self._servers, names, strict=True):
            server.wait_ready(lambda name=name: self.supervisor.state(name))  # type: ignore[misc]

    def prepare(self) -> None:
        """Migrations and permissions, unless nothing is new. Raises Refusal."""
        from app.ops.freshness import fingerprint

        stamp = self.settings.var / "prepared"
        if stamp.exists() and stamp.read_text() == fingerprint(self.settings, ROOT):
            return
        self.supervisor.say("preparing the database")
        if self.supervisor.run_once(self._tenantry("prepare")) != 0:
            raise Refusal("The database could not be prepared: the lines above say why.")
        stamp.write_text(fingerprint(self.settings, ROOT))

    def _tenantry(self, *arguments: str) -> ProcessSpec:
        return ProcessSpec(
            name=arguments[0],
            argv=[sys.executable, "-m", "app.cli", *arguments],
            env=self.environ,
            grace_seconds=12,
        )

    def wait_ready(self) -> None:
        """Until the web server answers. Raises Refusal."""
        deadline = time.monotonic() + READY_SECONDS
        reason = "it does not answer"
        while (reason := _readiness(self.host, self.port)) != "":
            self.supervisor.watch()
            if self.supervisor.children["web"].crashes >= CRASHES_TOLERATED or time.monotonic() > deadline:
                raise Refusal(f"The web server did not become ready: {reason}.")
            time.sleep(0.05)

    def _welcome(self) -> None:
        say = self.supervisor.say
        say(f"ready: {self.settings.public_url}   (Ctrl-C stops everything)")
        if self.settings.var != ROOT / "var":
            say(f"commands in other terminals: export TENANTRY_VAR={self.settings.var}")
        for line in sign_in_lines(self.settings.var):
            say(line)


class Reload:
    """Looks whether files have changed, and has the house begin anew with them: for whoever writes a plugin."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.known = self._files()

    @staticmethod
    def _files() -> tuple[str, ...]:
        from app.ops.freshness import written

        return written(ROOT)

    def look(self) -> None:
        """Once nothing has changed for a second any more: an editor, or a command, writes several files."""
        found = self._files()
        if found == self.known:
            return
        time.sleep(1)
        self.known = self._files()
        self.house.supervisor.say("files have changed: starting anew")
        try:
            self.house.prepare()
        except Refusal as refused:
            self.house.supervisor.say(str(refused))
        for name in ("web", "jobs"):
            self.house.supervisor.restart(name)
        try:
            self.house.wait_ready()
            self.house.supervisor.say("ready again")
        except Refusal as refused:
            self.house.supervisor.say(str(refused))


def sign_in_lines(var: Path) -> list[str]:
    """The demo sign-ins as a table; their password on the first start only (a file in `var` keeps it)."""
    from app.cli.preparation import PASSWORD, SIGN_INS

    kept, secret, shown = var / SIGN_INS, var / PASSWORD, var / ".demo-password-shown"
    if not kept.exists():
        return []
    people = json.loads(kept.read_text(encoding="utf-8"))
    widest = max((len(email) for email, _ in people), default=0)
    lines = ["demo sign-ins:", *(f"  {email:{widest}}  {part}" for email, part in people)]
    if shown.exists():
        return [*lines, f"their password is in {secret}"]
    shown.touch()
    return [*lines, f"their password: {secret.read_text().strip()}   (shown this once, kept in {secret})"]


def _readiness(host: str, port: int) -> str:
    """Empty when the web server says it is ready, else why it is not."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(target, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return "it does not answer"
    finally:
        connection.close()
    if answer.status == 200:
        return ""
    try:
        problems = json.loads(body).get("problems", {})
    except ValueError:
        return f"it answers with status {answer.status}"
    return ", ".join(f"{name} {reason}" for name, reason in problems.items())
