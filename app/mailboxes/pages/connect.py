"""Connecting a mailbox: an address and a password are enough where the provider is known."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.host import FieldError
from app.identity.access import access
from app.mailboxes import connecting
from app.mailboxes.models import AUDIENCES, PRIVATE, SECURITIES
from app.mailboxes.pages.threads import member
from app.mailboxes.servers import usual_for
from app.messaging.models import SECURITIES as SMTP_SECURITIES
from app.screens.page import FieldView, Link, Option, Problem

blueprint = Blueprint("mail_connect", __name__, template_folder="../templates")
NAMES = (
    "email password sender_name audience host port security username smtp_host smtp_port smtp_security shared".split()
)


@blueprint.route("/mailboxes/connect", methods=["GET", "POST"])
@access("mailboxes.mailbox.create")
def connect() -> Any:
    """The form; what it makes is looked into at once."""
    person = member()
    may_share = connecting.sees_to_all(person)
    if request.method == "GET":
        return _page({}, {}, may_share=may_share)
    given = {name: request.form.get(name, "").strip() for name in NAMES}
    try:
        box = connecting.make_mailbox(person, given, is_shared=may_share and given["shared"] == "1")
        db.session.commit()
    except FieldError as error:
        db.session.rollback()
        return _page(given, {error.field: error.message}, may_share=may_share), 422
    flash(_("The mailbox is connected. Its mails of the last month are fetched now."), "success")
    return redirect(f"{request.script_root}/mailboxes/mailbox/{box.id}", 303)


def _page(values: dict[str, str], errors: dict[str, str], *, may_share: bool) -> str:
    usual = usual_for(values.get("email") or "@example.com")
    first = [
        _field("email", _("Address"), "email", values, errors, required=True, autofocus=True),
        _field("password", _("Password"), "password", values, errors, required=True, help=_(
            "Google, Apple and others want a password made for programs, which their account pages give."
        )),
        _field("sender_name", _("Sender name"), "text", values, errors),
        _field("audience", _("Who sees its mails"), "choice", {"audience": PRIVATE, **values}, errors,
               options=tuple(Option(one.value, str(one.words)) for one in AUDIENCES)),
    ]  # fmt: skip
    if may_share:
        words = _("For a mailbox such as sales@: everybody may write by it, who may read a contact sees its mails.")
        first.append(_field("shared", _("It is the house's, not mine"), "flag", values, errors, help=words))
    return render_template(
        "mailboxes/connect.html",
        title=_("Connect a mailbox"),
        trail=(Link(_("Mailboxes"), f"{request.script_root}/mailboxes/mailbox/"),),
        first=first,
        servers=_servers(values, errors, usual),
        is_open=any(name in errors for name in NAMES[4:11]),
        problems=tuple(Problem(words, name) for name, words in errors.items()),
    )


def _servers(values: dict[str, str], errors: dict[str, str], usual: Any) -> list[FieldView]:
    """What is guessed by the address when it is left empty."""
    reading = tuple(Option(one.value, str(one.words)) for one in SECURITIES)
    sending = tuple(Option(one.value, str(one.words)) for one in SMTP_SECURITIES)
    return [
        _field("host", _("IMAP server"), "text", values, errors),
        _field("port", _("Port"), "integer", {"port": "993", **values}, errors),
        _field("security", _("Encryption"), "choice", {"security": "tls", **values}, errors, options=reading),
        _field("username", _("User name"), "text", values, errors, help=_("Empty: the address.")),
        _field("smtp_host", _("SMTP server"), "text", values, errors),
        _field("smtp_port", _("Port"), "integer", {"smtp_port": str(usual.smtp_port), **values}, errors),
        _field("smtp_security", _("Encryption"), "choice", {"smtp_security": usual.smtp_security, **values}, errors,
               options=sending),
    ]  # fmt: skip


def _field(name: str, label: str, kind: str, values: dict[str, str], errors: dict[str, str], **more: Any) -> FieldView:
    said = (errors[name],) if name in errors else ()
    return FieldView(name=name, label=label, kind=kind, value=values.get(name, ""), errors=said, **more)
