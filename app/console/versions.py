"""The step to the installed version of a plugin, made later: a pin is over, or the step failed before."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.host import Job, JobRun, Notice
from app.host.versions import catch_up

CATCH_UP = "console.catch_up"
VERSION_NOTICE = "console.plugin_version"


def run_catch_up(_run: JobRun, plugin: str) -> None:
    """The job. What the plugin raises is raised, so that it is tried again."""
    catch_up(plugin)


def version_jobs() -> list[Job]:
    """Declared by the console."""
    return [Job(CATCH_UP, run_catch_up, _l("Bring a plugin to its installed version"), unique=True)]


def version_notices() -> list[Notice]:
    """Declared by the console."""
    return [Notice(VERSION_NOTICE, _l("A new version of a plugin that you stay behind"), default="email")]
