"""Puts the generated screens and the REST interface of every installed resource into the application."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.host import Registry
from app.screens import files, search_pages
from app.screens.desk import pages as desk_pages
from app.screens.history.words import name_choices
from app.screens.plugin_pages import install_plugin_pages
from app.screens.rest import files as rest_files
from app.screens.rest import pictures as rest_pictures
from app.screens.rest import register_apis
from app.screens.rest import search as rest_search
from app.screens.views import register_views


def install_screens(app: Flask, builder: Any, registry: Registry) -> None:
    """Register views and APIs with Flask-AppBuilder; no statement is sent."""
    name_choices(app, registry)
    with app.app_context():
        register_views(builder, registry)
        register_apis(builder, registry)
        for module in (files, rest_files, rest_pictures, search_pages, desk_pages, rest_search):
            app.register_blueprint(module.blueprint)
    install_plugin_pages(app, registry)
