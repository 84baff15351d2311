"""The pages of mails that no generated screen can give: a conversation, writing, connecting; and their REST."""

from __future__ import annotations

from flask import Flask

from app.mailboxes.pages import compose, connect, described, rest, threads
from app.screens.rest.openapi import DESCRIBED


def install_mailboxes(app: Flask) -> None:
    """Put the pages and REST calls into the application."""
    for blueprint in (threads.blueprint, compose.blueprint, connect.blueprint, rest.blueprint):
        app.register_blueprint(blueprint)
    app.extensions.setdefault(DESCRIBED, []).append(described)
