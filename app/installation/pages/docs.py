"""The documentation of what a tenant has on, as a page for its admins, and as the text of its diagram."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask_babel import gettext as _

from app.data import Field
from app.features.gate import plugin_is_on
from app.host import registry
from app.identity.access import access
from app.identity.principal import principal
from app.installation.docs import Chapter, Documentation, collect, diagram, drawing, markdown
from app.installation.words import kind_words

blueprint = Blueprint("plugin_docs", __name__, url_prefix="/console/docs", template_folder="../templates")


def _here() -> Documentation:
    person = principal()
    return collect({one.name for one in registry().plugins if person is not None and plugin_is_on(one.name, person)})


@blueprint.app_template_filter("kind_words")
def _kind_words(field: Field) -> str:
    return kind_words(field)


@blueprint.get("/")
@access("console.plugin.read")
def page() -> str:
    """Records, permissions, events, settings and jobs of every plugin that is on here."""
    found = _here()
    return render_template(
        "installation/docs.html", title=_("Documentation"), found=found, diagram=diagram(found.records)
    )


@blueprint.get("/picture/<plugin>")
@access("console.plugin.read")
def picture(plugin: str) -> str:
    """The records of a plugin that is on here: their relations, drawn, and their fields."""
    chapter = _chapter(plugin)
    if not chapter.records:
        abort(404)
    title = _("Records of %(what)s", what=chapter.title)
    drawn = drawing(chapter.records, title)
    return render_template("installation/picture.html", title=title, picture=drawn, records=chapter.records)


@blueprint.get("/brings/<plugin>")
@access("console.plugin.read")
def brings(plugin: str) -> str:
    """What a plugin that is on here brings beside its records, and adds to those of others."""
    chapter = _chapter(plugin)
    title = _("What it brings, and what it does to records of others")
    return render_template("installation/brought.html", title=title, parts=chapter.brought + chapter.additions)


def _chapter(plugin: str) -> Chapter:
    return next((one for one in _here().chapters if one.name == plugin), None) or abort(404)


@blueprint.get("/tenantry.md")
@access("console.plugin.read")
def text() -> Response:
    """The same as a Markdown file, with the diagram for Mermaid."""
    person = principal()
    name = person.tenant.name if person is not None and person.tenant is not None else ""
    answer = Response(markdown(_here(), name), mimetype="text/markdown")
    answer.headers["Content-Disposition"] = "attachment; filename=tenantry.md"
    return answer
