"""A broken plugin is left out: the server starts, the others work, the operator reads why, its tenants are told."""

from __future__ import annotations

import re
import sys
from html import unescape
from time import monotonic

import pytest

from app import create_app
from app.data import Scope, db, scope
from app.data.base import metadata
from app.host.discovery import CORE_PLUGINS, Found, discover
from app.host.quarantine import Faulty
from app.host.registry import build
from app.identity.sync import sync_all
from app.tenancy.models import TenantPlugin
from app.testing.house import Browser
from tests.plugins_for_tests.garage.models import Repair

HEAD = """
from app.sdk import *

plugin = Plugin("{name}", title="Broken", version="1.0")

class Thing(Record):
    title: Mapped[str] = text()
"""


def hook(signature, answer):
    return f"{HEAD}\n@hookimpl\ndef {signature}:\n    {answer}\n"


def blueprint(name, words):
    made = f"from flask import Blueprint\npages = Blueprint('{name}_pages', __name__)\n{words}"
    return HEAD + made + "\n@hookimpl\ndef blueprints():\n    return [pages]\n"


def manifest(name, more=""):
    return f"from app.sdk import Plugin\nplugin = Plugin({name!r}, title='x'{more})"


BROKEN = {
    "no_import": ("import a_module_that_is_not_there", "a_module_that_is_not_there"),
    "no_syntax": ("def (:", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "SystemExit"),
    "no_manifest": ("title = 'nothing'", "no manifest"),
    "other_name": (manifest("else_where"), "must agree"),
    "no_requirement": (manifest("no_requirement", ", requires=('nowhere',)"), "nowhere"),
    "hook_unknown": (hook("no_such_hook()", "return []"), "unknown hook: app/host/hookspecs.py"),
    "hook_misspelt": (hook("setings()", "return []"), "did you mean settings()?"),
    "hook_raises": (hook("resources()", "raise ZeroDivisionError('by nothing')"), "by nothing (plugin.py line 11)"),
    "option_unknown": (f"{HEAD}\nclass Part(Record):\n    size: Mapped[str] = text(length=2)", "(plugin.py line 10)"),
    "no_list": (hook("resources()", "return 'nothing'"), "resources() answers with str: it must be a list"),
    "notice_way": (
        hook("notices()", "return [Notice('notice_way.due', 'Due', 'pigeon')]"),
        "off, in_app, digest, email",
    ),
    "hook_signature": (hook("resources(person)", "return []"), "PluginValidationError"),
    "no_field": (hook("resources()", "return [Resource(Thing, list='nothing')]"), "no field “nothing”"),
    "other_table": (hook("resources()", "return [Resource(Contact)]"), "outside its name"),
    "money_as_number": (
        f"{HEAD}\nclass Part(Record):\n    cost: Mapped[int] = money()",
        "Part.cost is a money, whose values are Money: annotate it Mapped[Money], not int. (plugin.py line 9)",
    ),
    "no_target": (f"{HEAD}\nclass Part(Record):\n    thing = belongs_to(lambda: Nothing)", "Nothing"),
    "job_elsewhere": (hook("jobs()", "return [Job('contacts.x', print, 'x')]"), "must be “job_elsewhere.”"),
    "bad_handler": (hook("handlers()", "return [Handler('contacts.contact_eaten', print)]"), "no plugin declares"),
    "words_raise": (
        HEAD.replace('title="Broken"', "title=Mute()").replace("\n\n", "\nclass Mute:\n    __str__ = divmod\n", 1),
        "The words of Plugin.title cannot be said: TypeError: divmod expected 2",
    ),
    "words_unfilled": (
        hook("permissions()", "return [Permission('words_unfilled.x.y', _l('Open %(what)s', whatever=1))]"),
        "The words of Permission.title cannot be said",
    ),
    "action_form": (
        hook("resources()", "return [Resource(Thing, actions=(Action('go', 'Go', lambda: 1),))]"),
        "Action go: it is called as run(rows, **parameters), and <lambda>() cannot be",
    ),
    "parameter_form": (
        hook(
            "resources()",
            "return [Resource(Thing, actions=(Action('go', 'Go', lambda rows: 1, parameters={'a': text()}),))]",
        ),
        "Action go: it is called as run(rows, **parameters)",
    ),
    "rule_form": (
        hook("resources()", "return [Resource(Thing, before_save=lambda row: None)]"),
        "Resource Thing: it is called as before_save(row, is_new), and <lambda>(row) cannot be",
    ),
    "guest_form": (
        hook("extensions()", "return [Extension('contacts.contact', warn=lambda: ())]"),
        "Extension contacts.contact: it is called as warn(row)",
    ),
    "panel_form": (
        hook("resources()", "return [Resource(Thing, panels=(Panel('a', 'A', lambda: ()),))]"),
        "facts(record)",
    ),
    "handler_form": (
        hook("handlers()", "return [Handler('contacts.contact_created', lambda event: 1, 'x')]"),
        "Handler x: it is called as run(event, occurrence)",
    ),
    "job_form": (hook("jobs()", "return [Job('job_form.go', lambda: 1, 'Go')]"), "run(run, *arguments)"),
    "no_function": (hook("resources()", "return [Resource(Thing, warn=[])]"), "its warn is no function: warn(row)"),
    "guest_unsaid": (
        hook("extensions()", "return [Extension('crm.lead', fields=(text(name='a'),))]"),
        'needs=Needs(records=("crm.lead",))',
    ),
    **{
        f"app_{name}": (blueprint(f"app_{name}", words), reason)
        for name, (words, reason) in {
            "before": ("pages.before_app_request(print)", "before_app_request"),
            "after": ("pages.after_app_request(print)", "after_app_request"),
            "teardown": ("pages.teardown_app_request(print)", "teardown_app_request"),
            "errors": ("pages.app_errorhandler(404)(print)", "app_errorhandler"),
            "context": ("pages.app_context_processor(dict)", "app_context_processor"),
            "values": ("pages.app_url_value_preprocessor(print)", "app_url_value_preprocessor"),
            "defaults": ("pages.app_url_defaults(print)", "app_url_defaults"),
            "global": ("pages.app_template_global('url_for')(print)", "app_template_global: url_for"),
            "filter": ("pages.app_template_filter('upper')(print)", "app_template_filter: upper"),
            "test": ("pages.app_template_test('even')(print)", "app_template_test: even"),
            "views": ("pages.record(lambda state: state.app.view_functions.clear())", "a view of others"),
            "config": ("pages.record(lambda state: state.app.config.update(DEBUG=True))", "config: DEBUG"),
            "wsgi": ("pages.record(lambda state: setattr(state.app, 'wsgi_app', print))", "its attributes: wsgi_app"),
            "end": ("pages.record(lambda state: state.app.teardown_appcontext(print))", "teardown_appcontext"),
            "map": ("pages.record(lambda state: state.app.add_url_rule('/app_map/x', 'x', print))", "a view of others"),
        }.items()
    },
    "page_hides": (
        hook("resources()", "return [Resource(Thing)]")
        + blueprint(
            "page_hides", "pages.get('/page_hides/thing/')(access('page_hides.thing.read')(lambda: ''))"
        ).removeprefix(HEAD),
        "the page /page_hides/thing/ hides those of a resource",
    ),
    "setting_nameless": (hook("settings()", "return [text()]"), "no well-formed name"),
}
"""Module text, and a piece of the reason."""


@pytest.fixture(scope="module")
def broken(app, settings, tmp_path_factory):
    """An application with all of them, and with two that require each other's neighbours and are sound."""
    folder = tmp_path_factory.mktemp("broken")
    found = [*discover(), Found("garage", "tests.plugins_for_tests.garage.plugin")]
    texts = {name: words for name, (words, _reason) in BROKEN.items()}
    texts["needs_broken"] = manifest("needs_broken", ", requires=('no_field',)")
    texts["needs_garage"] = manifest("needs_garage", ", requires=('garage',)")
    for name, words in texts.items():
        package = folder / "broken_plugins" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(words.replace("{name}", name))
        found.append(Found(name, f"broken_plugins.{name}.plugin"))
    sys.path.insert(0, str(folder))
    tables = set(metadata.tables)
    made = create_app(settings, found)
    sync_all(made)
    assert set(metadata.tables) == tables, "what was left out brought nothing in"
    yield made
    sys.path.remove(str(folder))
    sync_all(app)


def test_each_is_left_out_with_its_reason(broken):
    quarantined = broken.extensions["tenantry"].quarantined
    assert set(quarantined) == {*BROKEN, "needs_broken"}
    for name, (_text, reason) in BROKEN.items():
        assert reason in quarantined[name], quarantined[name]
    assert "no_field" in quarantined["needs_broken"]


def test_each_is_told_once_by_a_process(broken, caplog):
    """A command puts the registry together more than once."""
    found = Found("no_field", "broken_plugins.no_field.plugin")
    for _time in range(2):
        assert "no_field" in build([*discover(), found], tolerant=True).quarantined
    assert "no_field" not in caplog.text, "it was told when the application was made"


def test_the_others_work(broken, house):
    names = {plugin.name for plugin in broken.extensions["tenantry"].plugins}
    assert {"garage", "needs_garage", "contacts", "crm"} <= names
    assert inside(broken, house).get("/t/acme/garage/vehicle/").status_code == 200


def inside(broken, house, tenant=None):
    broken.test_client_class = Browser
    client = broken.test_client()
    cookie = house.browser("owner", tenant).get_cookie("tenantry_session")
    client.set_cookie("tenantry_session", cookie.value)
    return client


def test_its_tenants_are_told(broken, house):
    tenant = house.new_tenant()
    with broken.app_context(), scope(Scope(tenant.id, via="system")):
        db.session.add(TenantPlugin(plugin_key="no_field", state="on"))
        db.session.commit()
    page = inside(broken, house, tenant).get(f"/t/{tenant.slug}/")
    notice = re.search(r"Out of order: (.*?)\. The operator", page.text)
    assert notice is not None
    assert "No field" in notice[1]  # among those that this application was made without
    assert "No field" not in inside(broken, house).get("/t/acme/").text


def test_the_operator_reads_why(broken, house):
    operator = house.new_person(None, house.acme, operator=True)
    client = inside(broken, house)
    client.set_cookie("tenantry_session", house.browser(operator).get_cookie("tenantry_session").value)
    page = client.get("/operator/plugins")
    assert page.status_code == 200
    said = unescape(page.text).replace("“", "")
    for name, (_text, reason) in BROKEN.items():
        assert name in said
        assert reason.replace("“", "").split("”")[0] in said


SOUND = """
pages.before_request(lambda: None)
pages.after_request(lambda answer: answer)
pages.errorhandler(404)(lambda error: "nothing")
pages.context_processor(dict)
pages.app_template_global("garage_words")(lambda: "")
pages.get("/garage/here")(access("garage.vehicle.read")(lambda: ""))
"""


def test_a_blueprint_may_serve_its_own_pages():
    from flask import Blueprint

    from app.host.pages import check_blueprints
    from app.sdk import Plugin, access

    pages = Blueprint("garage_pages", __name__)
    exec(SOUND, {"pages": pages, "access": access})
    check_blueprints(Plugin("garage", title="Garage"), [pages], ["/garage/vehicle"])


def test_words_are_tried_in_every_language(tmp_path):
    """A translation that wants something else than the English gives."""
    from types import ModuleType

    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    from app.host.claims import ClaimError
    from app.host.spoken import check_words
    from app.sdk import Permission, _l

    catalogue = Catalog(locale="ar")
    catalogue.add("Open %(what)s", "افتح %(shay)s")
    folder = tmp_path / "translations" / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    module = ModuleType("spoken")
    module.__file__ = str(tmp_path / "plugin.py")
    check_words([Permission("x.y.z", _l("Open it"))], module)
    with pytest.raises(ClaimError, match=r"Permission\.title cannot be said in “ar”"):
        check_words([Permission("x.y.z", _l("Open %(what)s", what="it"))], module)


@pytest.mark.parametrize("place", ["import", "hook"])
def test_nobody_waits_for_what_hangs_at_the_start(tmp_path, monkeypatch, place):
    name = f"hangs_in_{place}"
    package = tmp_path / "hanging" / name
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    hangs = "import time; time.sleep(60)"
    text = hook("jobs()", f"{hangs}; return []") if place == "hook" else hangs
    (package / "plugin.py").write_text(text.replace("{name}", name))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("app.host.asked.DECLARING", 2.0)
    began = monotonic()
    found = [Found(known, module) for known, module in CORE_PLUGINS.items()]
    made = build([*found, Found(name, f"hanging.{name}.plugin")], tolerant=True)
    assert monotonic() - began < 30
    assert "takes longer than 2 seconds" in made.quarantined[name]


def test_the_core_is_never_left_out():
    assert not Faulty(Found("contacts", CORE_PLUGINS["contacts"]), ValueError()).may_be_left_out
    assert Faulty(Found("contacts", "elsewhere.plugin"), ValueError()).may_be_left_out


def test_what_breaks_in_a_page_is_counted_for_the_operator(app, house, samples, request):
    with house.inside() as session:
        key = samples.record(session, Repair, status="booked").id
        session.commit()
    action = app.extensions["tenantry"].entries["garage.repair"].actions["reopen"]
    before = action.run
    object.__setattr__(action, "run", break_down)  # it is frozen, and a test may break it all the same
    request.addfinalizer(lambda: object.__setattr__(action, "run", before))
    answer = house.api("owner").post(f"/garage/repair/{key}/actions/reopen", {})
    assert answer.status_code == 500
    assert house.api("owner").get("/garage/repair").status_code == 200, "the others work"
    operator = house.new_person(None, house.acme, operator=True)
    page = house.browser(operator).get("/operator/plugins")
    assert "ZeroDivisionError" in page.text
    assert f"/api/v1/garage/repair/{key}/actions/reopen" in page.text


def break_down(*_args, **_more):
    raise ZeroDivisionError
