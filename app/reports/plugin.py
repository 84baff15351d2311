"""Reports as a plugin of the core: its records and its page in the menu. It is the table of contents."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_

from app.host import Page, Plugin, Resource, hookimpl
from app.reports.models import SavedReport, StartPage

plugin = Plugin("reports", title=_l("Reports"), icon="chart", order=700, core=True)

_READERS = {"owner": "read", "admin": "read", "manager": "read", "agent": "read", "viewer": "read"}


@hookimpl
def resources() -> list[Resource]:
    return [
        Resource(
            SavedReport,
            title=_l("Saved report"),
            plural=_l("Saved reports"),
            list="name source audience created_at",
            verbs="read",
            grants=_READERS,
            row_rule=_own_and_shared,
            row_path="/reports/saved/",
            custom_fields=False,
            menu=False,
            icon="chart",
        )
    ]


@hookimpl
def records() -> list[type[StartPage]]:
    return [StartPage]


@hookimpl
def pages() -> list[Page]:
    return [Page("/reports/all/", _l("All reports"), "reports.saved_report.read", icon="chart")]


def _own_and_shared(person: Any) -> Any:
    return or_(SavedReport.created_by == person.uid, SavedReport.audience == "shared")
