"""The web server: gunicorn with threads, configured by us. It never reads a configuration file of its own."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

if TYPE_CHECKING:
    from config import Settings

GARBAGE_THRESHOLDS = (20_000, 10, 50)
"""A page makes some thousand objects that reference counts free; the collector is for the cycles among them."""


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until told to stop; does not return."""
    _share_metrics(settings.var / "metrics" / str(port))
    from app.ops.logging import configure

    configure(settings)
    _import_everything(settings)
    WebServer(settings, host, port).run()


def _import_everything(settings: Settings) -> None:
    """Importing takes most of the start, so it is done once, before the workers fork; building again is quick."""
    from app import create_app

    create_app(settings)
    _settle()


def _settle() -> None:
    """What is there now stays for good: the garbage collector need not look at it again, nor after every small page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def _share_metrics(folder: Path) -> None:
    """Processes add up their numbers in files of this folder; prometheus_client reads its name when imported."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


class WebServer(BaseApplication):
    """Gunicorn's master; every worker builds its own application, so that no connection is ever shared."""

    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self.settings = settings
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": self.address,
            "worker_class": "gthread",
            "workers": self.settings.web_workers,
            "threads": self.settings.web_threads,
            "preload_app": False,
            "timeout": 60,
            "graceful_timeout": 8,
            "keepalive": 5,
            "limit_request_line": 8190,
            "forwarded_allow_ips": "",  # proxies are the application's business (TENANTRY_TRUSTED_PROXIES)
            "control_socket_disable": True,
            "logger_class": SharedLog,
            "child_exit": _forget_worker,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from wsgi import app

        _settle()
        return app


class SharedLog(Logger):
    """Gunicorn's own messages go where all others go."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.setLevel("WARNING")
        self.access_log.disabled = True


def _forget_worker(server: Any, worker: Any) -> None:
    from app.ops.metrics import forget_process

    forget_process(worker.pid)
