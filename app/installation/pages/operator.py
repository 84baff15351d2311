"""Plugins as the operator sees them: what is installed, how it stands, what is wrong with it."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from app.identity.access import OPERATOR, access
from app.installation.status import status_of_all

blueprint = Blueprint("plugins_of_all", __name__, url_prefix="/operator/plugins", template_folder="../templates")


@blueprint.get("")
@access(OPERATOR)
def show() -> str:
    """Every plugin with version, migrations, tenants and errors."""
    rows = status_of_all(current_app.config["TENANTRY"])
    return render_template("installation/operator.html", title=_("Plugins"), rows=rows)
