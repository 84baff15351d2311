"""Tenantry. `create_app` puts the house together, in the order things depend on each other, and does nothing else."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.host.discovery import Found
    from config import Settings


def create_app(settings: Settings | None = None, plugins: list[Found] | None = None) -> Flask:
    """The web application, also used by commands. Reads nothing from the database and writes nothing.

    `plugins` replaces what discovery would find; tests use it. A plugin that cannot be loaded is left out
    (`Registry.quarantined`).
    """
    collects, is_shared = gc.isenabled(), gc.get_freeze_count() > 0
    gc.disable()  # a start makes much and drops little: looking for garbage meanwhile takes half of the time
    try:
        return _create_app(settings, plugins)
    finally:
        gc.freeze()  # what was made is old at once, or the next look for young garbage would go through all of it
        if not is_shared:
            gc.unfreeze()
        if collects:
            gc.enable()


def _create_app(settings: Settings | None, plugins: list[Found] | None) -> Flask:
    from flask import Flask

    from app import audit, files, search
    from app.automations.pages import install_automations
    from app.branding.serving import blueprint as branding
    from app.console.branding import blueprint as own_brand
    from app.console.choices import name_records
    from app.console.form_rules.pages import blueprint as form_rules
    from app.console.layouts.pages import blueprint as layouts
    from app.console.roles import name_roles
    from app.data import db
    from app.data.positions import EXTENSION as POSITIONS
    from app.data.positions import Positions
    from app.events.pages import blueprint as event_types
    from app.features import can
    from app.host import EXTENSION, borders
    from app.host.registry import build
    from app.identity.appbuilder import make_appbuilder
    from app.installation.pages import install_plugin_screens
    from app.installation.status import plugins_out_of_order
    from app.jobs.metrics import JobsCollector
    from app.jobs.operator import blueprint as jobs_of_all
    from app.mailboxes.pages import install_mailboxes
    from app.merging.pages import install_merging
    from app.messaging.pages import install_messaging
    from app.ops.wiring import install
    from app.payments.pages import install_payments
    from app.reports.pages import install_reports
    from app.screens.frame import page_frame
    from app.screens.wiring import install_screens
    from app.sso.install import install_sso
    from app.tenancy.paths import TenantPath
    from app.transfer.pages import install_transfer
    from app.web import init_web, use_catalogues
    from app.web.addresses import PatientRule
    from app.webhooks.naming import name_events
    from app.webhooks.quarantine import blueprint as quarantine
    from app.webhooks.receiving import blueprint as hooks
    from config import load_settings

    settings = settings or load_settings()
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.url_rule_class = PatientRule
    app.config.update(settings.flask_config())
    db.init_app(app)
    registry = app.extensions[EXTENSION] = build(plugins, tolerant=True)
    borders.install()
    search.install()
    audit.install(app)
    files.install()
    init_web(app, page_frame)
    builder = make_appbuilder(app, db, can)
    install_sso(app, settings.sign_in)
    install_screens(app, builder, registry)
    install_transfer(app)
    name_records(app, registry)
    name_roles(app, registry)
    name_events(app, registry)
    install_merging(app)
    install_plugin_screens(app)
    install_reports(app, registry)
    install_messaging(app, registry)
    install_payments(app, registry)
    install_mailboxes(app)
    install_automations(app)
    for own_pages in (branding, own_brand, layouts, form_rules, jobs_of_all, event_types, hooks, quarantine):
        app.register_blueprint(own_pages)
    use_catalogues(app, registry.translation_folders())
    app.wsgi_app = TenantPath(app.wsgi_app)  # type: ignore[method-assign]
    positions = Positions(lambda: settings.role_url("owner"), registry.histories())
    app.extensions[POSITIONS] = positions
    install(app, settings, positions.core_is_behind, [JobsCollector(app)], plugins_out_of_order)
    return app
