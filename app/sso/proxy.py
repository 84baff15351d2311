"""Whom a trusted proxy names: a header, believed only on connections that come from the proxy itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from flask import request

from app.identity.names import normal_name
from app.identity.ways import PROXY, Identity
from app.sso.settings import ProxySettings


class TrustedProxy:
    """The header of a proxy, and where it counts."""

    def __init__(self, settings: ProxySettings) -> None:
        self.key = "HTTP_" + settings.header.upper().replace("-", "_")
        self.networks = tuple(ipaddress.ip_network(one) for one in settings.proxies)

    def asserted(self) -> Identity | None:
        """Whom the proxy of this request names; None for nobody, and for what others say."""
        name = normal_name(request.environ.get(self.key, ""))
        # A list of names is what happens when the proxy adds its header to that of a visitor.
        if not name or "," in name or not name.isprintable() or not self._is_trusted(peer(request.environ)):
            return None
        return Identity(way=PROXY, issuer=PROXY, email=name if "@" in name else "", username=name)

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return any((mapped or found) in network for network in self.networks)


def peer(environ: Mapping[str, Any]) -> str:
    """The other end of the connection itself, not whom it speaks for: X-Forwarded-For can be written by anybody."""
    before = environ.get("werkzeug.proxy_fix.orig") or environ
    return str(before.get("REMOTE_ADDR") or "")
