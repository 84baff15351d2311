"""The public side of capture forms: a page that works without scripts, an endpoint for other websites, and the page
behind the link of a confirmation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, send_from_directory
from flask_babel import force_locale, get_locale

from app.sdk import _, access, session, without_csrf
from plugins.crm.models import CaptureForm
from plugins.crm.pages.capture_frames import cross_origin, is_of_site, token_of_site, with_policy
from plugins.crm.services.capture import confirming, guard
from plugins.crm.services.capture.forms import choices_of
from plugins.crm.services.capture.receiving import UTM, Sent, form_of, problems_of, questions_of, receive

blueprint = Blueprint("crm_capture", __name__, url_prefix="/crm/public", template_folder="../templates")
_SCRIPTS = Path(__file__).parents[1] / "scripts"
_START = "started"
_FACTS = ("referrer", "page", *UTM)


@dataclass(frozen=True, slots=True)
class Question:
    """One control of the page."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...]
    required: bool
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class CapturePage:
    title: str
    intro: str
    questions: tuple[Question, ...]
    hidden: tuple[tuple[str, str], ...]
    trap: str
    problem: str
    is_embedded: bool


@blueprint.route("/form/<key>", methods=["GET", "POST"])
@access("public")
@without_csrf
def page(key: str) -> Any:
    """The form, and what becomes of it."""
    form = _form(key)
    with _language(form):
        if request.method == "GET":
            return with_policy(form, _page(form, {}, {}))
        request.max_content_length = guard.LARGEST
        sent = {name: "\n".join(request.form.getlist(name)) for name in request.form}
        try:
            return with_policy(form, _take(form, sent))
        except guard.TooMany as refused:
            return with_policy(form, _page(form, sent, {}, str(refused)), 429, {"Retry-After": "600"})
        except guard.TooSoon as refused:
            return with_policy(form, _page(form, sent, {}, str(refused)), 422)


def _take(form: CaptureForm, sent: Mapping[str, str]) -> Any:
    guard.check_limits(form, request.remote_addr or "")
    is_spam = bool(sent.get(guard.TRAP, "").strip())
    token = sent.get(_START) or (token_of_site() if is_of_site(form) else "")
    if not is_spam:
        if sent.get(_START) or not token:
            guard.check_start(form, token)
        problems = problems_of(form, sent)
        if problems:
            return _page(form, sent, problems), 422
    _receive(form, sent, sent, token, "page" if sent.get(_START) else "endpoint", is_spam)
    if form.redirect_url:
        return redirect(form.redirect_url, 303)
    return render_template(
        "crm/capture/thanks.html", title=form.heading or form.name, words=_thanks(form), is_embedded=_is_embedded()
    )


def _is_embedded() -> bool:
    """Does it stand in a frame of another website? Then it comes without our head and foot."""
    return bool(request.args.get("embed"))


@blueprint.route("/script/<name>.js")
@access("public")
def script(name: str) -> Any:
    """What other websites load beside a frame, and what stands in it."""
    answer = send_from_directory(_SCRIPTS, f"{name}.js", max_age=3600)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _receive(
    form: CaptureForm, answers: Mapping[str, str], facts: Mapping[str, Any], token: str, via: str, is_spam: bool,
    raw: Any = None,
) -> None:  # fmt: skip
    asked = {question.name for question in questions_of(form)}
    known = {name: str(facts.get(name) or "") for name in _FACTS}
    more = {
        "address": request.remote_addr or "", "agent": request.user_agent.string, "language": str(get_locale() or ""),
    }  # fmt: skip
    kept = {name: text for name, text in answers.items() if name in asked}
    key = guard.visit_key(token or guard.start_token(form), kept)
    receive(form, Sent(kept, key, via, raw or dict(answers), known | more, is_spam))
    session.commit()


def _page(form: CaptureForm, sent: Mapping[str, str], problems: Mapping[str, str], problem: str = "") -> str:
    """Without scripts, in the form's language; what was typed stays."""
    start = sent.get(_START, "") if problems else guard.start_token(form)
    facts = {name: sent.get(name) or request.args.get(name, "") for name in _FACTS}
    facts["referrer"] = facts["referrer"] or (request.referrer or "")
    facts["page"] = facts["page"] or request.url
    hidden = ((_START, start), *((name, value) for name, value in facts.items() if value))
    return render_template(
        "crm/capture/page.html",
        page=CapturePage(
            title=form.heading or form.name,
            intro=form.intro or "",
            questions=tuple(_questions(form, sent, problems)),
            hidden=hidden,
            trap=guard.TRAP,
            problem=problem,
            is_embedded=_is_embedded(),
        ),
    )


def _questions(form: CaptureForm, sent: Mapping[str, str], problems: Mapping[str, str]) -> Iterator[Question]:
    for one in questions_of(form):
        value = sent.get(one.name, request.args.get(one.name, ""))
        options = tuple(choices_of(one))
        yield Question(one.name, one.label, one.kind, options, one.required, value, problems.get(one.name, ""))


def _thanks(form: CaptureForm) -> str:
    if form.double_opt_in:
        return _("Thank you. Please look into your e-mail and confirm your address.")
    return form.thanks or _("Thank you. We will be in touch.")


@blueprint.route("/capture/<key>", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
@access("public")
@without_csrf
def endpoint(key: str) -> Any:
    """For other websites: GET says what is asked and gives a token, POST sends the answers (JSON or a form)."""
    form = _form(key)
    headers = cross_origin(form)
    if headers is None:
        return {"detail": _("This website may not send to this form.")}, 403
    with _language(form):
        if request.method == "OPTIONS":
            return Response(status=204, headers=headers)
        if request.method == "GET":
            return jsonify(_described(form)), 200, headers
        request.max_content_length = guard.LARGEST
        body, status = _taken(form)
        return jsonify(body), status, headers


def _described(form: CaptureForm) -> dict[str, Any]:
    fields = [
        {"name": one.name, "label": one.label, "kind": one.kind, "required": one.required, "options": choices_of(one)}
        for one in questions_of(form)
    ]
    return {"name": form.heading or form.name, "fields": fields, "token": guard.start_token(form), "trap": guard.TRAP}


def _taken(form: CaptureForm) -> tuple[dict[str, Any], int]:
    body: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(body, dict):
        return {"detail": _("The body must be a JSON object.")}, 400
    given = body.get("answers", body)
    if not isinstance(given, dict):
        return {"detail": _("“answers” must be an object.")}, 422
    answers = {str(name): _text(value) for name, value in given.items() if value is not None}
    token = str(body.get("token", ""))
    is_spam = bool(str(body.get(guard.TRAP, answers.get(guard.TRAP, ""))).strip())
    try:
        guard.check_limits(form, request.remote_addr or "")
        if not is_spam:
            guard.check_start(form, token)
            problems = problems_of(form, answers)
            if problems:
                return {"detail": _("Some answers cannot be used."), "errors": problems}, 422
    except guard.TooMany as refused:
        return {"detail": str(refused)}, 429
    except guard.TooSoon as refused:
        return {"detail": str(refused), "token": guard.start_token(form)}, 422
    _receive(form, answers, body, token, "endpoint", is_spam, body)
    return {"received": True, "message": _thanks(form), "redirect": form.redirect_url}, 202


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@access("public")
@without_csrf
def confirm(token: str) -> Any:
    """Behind the link of the e-mail: a button, because programs open links too."""
    row = confirming.waiting(token)
    if row is None:
        abort(404)
    form = session.get_one(CaptureForm, row.form_id)
    with _language(form, row.language or ""):
        if request.method == "GET" and row.state == "waiting":
            return render_template("crm/capture/confirm.html", title=form.heading or form.name)
        if request.method == "POST":
            confirming.confirm(row, request.remote_addr or "")
            session.commit()
        return render_template("crm/capture/thanks.html", title=form.heading or form.name, words=_confirmed(form))


def _confirmed(form: CaptureForm) -> str:
    return form.thanks or _("Thank you: your address is confirmed.")


def _form(key: str) -> CaptureForm:
    form = form_of(key)
    if form is None:
        abort(404)
    return form


@contextmanager
def _language(form: CaptureForm, otherwise: str = "") -> Iterator[None]:
    """The form's own language, else the visitor's."""
    wanted = form.language or otherwise
    if not wanted:
        yield
        return
    with force_locale(wanted):
        yield
