"""The generated screens: one Flask-AppBuilder view per resource."""

from __future__ import annotations

from typing import Any

from app.host import Registry
from app.screens.views.routes import view_class

__all__ = ["register_views", "view_class"]


def register_views(builder: Any, registry: Registry) -> None:
    """Put the views of every installed resource into the application; needs an application context."""
    for entry in registry.entries.values():
        builder.add_view_no_menu(view_class(entry))
