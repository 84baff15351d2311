"""Signing in and out, choosing a tenant, choosing a language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, abort, current_app, g, make_response, redirect, render_template, request, session
from flask_appbuilder.baseviews import BaseView, expose
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import PUBLIC, SIGNED_IN, access
from app.identity.accounts import get_account, save_preferences
from app.identity.admission import admit
from app.identity.directory import find_tenants
from app.identity.forms import SignInForm
from app.identity.locale import SESSION_KEY
from app.identity.pending import take
from app.identity.principal import Principal, principal
from app.identity.refusal import SignInRefusedError
from app.identity.replies import safe_target, sign_in_address
from app.identity.resend import FIELD, Typed, resend_page, unpacked
from app.identity.sessions import end_session, give_cookie, open_session, take_cookie
from app.identity.sign_in import Admitted, check_credentials, note_sign_in
from app.identity.sign_in_page import Page, sign_in_page
from app.identity.theme import known_theme
from app.identity.throttle import TooManyAttemptsError
from app.identity.ways import LINK, PROXY, Identity, ways
from app.tenancy.paths import ROOT, tenant_prefix

_HOME = "tenantry.home"


def use_home(app: Flask, view: Callable[[], Any]) -> None:
    """Let `view` answer `/` inside a tenant."""
    app.extensions[_HOME] = view


class PlainView(BaseView):  # type: ignore[misc]
    """A Flask-AppBuilder view that keeps no page history: stock views grow the cookie with every address visited."""

    def update_redirect(self) -> None:
        """Nothing is remembered."""

    def get_redirect(self) -> str:
        """The start page."""
        return root_path("/")


class SignInView(PlainView):
    """`/login/` and `/logout/`; `app.sso` adds ways that lead over other sites."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=("GET", "POST"))
    @access(PUBLIC)
    def login(self) -> BaseResponse | Page:
        """The sign-in page; a right password leads to the page that was asked for, a trusted proxy's word at once."""
        target = safe_target(request.args.get("next"))
        if request.method == "GET":
            return self._arrive(target)
        if not ways().asks_password:
            abort(404)
        form = SignInForm()
        if not form.validate_on_submit():
            return _form_page(form, 422)
        try:
            admitted = check_credentials(form.username.data, form.password.data, request.remote_addr or "")
        except TooManyAttemptsError as locked:
            form.password.errors = [locked_words(locked.wait)]
            return _form_page(form, 429, {"Retry-After": str(locked.wait)})
        except SignInRefusedError as refused:
            form.password.errors = [refused.words]
            return _form_page(form, refused.status)
        return sign_in(admitted, target, unpacked(request.form.get(FIELD)))

    def _arrive(self, target: str) -> BaseResponse | Page:
        if principal() is not None:
            return redirect(target or root_path("/"))
        named = ways().asserted()
        out = "out" in request.args
        if named is None or out:
            return sign_in_page(target=target, signed_out=out and named is not None)
        return self._by_proxy(named, target)

    @expose("/login/proxy", methods=("POST",))
    @access(PUBLIC)
    def proxy(self) -> BaseResponse | Page:
        """Go on as whom the trusted proxy names: after signing out here, or with a form that is to be sent again."""
        named = ways().asserted()
        if named is None:
            abort(404)
        return self._by_proxy(named, safe_target(request.form.get("next")), unpacked(request.form.get(FIELD)))

    def _by_proxy(self, named: Identity, target: str, typed: Typed | None = None) -> BaseResponse | Page:
        try:
            admitted = Admitted(admit(named), PROXY)
        except SignInRefusedError as refused:
            return sign_in_page(status=refused.status, target=target, problem=refused.words)
        note_sign_in(admitted, request.remote_addr or "")
        return sign_in(admitted, target, typed)

    @expose("/login/link/<token>", methods=("GET", "POST"))
    @access(PUBLIC)
    def link(self, token: str) -> BaseResponse | Page | str:
        """A link that the operator made on the command line; GET only asks, because mail programs open links too."""
        if request.method == "GET":
            return render_template("identity/one_time_link.html")
        begun = take(token, LINK)
        account = get_account(begun.account_id) if begun else None
        if account is None or not account.active:
            return sign_in_page(status=410, problem=_("This link was used, or is too old. Ask for a new one."))
        admitted = Admitted(account.id, LINK)
        note_sign_in(admitted, request.remote_addr or "")
        return sign_in(admitted)

    @expose("/logout/", methods=("GET", "POST"))
    @access(PUBLIC)
    def logout(self) -> BaseResponse | str:
        """POST ends the session at once; GET only asks, because a link must not be able to sign anybody out."""
        person = principal()
        if request.method == "GET" and person is not None:
            return render_template("identity/sign_out.html")
        if person is not None and person.session_id is not None:
            end_session(person.session_id, person.account_id)
        # A proxy that still names them would let them in again at once: the page says so instead.
        address = sign_in_address() + ("?out=1" if ways().asserted() else "")
        response = make_response(redirect(address, 303))
        _forget()
        take_cookie(response)
        return response


class HomeView(PlainView):
    """`/`: the tenant's start page, or the way into a tenant."""

    route_base = ""
    default_view = "index"

    @expose("/")
    @access(SIGNED_IN)
    def index(self) -> Any:
        """Inside a tenant its start page; outside, the only tenant or a choice of tenants."""
        person = _signed_in()
        home = current_app.extensions.get(_HOME)
        if person.tenant is not None:
            return home() if home else render_template("identity/home.html", person=person)
        if len(person.places) == 1 and not person.is_operator:
            return redirect(place_path(person.places[0].slug))
        return self._chooser(person)

    @expose("/tenants/")
    @access(SIGNED_IN)
    def tenants(self) -> str:
        """The tenant chooser, even for members of one."""
        return self._chooser(_signed_in())

    @expose("/language", methods=("POST",))
    @access(PUBLIC)
    def language(self) -> BaseResponse:
        """Change the language of this browser, and of the account when somebody is signed in."""
        code = request.form.get("locale", "")
        if code not in current_app.config["LANGUAGES"]:
            abort(422, description=_("This language is not available."))
        session[SESSION_KEY] = code
        person = principal()
        if person is not None:
            save_preferences(person.account_id, locale=code)
        return redirect(safe_target(request.form.get("next")) or root_path("/"), 303)

    @expose("/theme", methods=("POST",))
    @access(SIGNED_IN)
    def theme(self) -> BaseResponse:
        """Light, dark, or as the device says, for this person in every browser."""
        save_preferences(_signed_in().account_id, theme=known_theme(request.form.get("theme", "")))
        return redirect(safe_target(request.form.get("next")) or root_path("/"), 303)

    def _chooser(self, person: Principal) -> str:
        places = [(place.name, place_path(place.slug)) for place in person.places]
        wanted = request.args.get("q", "")
        page = find_tenants(wanted, request.args.get("after", "")) if person.is_operator else None
        return render_template("identity/tenants.html", person=person, places=places, page=page, wanted=wanted)


def sign_in(admitted: Admitted, target: str = "", typed: Typed | None = None) -> BaseResponse:
    """Open a new session for whoever was admitted and lead the browser on; a session it had before ends.

    A form that was typed before the last session ended is offered to be sent again.
    """
    person = principal()
    if person is not None and person.session_id is not None:
        end_session(person.session_id, person.account_id, "signed in again")
    token = open_session(admitted.account_id, request.remote_addr or "", request.user_agent.string, admitted.way)
    _forget()
    response = make_response(resend_page(typed, 200) if typed else redirect(target or root_path("/"), 303))
    give_cookie(response, token)
    return response


def locked_words(seconds: int) -> str:
    """How long to wait, in words."""
    if seconds < 90:
        words = ngettext(
            "Too many attempts. Try again in %(num)s second.",
            "Too many attempts. Try again in %(num)s seconds.",
            seconds,
        )
    else:
        words = ngettext(
            "Too many attempts. Try again in %(num)s minute.",
            "Too many attempts. Try again in %(num)s minutes.",
            -(-seconds // 60),
        )
    return str(words)


def root_path(path: str) -> str:
    """A path outside every tenant."""
    return f"{request.environ.get(ROOT, '')}{path}"


def place_path(slug: str) -> str:
    """The start page of a tenant."""
    return tenant_prefix(slug, request.environ.get(ROOT, "")) + "/"


def _form_page(form: SignInForm, status: int, headers: dict[str, str] | None = None) -> Page:
    typed = unpacked(request.form.get(FIELD))
    target = safe_target(request.args.get("next"))
    return sign_in_page(form, status, typed=typed.packed() if typed else "", target=target, headers=headers)


def _forget() -> None:
    """Leave nothing in the signed cookie but the language."""
    language = session.get(SESSION_KEY)
    session.clear()
    # The token that this request made belongs to the session that is over; a page that follows makes a new one.
    g.pop("csrf_token", None)
    if language:
        session[SESSION_KEY] = language


def _signed_in() -> Principal:
    person = principal()
    if person is None:
        abort(401)
    return person
