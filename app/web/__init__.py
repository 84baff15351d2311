"""The look: templates, static files, translations, and how values and controls are printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, has_request_context, request
from flask_babel import get_babel
from jinja2 import ChoiceLoader, FileSystemLoader

from app.features.pins import isolated
from app.identity.locale import listed
from app.screens.page import Frame
from app.web import assets
from app.web.assets import asset
from app.web.cards import ui_cards
from app.web.catalogue import CORE, Catalogues, template_gettext, template_ngettext, template_pgettext
from app.web.compression import init_compression
from app.web.controls import control_id, field_view, ui_field
from app.web.gallery import ui_face, ui_gallery
from app.web.icons import icon
from app.web.kept import kept
from app.web.trees import ui_nodes
from app.web.values import badge_markup, ui_badge, ui_cells, ui_heads, ui_rows, ui_value

TEMPLATES = Path(__file__).parent / "templates"

__all__ = ["asset", "init_web", "use_catalogues"]


def init_web(app: Flask, page_frame: Callable[[], Frame]) -> None:
    """Register templates, filters and static files; call it before Flask-AppBuilder, so that our templates win.

    `page_frame` tells what surrounds the page of the current request: menu, tenants, account, languages.
    """
    folders = [FileSystemLoader(TEMPLATES)]
    app.jinja_loader = ChoiceLoader([*folders, app.jinja_loader] if app.jinja_loader else folders)
    app.register_blueprint(assets.blueprint)
    init_compression(app)
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(
        ltr=isolated,
        ui_value=ui_value, ui_cells=ui_cells, ui_rows=ui_rows, ui_heads=ui_heads, ui_field=ui_field, ui_badge=ui_badge,
        ui_cards=ui_cards, ui_face=ui_face, ui_gallery=ui_gallery, ui_list=listed, ui_nodes=ui_nodes,
    )  # fmt: skip
    environment.globals.update(
        asset=asset, icon=icon, badge=badge_markup, control_id=control_id, field_view=field_view,
        is_fragment=is_fragment, page_frame=page_frame, kept=kept,
    )  # fmt: skip


def use_catalogues(app: Flask, plugin_folders: tuple[Path, ...] = ()) -> None:
    """Read our translations and those in the plugins' folders; call it after Flask-AppBuilder, which sets up Babel."""
    get_babel(app).instance.domain_instance = Catalogues((*plugin_folders, CORE))
    app.template_context_processors[None].clear()  # a template sees what it is given, and nothing of the extensions
    app.jinja_env.globals.update(
        _=template_gettext, gettext=template_gettext, ngettext=template_ngettext, pgettext=template_pgettext
    )


def is_fragment() -> bool:
    """True when the page's own script asks for the content without its frame."""
    return has_request_context() and request.headers.get("X-Fragment") == "1"
