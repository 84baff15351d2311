"""Putting Flask-AppBuilder into the application: its machinery, none of its screens, no statement at start-up."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_sqlalchemy import SQLAlchemy

from app.identity.api import security_api
from app.identity.gate import Decide, init_gate
from app.identity.locale import init_locale
from app.identity.permissions import EXTENSION, PermissionCache
from app.identity.profile import profile
from app.identity.protect import init_protection
from app.identity.security import TenantrySecurity
from app.identity.views import HomeView

_SILENT = {
    "FAB_CREATE_DB": False,
    "FAB_UPDATE_PERMS": False,
    "FAB_ADD_SECURITY_API": False,
    "FAB_ADD_MENU_API": False,
    "FAB_ADD_OPENAPI_VIEW": False,
    "FAB_API_SWAGGER_UI": False,
    "FAB_ROLES": {},
}


class TenantryBuilder(AppBuilder):  # type: ignore[misc]
    """AppBuilder without its index, `back`, language, OpenAPI and menu views, which change state by GET."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(HomeView)
        self.sm.register_views()

    def _add_global_static(self) -> None:
        """Its scripts and style sheets serve its own templates, none of which is used."""


def make_appbuilder(app: Flask, db: SQLAlchemy, decide: Decide | None = None) -> TenantryBuilder:
    """Guard the application and put Flask-AppBuilder into it. Call it in `create_app`, after `db.init_app`.

    decide: `app.features.can`, which this package may not import.
    """
    app.config.update(_SILENT)
    app.extensions[EXTENSION] = PermissionCache()
    init_gate(app, decide)
    init_protection(app)
    builder = TenantryBuilder(
        base_template="layout.html", security_manager_class=TenantrySecurity, indexview=HomeView, update_perms=False
    )
    with app.app_context():
        builder.init_app(app, db.session)
    init_locale(app)
    app.register_blueprint(profile)
    app.register_blueprint(security_api)
    return builder
