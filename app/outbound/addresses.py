"""Which addresses may be called: the rule is asked of the numbers a name resolves to, never of the text of the name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import idna

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out to the internet. Outside lie NAT64, IPv4-compatible, site-local, link-local and multicast."""
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # the metadata and DNS server of a large cloud: a public number that is inside
        "192.0.0.0/24", "192.88.99.0/24",  # protocol assignments, 6to4 relays
        "2001::/23", "2002::/16", "3fff::/20",  # Teredo and its neighbours, 6to4, documentation
    )
)  # fmt: skip
DEFAULT_PORTS = {"https": 443, "http": 80}


class Forbidden(ValueError):
    """This address may not be called. `reason` is a word for programs; the message is English, for the log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows beyond the rule: plain http, other ports, networks of their own."""

    http: bool = False
    ports: frozenset[int] = frozenset({443})
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Any) -> Policy:
        """The policy of this installation."""
        http: bool = settings.outbound_http
        ports = {443, *settings.outbound_ports, *([80] if http else [])}
        return cls(http, frozenset(ports), tuple(ipaddress.ip_network(one) for one in settings.outbound_networks))

    def allows(self, address: Address) -> bool:
        """Whether this very address may be connected to."""
        bare = unwrapped(address)
        return is_public(bare) or any(bare in network for network in self.networks)


def unwrapped(address: Address) -> Address:
    """An IPv4 address that is written as IPv6 (`::ffff:127.0.0.1`) as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_public(address: Address) -> bool:
    """Whether an (unwrapped) address is of the public internet and leads nowhere else on the way."""
    if not address.is_global or address.is_multicast or any(address in network for network in _NEVER):
        return False
    return address.version == 4 or address in _UNICAST_V6


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken to pieces, once: what was checked is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str


def parse(policy: Policy, url: str) -> Target:
    """Take an address to pieces and check all of it but where its name leads. Raises Forbidden."""
    if any(ord(char) <= 32 or ord(char) == 127 for char in url) or "\\" in url:
        raise Forbidden("malformed", "The address holds blanks or control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("malformed", "The address cannot be read.") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and policy.http):
        raise Forbidden("scheme", "The address does not begin with https://.")
    if "@" in parts.netloc:
        raise Forbidden("userinfo", "The address holds a user name or password.")
    host = _ascii(parts.hostname or "")
    wanted = port or DEFAULT_PORTS[parts.scheme]
    if wanted not in policy.ports:
        raise Forbidden("port", f"Port {wanted} is not allowed.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, wanted, _quoted(path))


def _ascii(host: str) -> str:
    if not host or "%" in host:
        raise Forbidden("malformed", "The address names no host.")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise Forbidden("malformed", "The host's name is not one.") from None


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?:@!$&'()*+,;=-._~%[]|")


Resolve = Callable[[str, int], list[str]]


def system_resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says, as numbers. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def checked_addresses(policy: Policy, target: Target, resolve: Resolve) -> list[str]:
    """Where a name leads, in the resolver's order. Raises Forbidden when any one address may not be called."""
    try:
        found = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        raise Forbidden("unknown", f"The name {target.host} leads nowhere.") from None
    if not found:
        raise Forbidden("unknown", f"The name {target.host} leads nowhere.")
    for text in found:
        if not policy.allows(ipaddress.ip_address(text.partition("%")[0])):
            raise Forbidden("private", f"The name {target.host} leads to {text}, which is not a public address.")
    return found
