"""Language and time zone of a request: the person's choice, then the tenant's, then the browser's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from babel import Locale
from flask import Flask, current_app, g, has_app_context, has_request_context, request, session
from flask_babel import get_locale

from app.identity.principal import Principal, principal

SESSION_KEY = "locale"


def init_locale(app: Flask) -> None:
    """Replace Flask-AppBuilder's selectors, which write a cookie for every visitor and know no accounts."""
    babel = app.extensions["babel"]
    babel.locale_selector = choose_locale
    babel.timezone_selector = choose_timezone


def current_locale() -> Locale | None:
    """The language in force, as Flask-Babel's `get_locale` says, which looks for its own note by way of six proxies."""
    return noted_locale() or get_locale()


def listed(words: Iterable[str]) -> str:
    """Words one after the other, with the comma of the reader's script."""
    language = current_locale()
    return ("، " if language is not None and language.language == "ar" else ", ").join(words)


def noted_locale() -> Locale | None:
    """What Flask-Babel has noted on `g` as the language in force, None before anybody asked."""
    if not has_app_context():
        return None
    noted = getattr(g._get_current_object(), "_flask_babel", None)
    return getattr(noted, "babel_locale", None)


def choose_locale() -> str | None:
    """The language code to speak, None for the default. Always one of `LANGUAGES`."""
    if not has_request_context():
        return None  # a job forces the language of whoever asked for it
    chosen: str | None = g.get("tenantry_locale")
    if chosen is None:
        chosen = g.tenantry_locale = _chosen_locale(principal())
    return chosen or None


def choose_timezone() -> str | None:
    """The time zone that moments are shown in: the account's, else the tenant's."""
    person = principal()
    if person is None:
        return None
    return person.timezone or (person.tenant.timezone if person.tenant else None)


def _chosen_locale(person: Principal | None) -> str:
    known = current_app.config["LANGUAGES"]
    wishes = (
        person.locale if person else "",
        session.get(SESSION_KEY, ""),
        person.tenant.locale if person and person.tenant else "",
        *_browser_languages(),
    )
    return next((wish for wish in wishes if wish in known), "")


def _browser_languages() -> Iterator[str]:
    """What the browser asks for, best first; `ar-SA` is followed by `ar`."""
    for wish in request.accept_languages.values():
        code = wish.replace("-", "_")
        yield code
        yield code.partition("_")[0].lower()
