"""Owners and admins of a tenant that stays with a version of a plugin are told of another one."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.console.versions import VERSION_NOTICE
from app.data import Scope, db, scope
from app.host import Plugin
from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role

News = Literal["coming", "here"]


def tell_admins(tenant: UUID, plugin: Plugin, news: News, *, pin: str) -> None:
    """In a transaction of its own: `coming` before a version is brought in that the pin refuses, `here` when it was.
    The same thing is told once."""
    named: dict[str, Any] = {"plugin": plugin.title, "version": plugin.version, "pin": pin}
    title, words = _words(news, named)
    with scope(Scope(tenant, via="system")):
        key = f"{plugin.name}:{plugin.version}:{pin}:{news}"
        notify(members_with_role("owner", "admin"), VERSION_NOTICE, title, words, dedupe=key[:200])
        db.session.commit()


def _words(news: News, named: dict[str, Any]) -> tuple[Any, Any]:
    if news == "coming":
        return _l("%(plugin)s: version %(version)s is coming", **named), _l(
            "You stay with version %(pin)s. From the day on which version %(version)s is there you can read and export"
            " what you have in %(plugin)s, and not change it, until you go along: under Settings, Plugins, or through"
            " the operator of the platform.", **named,
        )  # fmt: skip
    return _l("%(plugin)s: version %(version)s is there", **named), _l(
        "You stay with version %(pin)s: what you have in %(plugin)s can be read and exported, and not changed, until"
        " you go along. Nothing of yours was touched.", **named,
    )  # fmt: skip
