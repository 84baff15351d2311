"""Law 4 and the house's order: who imports whom, who may step round the walls, who speaks SQL to the database."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]
CODE = sorted(path for path in (ROOT / "app").rglob("*.py") if "testing" not in path.parts)
MAY_SEE_ALL_TENANTS = {
    "app/audit/keeping.py": "chains of all tenants are verified, anchored and pruned",
    "app/audit/refusals.py": "who was refused is told to the tenants they belong to, after the request",
    "app/cli/preparation.py": "is this installation new?",
    "app/demo.py": "the demo's accounts",
    "app/events/relay.py": "which tenants have events waiting?",
    "app/host/accepted.py": "installed plugins are of no tenant",
    "app/host/versions.py": "installed plugins are of no tenant",
    "app/installation/bridges.py": "bridges are switched in every tenant",
    "app/installation/pins.py": "pins of plugins are of many tenants",
    "app/identity/accounts.py": "accounts belong to no tenant",
    "app/identity/api_tokens.py": "a token is looked up before its tenant is known",
    "app/identity/directory.py": "sign-in",
    "app/identity/identities.py": "who vouches for an account is asked before anybody is known",
    "app/identity/members.py": "the tenant switcher, and members added from outside",
    "app/identity/recovery.py": "accounts belong to no tenant",
    "app/identity/roles.py": "roles belong to no tenant",
    "app/identity/sessions.py": "sessions belong to no tenant",
    "app/identity/sync.py": "permissions belong to no tenant",
    "app/installation/closing.py": "the tenant directory",
    "app/installation/purge.py": "a plugin leaves the whole installation",
    "app/installation/rotation.py": "installed plugins are of no tenant",
    "app/installation/archive.py": "what is outside the tenant belongs to its archive",
    "app/installation/restoring.py": "what was outside the tenant comes back from an archive",
    "app/installation/status.py": "the operator looks after the plugins of all tenants",
    "app/installation/upgrades.py": "which tenants have a plugin on that has a new version?",
    "app/installation/approval.py": "installed plugins are of no tenant",
    "app/installation/preflight.py": "a migration touches rows of every tenant",
    "app/installation/upgrading.py": "installed plugins are of no tenant",
    "app/installation/faults.py": "hooks of a plugin fail in any tenant",
    "app/installation/features.py": "the operator decides about features of all tenants",
    "app/jobs/dispatcher.py": "the jobs of all tenants share the workers",
    "app/jobs/keeper.py": "the jobs of all tenants share the workers",
    "app/jobs/metrics.py": "the jobs of all tenants are counted",
    "app/jobs/operator.py": "the operator looks after the jobs of all tenants",
    "app/jobs/presence.py": "workers belong to no tenant",
    "app/jobs/running.py": "the jobs of all tenants share the workers",
    "app/jobs/scheduler.py": "the schedules of all tenants share the clock",
    "app/jobs/sweeping.py": "the jobs of all tenants are swept together",
    "app/tenancy/services.py": "the tenant directory",
    "app/webhooks/quarantine.py": "messages of nobody we know",
    "app/webhooks/routing.py": "whose is a message?",
    "app/webhooks/storing.py": "messages of nobody we know",
}
"""The only way round the walls, and why each of these takes it. A longer list needs a better reason."""
FAB = ("app/screens/", "app/identity/", "app/__init__.py", "app/data/base.py")
"""`app.data.base` shares the declarative base of Flask-AppBuilder's tables, and nothing else of it."""


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def imports(path):
    """(module, name) of every import, function bodies included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def calls(path, name):
    """Lines on which a function of this name is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node.lineno, node


@pytest.fixture
def loggers_stay():
    """import-linter silences every logger that is there; other tests of the process want to hear them."""
    yield
    for one in logging.Logger.manager.loggerDict.values():
        if isinstance(one, logging.Logger):
            one.disabled = False


def test_the_import_contracts_hold(monkeypatch, capsys, loggers_stay):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.path", [str(ROOT)])
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_only_known_modules_step_round_the_walls():
    assert {name_of(path) for path in CODE if any(calls(path, "platform_session"))} == set(MAY_SEE_ALL_TENANTS)


def test_every_step_round_the_walls_says_why():
    for path in CODE:
        for line, call in calls(path, "platform_session"):
            reason = call.args[0] if call.args else None
            said = isinstance(reason, ast.Constant) and len(str(reason.value).split()) >= 3
            assert said or isinstance(reason, ast.JoinedStr), f"{name_of(path)}:{line}"


def test_only_known_modules_know_flask_appbuilder():
    for path in CODE:
        if any(module.split(".")[0] == "flask_appbuilder" for module, _name in imports(path)):
            assert name_of(path).startswith(FAB), name_of(path)


def test_the_core_never_imports_a_plugin():
    for path in CODE:
        assert not [module for module, _name in imports(path) if module.split(".")[0] in ("plugins", "tests")], path


@pytest.mark.parametrize("plugin", sorted(path.parent.name for path in (ROOT / "plugins").glob("*/plugin.py")) or [""])
def test_plugins_see_the_core_through_its_one_door(plugin):
    for path in (ROOT / "plugins" / plugin).rglob("*.py") if plugin else []:
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for module, name in imports(path):
            first, _dot, rest = module.partition(".")
            assert first != "app" or module == "app.sdk", f"{name_of(path)} imports {module}"
            if first == "plugins" and not rest.startswith(plugin):
                assert ".public" in f"{module}.{name}", f"{name_of(path)} imports {module}"


def test_nothing_below_the_session_is_used_above_it():
    """Raw connections have no second wall: only operations, migrations and the data layer open them."""
    allowed = ("app/data/", "app/ops/", "app/cli/", "app/identity/")
    for path in CODE:
        if name_of(path).startswith(allowed):
            continue
        for line, _call in [*calls(path, "exec_driver_sql"), *calls(path, "create_engine"), *calls(path, "connect")]:
            raise AssertionError(f"{name_of(path)}:{line} talks to the database past the session")


def test_no_module_has_a_name_that_says_nothing():
    for path in CODE:
        assert path.stem not in ("utils", "helpers", "common", "misc") or "openapi" in path.parts, name_of(path)
