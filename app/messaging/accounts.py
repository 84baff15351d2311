"""E-mail accounts of a tenant: checked when they are saved, their passwords sealed, tried by a test mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select, update

from app.data import Field, db
from app.data.secrets import CannotOpen, renewed, seal
from app.host import FieldError
from app.identity.principal import principal
from app.jobs import enqueue
from app.messaging.composing import ascii_address
from app.messaging.models import EmailAccount
from app.messaging.outbox import send_mail
from app.messaging.senders import place_of, smtp_policy

SWEEP = "messaging.sweep"
PASSWORD = Field("text", label=_l("Password"), required=True, secret=True, max_length=500)
_PLACE = ("host", "port", "username", "security")


def check_account(row: EmailAccount, is_new: bool) -> None:
    """Before it is saved: a server that can be named, one account for all mail, and what waits gets another look.

    A password goes only where it was meant for: with another server or user name it has to be set again.
    """
    _check_server(row)
    try:
        ascii_address(row.email)
    except ValueError as error:
        raise FieldError("email", str(error)) from None
    if not is_new and row.password and any(inspect(row).attrs[name].history.has_changes() for name in _PLACE):
        row.password, row.has_password = None, False
    row.last_error = None
    if row.is_default and row.is_active:
        _only_default(row)
    enqueue(SWEEP, unique_key="account saved")


def _check_server(row: EmailAccount) -> None:
    host = (row.host or "").strip().rstrip(".").lower()
    if not host or len(host) > 253 or not all(part.replace("-", "").isalnum() for part in host.split(".")):
        raise FieldError("host", _("This is no name of a server, such as smtp.example.com."))
    if row.port not in smtp_policy().ports:
        raise FieldError("port", _("Mail servers listen on port 587, 465, 25 or 2525."))
    row.host = host


def _only_default(row: EmailAccount) -> None:
    others = select(EmailAccount).where(EmailAccount.is_default, EmailAccount.id != row.id)  # type: ignore[arg-type]
    for other in db.session.scalars(others):
        other.is_default = False


def set_password(rows: Sequence[EmailAccount], password: str) -> str:
    """The action that stores the password, sealed. It is never shown again."""
    for row in rows:
        row.password, row.has_password = seal(_keys(), password, place_of(row)), True
        row.last_error = None
    enqueue(SWEEP, unique_key="account saved")
    return str(_("The password is stored. Send a test to try it."))


def send_test(rows: Sequence[EmailAccount]) -> str:
    """The action that sends a mail to whoever asks for it."""
    person = principal()
    if person is None:
        raise ValueError(_("Please sign in first."))
    for row in rows:
        if not row.is_active:
            raise ValueError(_("This account is not active."))
        words = _(
            "This mail was sent by %(account)s. Whoever reads it knows that the account works.", account=row.email
        )
        send_mail(
            person.email, _("A test of your e-mail account"), words, name=person.get_full_name(), account_id=row.id
        )
    return str(_("A test is on its way to %(address)s: see the outgoing messages.", address=person.email))


def reseal() -> list[str]:
    """Seal the passwords of the tenant in force with the first key, where another one sealed them. Returns which cannot
    be read; they stay as they are."""
    unreadable = []
    for row in db.session.scalars(select(EmailAccount).where(EmailAccount.password.is_not(None))):  # type: ignore[union-attr]
        try:
            fresh = renewed(_keys(), row.password or "", place_of(row))
        except CannotOpen:
            unreadable.append(f"the password of the e-mail account {row.email}")
            continue
        if fresh != row.password:
            statement = update(EmailAccount).where(EmailAccount.id == row.id).values(password=fresh)
            db.session.execute(statement, execution_options={"synchronize_session": False})
    return unreadable


def _keys() -> Any:
    return current_app.config["TENANTRY"].secret_keys
