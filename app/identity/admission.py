"""Whether somebody whom a directory, a provider or a proxy vouches for may come in, and as which account.

Accounts that exist are found: by the link of an earlier time, else by address or user name, which makes the link.
Others are made only where the operator has said for whom. Who is refused has proved who they are, so they may hear why.
"""

from __future__ import annotations

import logging

from flask_babel import gettext as _

from app.identity.accounts import clean_email, clean_username, create_account
from app.identity.group_roles import keep_roles
from app.identity.identities import account_known_as, link
from app.identity.members import add_member
from app.identity.problems import IdentityError
from app.identity.refusal import SignInRefusedError, sign_in_refused
from app.identity.ways import DIRECTORY, Identity, Registration, ways
from app.tenancy.services import find_tenant

log = logging.getLogger(__name__)


def admit(identity: Identity) -> int:
    """The account of this person. Raises `SignInRefusedError` with a sentence for them."""
    known = account_known_as(identity)
    if known is None:
        account_id = _register(identity)
    elif not known.active:
        sign_in_refused.send(account_id=known.id, reason="refused")
        raise SignInRefusedError(_("This account is switched off. Ask an administrator."), status=403)
    else:
        account_id = known.id
        if not known.linked:
            _link(account_id, identity)
    if identity.way == DIRECTORY and ways().group_roles:
        keep_roles(account_id, identity.groups, ways().group_roles)
    return account_id


def _link(account_id: int, identity: Identity) -> None:
    if not identity.subject:
        return
    try:
        link(account_id, identity)
    except IdentityError as refused:
        sign_in_refused.send(account_id=account_id, reason="refused")
        raise SignInRefusedError(refused.message, status=403) from refused


def _register(identity: Identity) -> int:
    rule = ways().registration
    if rule is None or identity.email.rpartition("@")[2] not in rule.domains:
        log.warning("sign-in refused: no account for somebody whom %s vouches for", identity.issuer)
        raise SignInRefusedError(
            _("There is no account for %(name)s. Ask an administrator to invite you.", name=identity.name), status=403
        )
    try:
        account_id = _new_member(identity, rule)
    except IdentityError as refused:
        again = account_known_as(identity)  # they may have pressed twice: the first made the account
        if again is None or not again.active:
            raise SignInRefusedError(refused.message, status=403) from refused
        account_id = again.id
    _link(account_id, identity)
    return account_id


def _new_member(identity: Identity, rule: Registration) -> int:
    tenant = find_tenant(rule.tenant)
    if tenant is None or tenant.deleted_at is not None:
        log.error("TENANTRY_REGISTER_TENANT names “%s”, which does not exist: nobody can register.", rule.tenant)
        raise IdentityError(_("New accounts cannot be made at the moment. Ask the operator."))
    email = clean_email(identity.email)
    first = _one_line(identity.first_name) or email.partition("@")[0][:64]
    account = create_account(email, first, _one_line(identity.last_name), None, username=_username(identity, email))
    add_member(account, tenant, rule.role)
    log.info("registered: account %s, vouched for by %s", account.id, identity.issuer)
    return int(account.id)


def _username(identity: Identity, email: str) -> str:
    """The directory's name for them when it can be ours."""
    try:
        return clean_username(identity.username, email)
    except IdentityError:
        return ""


def _one_line(name: str) -> str:
    """A name from outside, in a form that can be kept."""
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())[:64].strip()
