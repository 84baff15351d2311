"""The events that an endpoint is offered: in the reader's words, by plugin."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Flask
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import Choice
from app.data.choices import give_choices
from app.host import Registry
from app.host.extending import is_here
from app.host.happenings import words_of
from app.webhooks.models import EVENTS


def name_events(app: Flask, installed: Registry) -> None:
    """Give the lines of an endpoint words for all that can happen; forms offer the events of plugins that are on."""
    give_choices(app, EVENTS, [Choice("*", _l("All events")), *_by_plugin(installed)])


def _by_plugin(installed: Registry) -> Iterator[Choice]:
    for plugin in installed.plugins:
        own = [one for one in installed.happenings.types.values() if one.plugin == plugin.name]
        options = {"here": partial(is_here, plugin.name), "group": plugin.title}
        if own:
            yield Choice(f"{plugin.name}.*", LazyString(partial(_all_of, plugin.title)), **options)
        for one in own:
            yield Choice(one.name, LazyString(partial(words_of, one, installed.entries)), **options)


def _all_of(title: object) -> str:
    return str(_("Everything that happens in: %(what)s", what=title))
