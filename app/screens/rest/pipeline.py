"""What every call of the API passes through, in this order: rate limit, idempotency key, the work, commit, headers."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from app.data import db
from app.identity.principal import principal
from app.screens.rest.idempotency import Claim, claim_key, key_of_request
from app.screens.rest.jsons import MAX_BODY
from app.screens.rest.problems import Problem, problem_of
from app.screens.rest.rate_limit import Allowance, spend

Work = Callable[[], Response]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def run(work: Work, *, is_upload: bool = False) -> Response:
    """Answer one call. Never raises: whatever goes wrong becomes a problem document, with nothing saved.

    An upload may be as large as uploads are, and is not kept for an idempotency key: `work` knows what it has already.
    """
    allowance = spend(principal())
    once = _committed_upload if is_upload else _once
    try:
        response = _refusal(allowance) if allowance.exceeded else once(work)
    except Exception as error:
        response = _failed(error)
    response.headers.update(allowance.headers())
    return response


def _refusal(allowance: Allowance) -> Response:
    from flask_babel import ngettext

    detail = ngettext(
        "At most %(count)s requests a minute. Go on in %(num)s second.",
        "At most %(count)s requests a minute. Go on in %(num)s seconds.",
        allowance.reset,
        count=allowance.limit,
    )
    return Problem(429, "rate_limited", detail).response()


def _once(work: Work) -> Response:
    if request.method in _SAFE:
        return work()
    request.max_content_length = MAX_BODY
    person = principal()
    key = key_of_request() if request.method == "POST" else None
    if key is None or person is None:
        return _committed(work, None)
    claim = claim_key(key, person.uid)
    if isinstance(claim, Response):
        return claim
    try:
        return _committed(work, claim)
    except Exception as error:
        response = _failed(error)
        claim.release()
        return response


def _committed_upload(work: Work) -> Response:
    return _committed(work, None)


def _committed(work: Work, claim: Claim | None) -> Response:
    response = work()
    session = db.session()
    if claim is not None:
        claim.settle(session, response)
    session.commit()
    return response


def _failed(error: Exception) -> Response:
    problem = problem_of(error)
    db.session.rollback()
    return problem.response()
