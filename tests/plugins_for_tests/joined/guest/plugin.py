"""A plain plugin that needs a bridge."""

from __future__ import annotations

from app.sdk import Plugin

plugin = Plugin("guest", title="Guest", order=320, requires=("span",))
