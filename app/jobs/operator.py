"""The operator's page: the jobs of all tenants, who works on them, and what got stuck."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from app.data import platform_session
from app.identity.access import OPERATOR, access
from app.jobs import status
from app.jobs.steering import retry
from app.jobs.waking import wake_dispatcher

blueprint = Blueprint("jobs_of_all", __name__, url_prefix="/operator/jobs", template_folder="templates")


@blueprint.get("/")
@access(OPERATOR)
def show() -> str:
    """Backlog, throughput, workers, and the jobs that failed or were parked."""
    with platform_session("the operator looks at the jobs of all tenants") as session:
        page = {
            "now": status.overview(session),
            "processes": status.processes(session),
            "backlog": status.backlog(session),
            "stuck": status.stuck(session),
        }
    return render_template("jobs/operator.html", **page)


@blueprint.post("/retry")
@access(OPERATOR)
def retry_stuck() -> Any:
    """Let the job named in the form start again, or without a name all those on the page."""
    with platform_session("the operator retries jobs of any tenant") as session:
        named = request.form.getlist("id", type=UUID)
        count = retry(session, named if "id" in request.form else [row.id for row in status.stuck(session)])
    wake_dispatcher()
    flash(ngettext("%(num)s job starts again.", "%(num)s jobs start again.", count), "success" if count else "warning")
    return redirect(url_for("jobs_of_all.show"), 303)
