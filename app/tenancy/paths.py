"""The tenant in the address: `/t/<slug>/...` becomes a script prefix, so every `url_for` stays inside the tenant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SLUG = "tenantry.slug"
"""WSGI environment key: the slug in the path, absent outside a tenant."""
ROOT = "tenantry.root"
"""WSGI environment key: the script prefix without the tenant, for static assets and switching."""
_PATH = re.compile(r"/t/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(/.*|$)")


class TenantPath:
    """WSGI middleware that moves `/t/<slug>` from the path to the script name."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        root = environ.get("SCRIPT_NAME", "")
        environ[ROOT] = root
        match = _PATH.match(environ.get("PATH_INFO", ""))
        if match:
            environ[SLUG] = match.group(1)
            environ["SCRIPT_NAME"] = f"{root}/t/{match.group(1)}"
            environ["PATH_INFO"] = match.group(2) or "/"
        return self.application(environ, start_response)


def tenant_prefix(slug: str, root: str = "") -> str:
    """The address of a tenant's start page, without the closing slash."""
    return f"{root}/t/{slug}"
