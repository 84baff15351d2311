"""Servers, tenants and job processes of their own, for tests and benchmarks that kill them or measure them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import psutil
from sqlalchemy import text

from app import create_app
from app.data import Scope, db, platform_session, scope
from app.host.lifecycle import switch
from app.host.provisioning import provision_tenant
from app.host.registry import build
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.ops.bootstrap import prepare_roles
from app.ops.embedded.postgres import EmbeddedPostgres
from app.ops.embedded.valkey import EmbeddedValkey
from app.ops.migrations import upgrade_all
from app.testing import servers
from tests.run_jobs import with_garage


class JobHouse:
    """Durable servers in a folder, `tenants` with the garage on, and processes started on demand."""

    def __init__(self, folder, tenants=2, lease_seconds=2):
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.valkey = EmbeddedValkey(folder / "valkey")
        self.started = []
        self.folder = folder
        url = servers.create_database(self.postgres.start(), "jobs")
        self.settings = servers.settings_for(url, self.valkey.start(), folder)
        self.environ = {
            "PATH": os.environ["PATH"],
            "TENANTRY_ENV": "test",
            "TENANTRY_VAR": str(folder),
            "TENANTRY_SECRET_KEY": servers.SECRET,
            "TENANTRY_ROLE_PREFIX": self.settings.role_prefix,
            "TENANTRY_PUBLIC_URL": "http://localhost",
            "TENANTRY_LOG_LEVEL": "error",
            "TENANTRY_JOB_LEASE_SECONDS": str(lease_seconds),
            "DATABASE_URL": url,
            "REDIS_URL": self.settings.redis_url,
        }
        prepare_roles(self.settings)
        upgrade_all(self.settings, lambda line: None, build(with_garage()).histories())
        self.app = create_app(self.settings, with_garage())
        sync_all(self.app)
        with self.app.app_context():
            accept_all("tests")
        self.tenants = [self._new_tenant(number) for number in range(tenants)]

    def _new_tenant(self, number):
        with self.app.app_context():
            tenant = provision_tenant(f"tenant{number}", f"Tenant {number}")
            with scope(Scope(tenant.id, via="system")):
                switch(tenant, "garage", "on")
                db.session.commit()
            return tenant.id

    def start(self, *command, **environ):
        """Start a command; returns once its processes say that they live."""
        process = subprocess.Popen([sys.executable, "-m", "tests.run_jobs", *command], env={**self.environ, **environ})
        self.started.append(process)
        return process

    def wait_for(self, kind, count=1, seconds=90):
        """Wait until so many processes of a kind are alive."""
        self.wait_until(lambda: len(self.pids(kind)) >= count, seconds)

    def pids(self, kind):
        """Of the processes of a kind that live. The kernel knows that, not their lines: those of a busy machine are
        late, and the dead leave theirs behind, with a number that a stranger may have by now."""
        rows = self.rows("SELECT pid FROM job_process WHERE kind = :kind", kind=kind)
        return sorted({pid for (pid,) in rows} & set(self._family()))

    def _family(self):
        for process in self.started:
            with suppress(psutil.NoSuchProcess):
                parent = psutil.Process(process.pid)
                for one in (parent, *parent.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        if one.status() != psutil.STATUS_ZOMBIE:
                            yield one.pid

    @contextmanager
    def held(self, kind):
        """The processes of a kind stand still meanwhile."""
        pids = self.pids(kind)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @staticmethod
    def wait_until(condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    @contextmanager
    def inside(self, tenant=0):
        with self.app.app_context(), scope(Scope(self.tenants[tenant], via="system")):
            yield db.session

    def rows(self, statement, **values):
        with self.app.app_context(), platform_session("a test looks at everything") as session:
            return session.execute(text(statement), values).all()

    def states(self, names="garage.%"):
        """Jobs by state. Those of schedules, whose minute may come meanwhile, have other names."""
        return dict(self.rows("SELECT state, count(*) FROM job WHERE name LIKE :names GROUP BY state", names=names))

    def stop(self):
        for process in self.started:
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            process.wait(60)
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose()
        self.valkey.stop()
        self.postgres.stop()


def kill(pid):
    """Without a word."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_server(server):
    """Kill an embedded server, and start it again on what it left behind."""
    kill(server._child.pid)
    server._child.wait()
    server.stop()
    server.start()
