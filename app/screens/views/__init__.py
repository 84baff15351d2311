"""The generated screens: one Flask-AppBuilder view per resource."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.host import Registry
from app.screens.pages import init_pages
from app.screens.views.routes import view_class

__all__ = ["register_views", "view_class"]


def register_views(builder: Any, registry: Registry) -> None:
    """Put the screens of every installed resource into the application; needs an application context."""
    init_pages(current_app._get_current_object())  # type: ignore[attr-defined]
    for entry in registry.entries.values():
        builder.add_view_no_menu(view_class(entry))
