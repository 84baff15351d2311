"""Mailboxes as members see to them: connected from one page, checked when saved, tried, looked into now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select, update

from app.data import Field, db, utcnow
from app.data.secrets import CannotOpen
from app.host import FieldError
from app.identity.principal import Principal, principal
from app.mailboxes import fetching
from app.mailboxes.fetching import wanted_places
from app.mailboxes.imap import NotLetIn, NotReached, connected
from app.mailboxes.models import NEW, PRIVATE, SHARED, STOPPED, Mailbox, MailFolder
from app.mailboxes.servers import imap_policy, keep_secret, located, sealed_anew, server_of, usual_for
from app.messaging import accounts
from app.messaging.composing import ascii_address
from app.messaging.models import EmailAccount
from app.outbound import Forbidden

PASSWORD = Field("text", label=_l("Password"), required=True, secret=True, max_length=500)
DAYS_BACK = 30
_PLACE = ("host", "port", "username", "security")


def check_mailbox(row: Mailbox, is_new: bool) -> None:
    """Before it is saved. A secret goes only where it was meant for: with another server or name it is set again."""
    person = principal()
    if is_new and person is not None and not sees_to_all(person):
        row.owner_id = person.membership_id
    if row.owner_id is None and row.audience == PRIVATE:
        raise FieldError("audience", _("A mailbox without an owner is seen by whoever may read the contact."))
    if row.makes_contacts and row.audience != SHARED:
        raise FieldError("makes_contacts", _("Only mailboxes that are shared make contacts."))
    row.host = _host(row.host)
    if row.port not in imap_policy().ports:
        raise FieldError("port", _("IMAP servers listen on port 993 or 143."))
    try:
        row.email = ascii_address(row.email)
    except ValueError as error:
        raise FieldError("email", str(error)) from None
    _no_other(row)
    if not is_new:
        _follow_changes(row)


def sees_to_all(person: Principal) -> bool:
    """Whether somebody sees to the mailboxes of the house, and of others."""
    return bool({"owner", "admin"} & set(person.roles)) or person.is_owner


def _host(given: str | None) -> str:
    host = (given or "").strip().rstrip(".").lower()
    if not host or len(host) > 253 or not all(part.replace("-", "").isalnum() for part in host.split(".")):
        raise FieldError("host", _("This is no name of a server, such as imap.example.com."))
    return host


def _no_other(row: Mailbox) -> None:
    with db.session.no_autoflush:
        same = select(Mailbox.id).where(Mailbox.email == row.email, Mailbox.id != row.id)
        if db.session.scalar(same) is not None:
            raise FieldError("email", _("This mailbox is connected already."))


def _follow_changes(row: Mailbox) -> None:
    attributes = inspect(row).attrs
    if not any(attributes[name].history.has_changes() for name in (*_PLACE, "folders", "since", "is_active")):
        return
    if row.password and any(attributes[name].history.has_changes() for name in _PLACE):
        row.password, row.has_password = None, False
    history = attributes["since"].history
    if history.has_changes() and history.deleted and row.since < history.deleted[0]:
        _read_again(row)
    if row.state == STOPPED:
        row.state, row.last_error = NEW, None
    fetching.ask(row.id)


def _read_again(row: Mailbox) -> None:
    """The past is read once more, from what is known on backwards: what is kept is met again and stays one."""
    again = update(MailFolder).where(MailFolder.mailbox_id == row.id).values(low_uid=MailFolder.high_uid + 1)
    db.session.execute(again, execution_options={"synchronize_session": False})


def make_mailbox(person: Principal, given: dict[str, str], *, is_shared: bool) -> Mailbox:
    """Make a mailbox and the account it sends by, out of an address and a password. Flushes.

    Servers that are not given are those usual for the address. Raises FieldError.
    """
    try:
        address = ascii_address(given.get("email", ""))
    except ValueError as error:
        raise FieldError("email", str(error)) from None
    if not given.get("password"):
        raise FieldError("password", _("Please fill in “%(field)s”.", field=_("Password")))
    usual = usual_for(address)
    box = Mailbox(
        email=address, owner_id=None if is_shared else person.membership_id,
        audience=SHARED if is_shared else given.get("audience") or PRIVATE,
        host=given.get("host") or usual.imap, port=_port(given, "port", 993), security=given.get("security") or "tls",
        username=given.get("username") or address, is_active=True, makes_contacts=False, state=NEW,
        since=(utcnow() - timedelta(days=DAYS_BACK)).date(), has_password=False,
    )  # fmt: skip
    check_mailbox(box, True)
    account = EmailAccount(
        email=address, sender_name=given.get("sender_name") or (None if is_shared else person.get_full_name()),
        host=given.get("smtp_host") or usual.smtp, port=_port(given, "smtp_port", usual.smtp_port),
        security=given.get("smtp_security") or usual.smtp_security, username=box.username, is_active=True,
        is_default=False, has_password=False,
    )  # fmt: skip
    _check_account(account)
    db.session.add(account)
    db.session.flush()
    box.account_id = account.id
    db.session.add(box)
    db.session.flush()
    set_password([box], given["password"])
    db.session.flush()
    return box


def _port(given: dict[str, str], name: str, usual: int) -> int:
    words = given.get(name) or str(usual)
    if not (words.isascii() and words.isdigit()):
        raise FieldError(name, _("A port is a number."))
    return int(words)


def _check_account(account: EmailAccount) -> None:
    try:
        accounts.check_account(account, True)
    except FieldError as error:
        raise FieldError(f"smtp_{error.field}" if error.field != "email" else "email", error.message) from None


def set_password(rows: Sequence[Mailbox], password: str) -> str:
    """The action that stores the password, sealed, for reading and for sending by the same name. It is never shown."""
    for row in rows:
        keep_secret(row, password)
        row.last_error = None
        row.state = NEW if row.state == STOPPED else row.state
        account = db.session.get(EmailAccount, row.account_id) if row.account_id is not None else None
        if account is not None and account.username == row.username:
            accounts.set_password([account], password)
        fetching.ask(row.id)
    return str(_("The password is stored. Send a test to try it."))


def try_it(rows: Sequence[Mailbox]) -> str:
    """The action that signs in and says what it finds. Nothing is fetched."""
    [row] = rows
    try:
        server = server_of(row)
        with connected(located(server)) as conversation:
            places = conversation.places()
    except (NotLetIn, NotReached, Forbidden, CannotOpen) as error:
        raise ValueError(_("The server cannot be used: %(reason)s", reason=error)) from None
    wanted = ", ".join(one.name for one in wanted_places(row.folders or "", places)) or "-"
    there = ", ".join(one.name for one in places[:40])
    row.state, row.last_error = NEW if row.state == STOPPED else row.state, None
    fetching.ask(row.id)
    return str(_("It works. Read are: %(wanted)s. There are: %(there)s.", wanted=wanted, there=there))


def fetch_now(rows: Sequence[Mailbox]) -> str:
    """The action that has mailboxes looked into soon."""
    for row in rows:
        if not row.is_active or not row.has_password:
            raise ValueError(_("%(address)s is not active, or has no password.", address=row.email))
        row.state = NEW if row.state == STOPPED else row.state
        fetching.ask(row.id)
    return str(_("New mails are fetched."))


def reseal() -> list[str]:
    """Seal the secrets of the tenant in force with the first key, where another one sealed them. Returns which cannot
    be read; they stay as they are."""
    unreadable = []
    quiet: dict[str, Any] = {"synchronize_session": False, "tenantry_is_told": True}
    for row in db.session.scalars(select(Mailbox).where(Mailbox.password.is_not(None))):  # type: ignore[union-attr]
        try:
            fresh = sealed_anew(row)
        except CannotOpen:
            unreadable.append(f"the password of the mailbox {row.email}")
            continue
        if fresh != row.password:
            statement = update(Mailbox).where(Mailbox.id == row.id).values(password=fresh)
            db.session.execute(statement, execution_options=quiet)
    return unreadable
