"""One's own page: name, language and time zone, password and other ways to sign in, devices, API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import SIGNED_IN, access
from app.identity.accounts import get_account, is_password_of, save_preferences, set_password
from app.identity.api_tokens import issue_token, revoke_token, tokens_of
from app.identity.forms import PasswordForm, ProfileForm, TokenForm, show_problem
from app.identity.identities import Linked, identities_of, unlink
from app.identity.models import Account
from app.identity.principal import Principal, principal
from app.identity.problems import IdentityError
from app.identity.refusal import SignInRefusedError
from app.identity.sessions import devices_of, end_session, end_sessions, give_cookie, open_session
from app.identity.throttle import TooManyAttemptsError, address_key, count_attempt, forgive
from app.identity.views import locked_words
from app.identity.ways import ways

profile = Blueprint("profile", __name__, url_prefix="/profile", template_folder="templates")


@profile.get("/")
@access(SIGNED_IN)
def show() -> str:
    """The page."""
    return _page()


@profile.post("/")
@access(SIGNED_IN)
def save() -> BaseResponse | tuple[str, int]:
    """Save name, language and time zone."""
    person = _me()
    form = ProfileForm()
    form.offer_choices()
    if not form.validate():
        return _page(profile_form=form), 422
    try:
        save_preferences(
            person.account_id,
            first_name=form.first_name.data,
            last_name=form.last_name.data or "",
            locale=form.locale.data,
            timezone=form.timezone.data,
        )
    except IdentityError as problem:
        show_problem(form, problem, "first_name")
        return _page(profile_form=form), 422
    flash(_("Your profile is saved."), "success")
    return _back()


@profile.post("/password")
@access(SIGNED_IN)
def change_password() -> BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Change the password: asks for the present one, ends every session and starts a new one here."""
    person = _me()
    form = PasswordForm()
    if _kept_elsewhere(get_account(person.account_id), identities_of(person.account_id)) or not form.validate():
        return _page(password_form=form), 422
    try:
        _check_present_password(person, form.current.data)
        set_password(person.account_id, form.password.data)
    except TooManyAttemptsError as locked:
        form.current.errors = [locked_words(locked.wait)]
        return _page(password_form=form), 429, {"Retry-After": str(locked.wait)}
    except SignInRefusedError:
        form.current.errors = [_("This is not your present password.")]
        return _page(password_form=form), 422
    except IdentityError as problem:
        show_problem(form, problem, "password")
        return _page(password_form=form), 422
    flash(_("Your password is changed. All other devices are signed out."), "success")
    response = make_response(_back())
    give_cookie(response, open_session(person.account_id, request.remote_addr or "", request.user_agent.string))
    return response


@profile.post("/devices/<uuid:session_id>/end")
@access(SIGNED_IN)
def end_device(session_id: UUID) -> BaseResponse:
    """Sign out one device."""
    if not end_session(session_id, _me().account_id, "ended from the profile"):
        abort(404)
    flash(_("The device is signed out."), "success")
    return _back()


@profile.post("/devices/end-others")
@access(SIGNED_IN)
def end_other_devices() -> BaseResponse:
    """Sign out every device but this one."""
    person = _me()
    end_sessions(person.account_id, "ended from the profile", keep=person.session_id)
    flash(_("All other devices are signed out."), "success")
    return _back()


@profile.post("/ways/<uuid:identity_id>/remove")
@access(SIGNED_IN)
def remove_way(identity_id: UUID) -> BaseResponse:
    """Forget a provider of one's own account; not the last way in."""
    person = _me()
    linked = identities_of(person.account_id)
    others = [one for one in linked if one.id != identity_id and _is_in_use(one)]
    if not others and _kept_elsewhere(get_account(person.account_id), linked):
        flash(_("This is your only way in. Add another one first."), "danger")
    elif not unlink(identity_id, person.account_id):
        abort(404)
    else:
        flash(_("You can no longer sign in that way."), "success")
    return _back()


@profile.post("/tokens")
@access(SIGNED_IN)
def create_token() -> BaseResponse | tuple[str, int]:
    """Make an API token for this tenant and show it, this once."""
    person = _me()
    if person.tenant is None:
        abort(404)
    form = TokenForm()
    if not form.validate():
        return _page(token_form=form), 422
    lifetime = timedelta(days=int(form.lifetime.data))
    try:
        token, info = issue_token(
            person.account_id, person.tenant.id, form.name.data, (form.scopes.data or "").split(), lifetime
        )
    except IdentityError as problem:
        show_problem(form, problem, "name")
        return _page(token_form=form), 422
    return _page(token_form=TokenForm(formdata=None), new_token=token, new_token_name=info.name), 201


@profile.post("/tokens/<uuid:token_id>/revoke")
@access(SIGNED_IN)
def revoke(token_id: UUID) -> BaseResponse:
    """Revoke an API token."""
    if not revoke_token(token_id, _me().account_id):
        abort(404)
    flash(_("The token is revoked."), "success")
    return _back()


def _page(**changed: Any) -> str:
    person = _me()
    account = get_account(person.account_id)
    linked = identities_of(person.account_id)
    parts: dict[str, Any] = {
        "profile_form": None,
        "password_form": None,
        "token_form": None,
        "new_token": "",
        "new_token_name": "",
        **changed,
    }
    # Only the form that was sent keeps what was typed: the other forms on the page have fields of the same names.
    parts["profile_form"] = parts["profile_form"] or _stored_profile(account)
    parts["password_form"] = parts["password_form"] or PasswordForm(formdata=None)
    parts["token_form"] = parts["token_form"] or TokenForm(formdata=None)
    return render_template(
        "identity/profile.html",
        person=person,
        devices=devices_of(person.account_id),
        tokens=tokens_of(person.account_id, person.tenant.id) if person.tenant else (),
        ways=ways(),
        linked=linked,
        addable=[one for one in ways().providers if one.issuer not in {known.issuer for known in linked}],
        kept_elsewhere=_kept_elsewhere(account, linked),
        **parts,
    )


def _kept_elsewhere(account: Account | None, linked: Sequence[Linked]) -> str:
    """Why there is no password to change here, in words; empty when there is one."""
    directory = ways().directory
    if directory and any(one.issuer == directory.issuer for one in linked):
        return str(_("Your password is kept by %(name)s: change it there.", name=directory.label))
    if not ways().passwords:
        return str(_("Passwords are not used here: somebody else says who you are when you sign in."))
    if account is None or account.password is None:
        return str(_("You have no password here: somebody else says who you are when you sign in."))
    return ""


def _is_in_use(linked: Linked) -> bool:
    """Whether people can come in that way now."""
    return ways().label_of(linked.issuer) != linked.issuer


def _stored_profile(account: Account | None) -> ProfileForm:
    form = ProfileForm(formdata=None, obj=account)
    form.offer_choices()
    return form


def _check_present_password(person: Principal, password: str) -> None:
    """Guessing the present password on an unguarded screen is throttled like guessing it at the door."""
    keys = f"account:{person.account_id}", address_key(request.remote_addr or "")
    count_attempt(*keys)
    if not is_password_of(person.account_id, password):
        raise SignInRefusedError
    forgive(*keys)


def _back() -> BaseResponse:
    return redirect(url_for("profile.show"), 303)


def _me() -> Principal:
    person = principal()
    if person is None:
        abort(401)
    return person
