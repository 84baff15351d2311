"""Reports over REST: run one, keep one, run a kept one. Kept ones are listed at `/api/v1/reports/saved_report`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.data import db
from app.identity.access import access
from app.identity.principal import principal
from app.reports import saved
from app.reports.asking import ReportRequest, opening_pairs, parse_strictly
from app.reports.drilling import merge
from app.reports.measures import AnyFigure, Quotient
from app.reports.models import SavedReport
from app.reports.result import Cell, Group, Percent, Result, Value
from app.reports.running import Unanswerable, run
from app.reports.source import Source, source_of
from app.screens.rest.calls import answer
from app.screens.rest.pipeline import run as answer_to
from app.screens.rest.problems import Problem, invalid, missing

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/v1/reports")
READ = "reports.saved_report.read"


@blueprint.get("/run")
@access("signed-in")
def run_report() -> Response:
    """`?source=contacts.contact&by=...&measure=...` and the filters of the list: the figures, under the caller's own
    rights."""

    def work() -> Response:
        source = _source(request.args.get("source", ""))
        pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "source"]
        return answer(_ran(parse_strictly(source, pairs or opening_pairs(source))))

    return answer_to(work)


@blueprint.get("/saved/<uuid:report_id>/result")
@access(READ)
def run_saved(report_id: UUID) -> Response:
    """The figures of a saved report as they are for the caller."""

    def work() -> Response:
        found = saved.request_of(_saved(report_id), db.session())
        if found is None:
            raise missing()
        return answer(_ran(found[1]))

    return answer_to(work)


@blueprint.post("/saved")
@access(READ)
def save() -> Response:
    """Keep a report: `name`, `source`, `query` (as a report's address has it), `audience`."""

    def work() -> Response:
        data = _body("name", "source", "query", "audience")
        source = _source(str(data.pop("source", "")))
        report = SavedReport(source=source.key, query="", name="", audience="private")
        return answer(_facts(saved.keep(db.session(), report, data)), 201)

    return answer_to(work)


@blueprint.patch("/saved/<uuid:report_id>")
@access(READ)
def change(report_id: UUID) -> Response:
    """Change what is sent of `name`, `query`, `audience`."""

    def work() -> Response:
        data = _body("name", "query", "audience")
        return answer(_facts(saved.keep(db.session(), _changeable(report_id), data)))

    return answer_to(work)


@blueprint.delete("/saved/<uuid:report_id>")
@access(READ)
def delete(report_id: UUID) -> Response:
    """Forget a saved report."""

    def work() -> Response:
        db.session.delete(_changeable(report_id))
        return Response(status=204)

    return answer_to(work)


def _source(key: str) -> Source:
    found = source_of(key, db.session())
    if found is None:
        raise invalid({"source": _("There is no data of this name that you may read.")})
    return found


def _saved(report_id: UUID) -> SavedReport:
    found = saved.saved_report(db.session(), report_id)
    if found is None:
        raise missing()
    return found


def _changeable(report_id: UUID) -> SavedReport:
    found = _saved(report_id)
    if not saved.may_change(found, principal()):
        raise Problem(403, "forbidden", _("Only who made this report, or those who may share, can change it."))
    return found


def _body(*known: str) -> dict[str, Any]:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise invalid({"": _("The body must be a JSON object.")})
    errors = {name[:80]: _("There is no field of this name.") for name in data if name not in known}
    errors |= {name: _("This must be a text.") for name in data if name in known and not isinstance(data[name], str)}
    if errors:
        raise invalid(errors)
    return data


def _facts(report: SavedReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in ("id", "name", "source", "query", "audience")}


# The result as JSON ------------------------------------------------------------------------------------------------


def _ran(asked: ReportRequest) -> dict[str, Any]:
    try:
        result = run(asked)
    except Unanswerable as reason:
        raise Problem(422, "too_much", str(reason)) from None
    return {
        "source": asked.source.key,
        "query": asked.query,
        "by": [{"key": one.key, "label": one.label} for one in result.dimensions],
        "measures": [{"key": one.key, "label": one.label, "kind": _kind(one)} for one in result.figures],
        "rows": [_group(result, 0, one) for one in result.rows],
        "columns": [_group(result, 1, one) for one in result.columns],
        "cells": [
            {"row": None if row < 0 else row, "column": None if column < 0 else column, **_cell(cell)}
            for (row, column), cell in sorted(result.cells.items())
        ],
        "conditions": [{"name": name, "value": value} for name, value in merge(asked.asked.request, []) or []],
    }


def _kind(figure: AnyFigure) -> str:
    if isinstance(figure, Quotient):
        return "percent"
    if figure.is_money:
        return "money"
    return "integer" if figure.how in ("count", "distinct") else figure.field.kind if figure.field else "decimal"


def _group(result: Result, place: int, group: Group) -> dict[str, Any]:
    """With the conditions of a list that mean this group's records."""
    dimension = result.dimensions[place]
    others = (result.rows, result.columns)[place]
    pairs = dimension.other_pairs([one.key for one in others]) if group.is_others else dimension.pairs(group.key)
    return {
        "key": _json(group.key),
        "label": group.label,
        "others": group.is_others,
        "conditions": None if pairs is None else [{"name": name, "value": value} for name, value in pairs],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"count": cell.count, "values": [_json(value) for value in cell.values]}


def _json(value: Value | Any) -> Any:
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], Percent) and not value[0].currency:
        return f"{value[0].value:f}"
    if isinstance(value, tuple):
        return [_percent(one) if isinstance(one, Percent) else _amount(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _amount(one: Any) -> dict[str, str]:
    return {"amount": f"{one.value:f}", "currency": one.currency}


def _percent(one: Percent) -> dict[str, str]:
    return {"percent": f"{one.value:f}", "currency": one.currency}
