"""Leads that Meta told us of are fetched one by one; those it told us nothing of, by the days they were made on.

Each is a row before anybody is called, so that none is lost and none is taken twice, whichever way it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.sdk import JobRun, _, enqueue, session, utcnow
from plugins.crm.public import take_answers
from plugins.lead_ads import meta
from plugins.lead_ads.connecting import account_of, form_for
from plugins.lead_ads.graph import Graph, Later, Refused, TokenGone
from plugins.lead_ads.models import AdAccount, AdLead

FETCH = "lead_ads.fetch"
BACK_FILL = "lead_ads.back_fill"
ATTEMPTS = 10
LONGEST_PAUSE = timedelta(hours=6)
MOST_DAYS = 92
"""Meta keeps leads for ninety days."""
_LEAD: Any = AdLead


def note(data: Any) -> None:
    """What Meta's call says: one lead, to be fetched by a job."""
    row = _row(account_of(data["account"]), str(data["lead"]["leadgen_id"]), data["lead"])
    if row.state == "waiting":
        enqueue(FETCH, row.id)


def _row(account: AdAccount, external_id: str, told: Any) -> AdLead:
    """The row of a lead, which is this transaction's alone from now on."""
    wanted = select(AdLead).where(_LEAD.account_id == account.id, AdLead.external_id == external_id).with_for_update()
    found = session.scalars(wanted).one_or_none()
    if found is not None:
        return found
    try:
        with session.begin_nested():
            row = AdLead(account_id=account.id, external_id=external_id, told=told, state="waiting", attempts=0)
            session.add(row)
            session.flush()
    except IntegrityError:  # the same one, at the same moment
        return session.scalars(wanted).one()
    return row


def fetch(run: JobRun, row_id: str) -> str:
    """The job of one lead. What may pass is tried again with growing pauses; the rest waits for a person."""
    row: Any = session.get(AdLead, UUID(row_id), with_for_update=True)
    if row is None or row.state != "waiting":
        return "settled"
    account = session.get_one(AdAccount, row.account_id)
    row.attempts += 1
    try:
        take(account, row, Graph(account).lead(row.external_id))
    except Later as error:
        row.problem = str(error)
        if row.attempts < ATTEMPTS:
            enqueue(FETCH, row.id, delay=min(timedelta(minutes=2**row.attempts), LONGEST_PAUSE))
        else:
            row.state = "failed"
    except (Refused, LookupError) as error:
        row.state, row.problem = "failed", str(error)
        if isinstance(error, TokenGone):
            account.problem = str(error)
    return str(row.state)


def take(account: AdAccount, row: AdLead, lead: Mapping[str, Any]) -> None:
    """Hand the answers of a lead to the form they are for, once. Raises LookupError when that takes none."""
    form_id = form_for(account, str(lead.get("form_id") or ""))
    take_answers(
        form_id, meta.answers_of(lead), meta.QUESTIONS, key=f"meta:{row.external_id}", facts=meta.facts_of(lead),
        raw=dict(lead),
    )  # fmt: skip
    row.state, row.problem, row.fetched_at = "done", None, utcnow()
    account.last_lead_at, account.problem = row.fetched_at, None


def again(rows: Iterable[AdLead]) -> str:
    """The action that fetches what failed once more."""
    failed = [row for row in rows if row.state == "failed"]
    if not failed:
        raise ValueError(_("Only what needs a person is fetched again."))
    _set_going(failed)
    return str(_("Fetched again: %(count)s.", count=len(failed)))


def resume(account: AdAccount) -> None:
    """With a new token all that failed is tried again."""
    failed = select(AdLead).where(_LEAD.account_id == account.id, AdLead.state == "failed")
    _set_going(session.scalars(failed).all())


def _set_going(rows: Sequence[AdLead]) -> None:
    for row in rows:
        row.state, row.problem, row.attempts = "waiting", None, 0
        enqueue(FETCH, row.id)


def ask(rows: Sequence[AdAccount], since: date, until: date) -> str:
    """The action that fetches the leads of some days, whether Meta told us of them or not."""
    if not timedelta(0) <= until - since <= timedelta(days=MOST_DAYS):
        raise ValueError(_("Choose up to %(count)s days, the first one first.", count=MOST_DAYS))
    for row in rows:
        if row.platform != "meta":
            raise ValueError(_("Google gives its leads only once; those of sixty days can be downloaded and imported."))
        enqueue(BACK_FILL, row.id, since.isoformat(), until.isoformat())
    return str(_("A job fetches them."))


def back_fill(run: JobRun, account_id: str, since: str, until: str) -> dict[str, int]:
    """The job. Commits page by page and may be begun again: what was taken is not taken twice. What Meta refuses stands
    on the account's page, since trying again would not help."""
    account = account_of(account_id)
    counts = {"new": 0, "known": 0, "failed": 0}
    first, last = _epoch(date.fromisoformat(since)), _epoch(date.fromisoformat(until) + timedelta(days=1))
    try:
        graph = Graph(account)
        for form_id in _forms(account, graph):
            for page in graph.leads(form_id, first, last):
                for lead in page:
                    counts[_take_in(account, {"form_id": form_id, **lead})] += 1
                session.commit()
                run.progress(sum(counts.values()))
    except Refused as error:
        account.problem = str(error)
    return counts


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _forms(account: Any, graph: Graph) -> list[str]:
    """The platform's forms: all of the page, else those that are named."""
    named = [one.platform_form for one in account.forms]
    found = list(graph.forms(account.page_id)) if account.page_id else []
    if not found and not named:
        raise ValueError(_("Fill in the number of the page, or name forms of the platform."))
    return list(dict.fromkeys([*found, *named]))


def _take_in(account: AdAccount, lead: Mapping[str, Any]) -> str:
    row = _row(account, str(lead["id"]), {"by": "back-fill"})
    if row.state == "done":
        return "known"
    try:
        take(account, row, lead)
    except LookupError as error:
        row.state, row.problem = "failed", str(error)
        return "failed"
    return "new"
