"""Asking a directory for a name and a password.

Either we search (with an account of our own, or as nobody) and bind as what was found, or people bind by a name made of
what they typed and then read their own entry. What is typed is escaped wherever it goes; referrals are not followed,
since they would send passwords to whatever server they name; and an empty password never reaches a server, for a bind
without one succeeds for everybody.
"""

from __future__ import annotations

import logging
import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ldap3 import BASE, NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from app.identity.names import normal_name
from app.identity.refusal import SignInUnavailableError
from app.identity.ways import DIRECTORY, Identity
from app.sso.settings import NAME, LdapSettings, normal_dn

log = logging.getLogger(__name__)

CONNECT_SECONDS, ANSWER_SECONDS = 5, 8
_PLAIN = re.compile(r"[\w.+-]{1,100}")
_NOT_THEIRS = frozenset({19, 32, 34, 48, 49, 53})
"""How servers say that name and password do not belong together, or that this account may not come in at the moment:
constraint (locked), no such object, not a DN, inappropriate authentication, invalid credentials, unwilling."""
_ASKED = ("mail", "givenName", "sn", "uid", "sAMAccountName", "userPrincipalName", "memberOf")
Entry = dict[str, Any]


class Ldap:
    """A directory that can be asked."""

    def __init__(self, settings: LdapSettings) -> None:
        self.settings = settings
        tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.ca_file or None)
        self.server = Server(settings.url, get_info=NONE, tls=tls, connect_timeout=CONNECT_SECONDS)

    @property
    def issuer(self) -> str:
        """What its people's keys are unique in."""
        return f"ldap:{self.settings.base_dn.lower()}"[:255]

    def ask(self, name: str, password: str) -> Identity | None:
        """Who this is; None when name and password do not belong together. Raises `SignInUnavailableError`."""
        if not password or not name or not name.isprintable():
            return None
        try:
            return self._direct(name, password) if self.settings.user_dn else self._searched(name, password)
        except (LDAPException, OSError, ValueError) as error:
            log.error("The directory %s cannot be asked: %s", self.settings.url, _short(error))
            raise SignInUnavailableError(self.settings.name) from error

    def _searched(self, name: str, password: str) -> Identity | None:
        with self._bound(self.settings.bind_dn, self.settings.bind_password, ours=True) as search:
            entry = self._entry(search, name)
            # Names that nobody has take as long: a bind that cannot succeed, and that tells no server what was typed.
            dn = entry["dn"] if entry else f"cn={secrets.token_hex(8)},{self.settings.base_dn}"
            with self._bound(dn, password if entry else secrets.token_hex(8)) as found:
                return self._identity(search, entry) if entry and found else None

    def _direct(self, name: str, password: str) -> Identity | None:
        dn = self._direct_name(name)
        if not dn:
            return None
        with self._bound(dn, password) as connection:
            entry = self._entry(connection, name) if connection else None
            return self._identity(connection, entry) if entry and self._is_own(entry, dn, name) else None

    def _direct_name(self, name: str) -> str:
        """The template filled in; for names that are none of a DN (`{name}@example.com`), plain names alone."""
        template = self.settings.user_dn
        if "=" in template:
            return template.replace(NAME, escape_rdn(name))
        return template.replace(NAME, name) if _PLAIN.fullmatch(name) else ""

    def _is_own(self, entry: Entry, dn: str, name: str) -> bool:
        """Whether what the filter found is whoever was bound, not somebody who has the name as something else."""
        if "=" in self.settings.user_dn:
            return normal_dn(entry["dn"]) == normal_dn(dn)
        own = {normal_name(_text(entry, one)) for one in ("uid", "sAMAccountName", "userPrincipalName")}
        return normal_name(name) in own or normal_name(dn) in own

    @contextmanager
    def _bound(self, dn: str, password: str, *, ours: bool = False) -> Iterator[Connection | None]:
        """A connection bound by this name, None when it was refused. Raises for `ours`, which should never be."""
        connection = Connection(
            self.server,
            user=dn or None,
            password=password or None,
            auto_referrals=False,
            read_only=True,
            receive_timeout=ANSWER_SECONDS,
        )
        try:
            connection.open(read_server_info=False)
            if self.settings.starttls and not connection.start_tls(read_server_info=False):
                raise OSError("it does not do STARTTLS")
            if connection.bind(read_server_info=False):
                yield connection
            elif ours or connection.result["result"] not in _NOT_THEIRS:
                raise OSError(f"bind refused: {connection.result['description']}")
            else:
                yield None
        finally:
            connection.unbind()

    def _entry(self, connection: Connection, name: str) -> Entry | None:
        wanted = self.settings.filter.replace(NAME, escape_filter_chars(name))
        found = self._search(connection, self.settings.base_dn, wanted, SUBTREE, [self.settings.key, *_ASKED])
        if len(found) > 1:
            log.error("TENANTRY_LDAP_FILTER finds several people for one name, so none of them comes in.")
        return found[0] if len(found) == 1 else None

    def _search(self, connection: Connection, base: str, wanted: str, scope: str, asked: list[str]) -> list[Entry]:
        connection.search(base, wanted, scope, attributes=asked, size_limit=2, time_limit=ANSWER_SECONDS)
        code = connection.result["result"]
        if code not in (0, 4, 32):  # success, more than two, no such object
            raise OSError(f"search refused: {connection.result['description']}")
        return [one for one in connection.response or () if one["type"] == "searchResEntry"]

    def _identity(self, connection: Connection, entry: Entry) -> Identity:
        key = next(iter(_raw(entry, self.settings.key)), b"")
        if not key:
            raise OSError(f"{entry['dn']} has no {self.settings.key}, or it may not be read")
        mail = normal_name(_text(entry, "mail"))
        return Identity(
            way=DIRECTORY,
            issuer=self.issuer,
            subject=(key.hex() if self.settings.key.lower() == "objectguid" else key.decode(errors="replace"))[:255],
            email=mail if "@" in mail else "",
            username=normal_name(_text(entry, "uid") or _text(entry, "sAMAccountName")),
            first_name=_text(entry, "givenName"),
            last_name=_text(entry, "sn"),
            groups=frozenset(self._groups(connection, entry)),
        )

    def _groups(self, connection: Connection, entry: Entry) -> Iterator[str]:
        """The groups that rules name and this entry is in: as it says itself, else as the groups say."""
        told = {normal_dn(one.decode(errors="replace")) for one in _raw(entry, "memberOf")}
        member = escape_filter_chars(entry["dn"])
        for group in sorted({group for group, _tenant, _role in self.settings.roles}):
            if told:
                is_in = group in told
            else:
                wanted = f"(|(member={member})(uniqueMember={member}))"
                is_in = bool(self._search(connection, group, wanted, BASE, ["1.1"]))
            if is_in:
                yield group


def _raw(entry: Entry, attribute: str) -> list[bytes]:
    """The values of an attribute, whatever its letters' case."""
    values = (found for name, found in entry["raw_attributes"].items() if name.lower() == attribute.lower())
    return list(next(values, ()))


def _text(entry: Entry, attribute: str) -> str:
    return next(iter(_raw(entry, attribute)), b"").decode(errors="replace")


def _short(error: Exception) -> str:
    """For the log: libraries put whole requests into their messages."""
    return " ".join(str(error).split())[:200] or type(error).__name__
