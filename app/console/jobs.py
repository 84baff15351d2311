"""The jobs of a tenant, for its admins: how they stand, what went wrong, retry and cancel. Nobody writes them here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.host import Action, Resource, Section
from app.jobs.models import QueuedJob
from app.jobs.steering import OPEN, STUCK, cancel_jobs, retry_jobs

_READERS = {"owner": "read export", "admin": "read export", "manager": "read"}


def job_resource() -> Resource:
    """The resource `console.job`."""
    return Resource(
        QueuedJob,
        name="job",
        title=_l("Job"),
        plural=_l("Jobs"),
        list="title state percent words last_error created_at",
        detail=(
            Section(_l("Status"), "title state percent words attempts last_error"),
            Section(_lp("moments", "Times"), "due_at started_at finished_at"),
            Section(_l("Result"), "result"),
        ),
        filters="state due_at started_at finished_at",
        verbs="read export",
        grants=_READERS,
        actions=(
            Action(
                "retry", _l("Retry"), retry_jobs, roles=("manager",), icon="refresh",
                applies=lambda job: job.state in STUCK,
            ),
            Action(
                "cancel", _l("Cancel"), cancel_jobs, roles=("manager",), icon="x", danger=True,
                confirm=_l("Jobs that wait never start; jobs that run are asked to end."),
                applies=lambda job: job.state in OPEN,
            ),
        ),
        custom_fields=False,
        icon="clock",
        order=60,
    )  # fmt: skip
