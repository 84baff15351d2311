"""A directory on this machine that speaks LDAP: plain binds, searches, STARTTLS, and the habits of real ones that bite.

Like real servers it takes a bind without a password for one of nobody, and says yes.
"""

from __future__ import annotations

import socketserver
import ssl
import threading
from typing import Any

from ldap3.protocol.rfc4511 import (
    LDAPDN,
    URI,
    AttributeDescription,
    AttributeValue,
    BindResponse,
    ExtendedResponse,
    LDAPMessage,
    LDAPString,
    MessageID,
    PartialAttribute,
    PartialAttributeList,
    ProtocolOp,
    ResultCode,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    Vals,
)
from ldap3.utils.dn import safe_dn
from pyasn1.codec.ber import encoder

BASE = "ou=people,dc=example,dc=com"
SERVICE, SERVICE_PASSWORD = "cn=reader,dc=example,dc=com", "reads everything"
STARTTLS = "1.3.6.1.4.1.1466.20037"


def person(uid: str, password: str, **attributes: str | list[str]) -> dict[str, Any]:
    """An entry below BASE."""
    given = {"uid": uid, "objectClass": "inetOrgPerson", "entryUUID": f"uuid-of-{uid}", **attributes}
    return {
        "dn": f"uid={uid},{BASE}",
        "password": password,
        "attributes": {name: [value] if isinstance(value, str) else value for name, value in given.items()},
    }


class DirectoryServer:
    """Serves `entries`; notes who was bound with which password (`binds`) and where was searched (`searches`)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self.binds: list[tuple[str, str]] = []
        self.searches: list[str] = []
        self.encrypted: list[bool] = []
        self.referral = ""
        self.hold = threading.Event()
        self.hold.set()
        self.tls = tls
        house = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                Conversation(house, self.request).run()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()

    def accepts(self, dn: str, password: str) -> bool:
        if not password:
            return True  # RFC 4513, 5.1.2: an unauthenticated bind
        if (dn, password) == (SERVICE, SERVICE_PASSWORD):
            return True
        return any(_same(one["dn"], dn) and one["password"] == password for one in self.entries)


class Conversation:
    """One connection."""

    def __init__(self, house: DirectoryServer, connection: Any) -> None:
        self.house, self.connection, self.kept, self.bound = house, connection, b"", ""

    def run(self) -> None:
        try:
            while message := self._read():
                self.house.hold.wait(20)
                (_tag, number), (operation, asked), *_controls = message
                if not self._answer(int.from_bytes(number, "big"), operation, asked):
                    return
        except OSError:
            return

    def _read(self) -> Any:
        while (size := _size(self.kept)) is None or len(self.kept) < size:
            more = self.connection.recv(65536)
            if not more:
                return None
            self.kept += more
        whole, self.kept = self.kept[:size], self.kept[size:]
        return children(whole[_length(whole)[1] :])

    def _answer(self, number: int, operation: int, asked: bytes) -> bool:
        if operation == 0x42:  # unbind
            return False
        if operation == 0x60:
            _version, (_tag, dn), (_simple, password) = children(asked)
            self._bind(number, dn.decode(), password.decode())
        elif operation == 0x63:
            self._search(number, children(asked))
        elif operation == 0x77:
            self._start_tls(number, children(asked)[0][1].decode())
        return True

    def _bind(self, number: int, dn: str, password: str) -> None:
        self.house.binds.append((dn, password))
        self.house.encrypted.append(isinstance(self.connection, ssl.SSLSocket))
        accepted = self.house.accepts(dn, password)
        self.bound = dn if accepted else ""
        self._send(number, "bindResponse", _done(BindResponse(), 0 if accepted else 49))

    def _start_tls(self, number: int, name: str) -> None:
        possible = name == STARTTLS and self.house.tls is not None
        self._send(number, "extendedResp", _done(ExtendedResponse(), 0 if possible else 2))
        if possible:
            self.connection = self.house.tls.wrap_socket(self.connection, server_side=True)

    def _search(self, number: int, asked: list[tuple[int, bytes]]) -> None:
        base, scope, limit = asked[0][1].decode(), asked[1][1][0], int.from_bytes(asked[3][1], "big")
        wanted, names = asked[6], [name.decode() for _tag, name in children(asked[7][1])]
        self.house.searches.append(base)
        found = [one for one in self.house.entries if _below(one["dn"], base, scope) and _matches(one, wanted)]
        for one in found[:limit] if limit else found:
            self._send(number, "searchResEntry", _entry(one, names))
        if self.house.referral:
            reference = SearchResultReference()
            reference[0] = URI(self.house.referral)
            self._send(number, "searchResRef", reference)
        self._send(number, "searchResDone", _done(SearchResultDone(), 4 if limit and len(found) > limit else 0))

    def _send(self, number: int, name: str, operation: Any) -> None:
        message = LDAPMessage()
        message["messageID"] = MessageID(number)
        message["protocolOp"] = ProtocolOp().setComponentByName(name, operation)
        self.connection.sendall(encoder.encode(message))


def _length(kept: bytes) -> tuple[int, int]:
    """(length of the content, length of what stands before it) of the BER value that begins here."""
    if kept[1] < 128:
        return kept[1], 2
    more = kept[1] - 128
    return int.from_bytes(kept[2 : 2 + more], "big"), 2 + more


def _size(kept: bytes) -> int | None:
    """How long the message is that begins here; None while that cannot be told."""
    if len(kept) < 2 or (kept[1] > 128 and len(kept) < 2 + kept[1] - 128):
        return None
    return sum(_length(kept))


def children(content: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of every BER value in a constructed one. ldap3's schema cannot read filters within filters."""
    found = []
    while content:
        length, head = _length(content)
        found.append((content[0], content[head : head + length]))
        content = content[head + length :]
    return found


def _done(response: Any, code: int) -> Any:
    response["resultCode"] = ResultCode(code)
    response["matchedDN"] = LDAPDN("")
    response["diagnosticMessage"] = LDAPString("")
    return response


def _entry(one: dict[str, Any], asked: list[str]) -> Any:
    entry, attributes = SearchResultEntry(), PartialAttributeList()
    wanted = {name.lower() for name in asked}
    for name, values in one["attributes"].items():
        if name.lower() not in wanted:
            continue
        part, kept = PartialAttribute(), Vals()
        for value in values:
            kept.setComponentByPosition(len(kept), AttributeValue(value))
        part["type"], part["vals"] = AttributeDescription(name), kept
        attributes.setComponentByPosition(len(attributes), part)
    entry["object"], entry["attributes"] = LDAPDN(one["dn"]), attributes
    return entry


def _values(one: dict[str, Any], name: str) -> list[str]:
    found = {key.lower(): values for key, values in one["attributes"].items()}
    return [value.lower() for value in found.get(name.lower(), ()) if isinstance(value, str)]


def _matches(one: dict[str, Any], wanted: tuple[int, bytes]) -> bool:
    tag, content = wanted
    if tag == 0x87:
        return bool(_values(one, content.decode())) or content.lower() == b"objectclass"
    parts = children(content)
    if tag == 0xA0:
        return all(_matches(one, part) for part in parts)
    if tag == 0xA1:
        return any(_matches(one, part) for part in parts)
    if tag == 0xA2:
        return not _matches(one, parts[0])
    name, asked = parts[0][1].decode(), parts[1][1]
    if tag == 0xA3:
        return asked.decode().lower() in _values(one, name)
    if tag == 0xA4:
        pieces = [piece.decode().lower() for _tag, piece in children(asked)]
        return any(all(piece in value for piece in pieces) for value in _values(one, name))
    raise AssertionError(f"a filter of kind {tag:x}")


def _below(dn: str, base: str, scope: int) -> bool:
    return _same(dn, base) if scope == 0 else dn.lower().endswith(base.lower())


def _same(one: str, other: str) -> bool:
    try:
        return bool(safe_dn(one).lower() == safe_dn(other).lower())
    except Exception:
        return False
