"""The door for plugins is documented like a library, and its documentation is true."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import app.sdk as sdk
from app.host import hookspecs

ROOT = Path(__file__).parents[1]
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if getattr(hook, "tenantry_spec", None) is not None}


def test_every_name_of_the_sdk_exists_and_is_documented():
    for name in sdk.__all__:
        value = getattr(sdk, name)
        if getattr(value, "__module__", "").startswith("app.") and callable(value):
            assert inspect.getdoc(value), f"app.sdk.{name} has no docstring"


def test_the_sdk_exports_everything_it_imports():
    tree = ast.parse((ROOT / "app/sdk.py").read_text())
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported - set(sdk.__all__) <= {"annotations", "db"}


def test_functions_of_the_sdk_are_typed():
    for name in sdk.__all__:
        value = getattr(sdk, name)
        if inspect.isfunction(value) and value.__module__.startswith("app."):
            signature = inspect.signature(value)
            assert signature.return_annotation is not inspect.Signature.empty, name
            for parameter in signature.parameters.values():
                assert parameter.annotation is not inspect.Parameter.empty, f"{name}({parameter.name})"


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_hooks_are_documented_typed_and_used(app, name):
    hook = HOOKS[name]
    signature = inspect.signature(hook)
    assert inspect.getdoc(hook)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())
    implementations = app.extensions["tenantry"].hooks.hook.__getattribute__(name).get_hookimpls()
    assert implementations, f"no plugin implements {name}: a hook ships with a plugin that uses it"


def test_one_plugin_implements_every_hook(app):
    """The orchard of the tests: a new hook is not done before the orchard does something small with it."""
    orchard = app.extensions["tenantry"].modules["orchard"]
    missing = [name for name in HOOKS if not hasattr(getattr(orchard, name, None), "tenantry_impl")]
    assert missing == [], "tests/plugins_for_tests/orchard/plugin.py implements every hook"


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_plugin_that_ships_uses_every_hook(app, name):
    """A hook that nothing of ours needs is one that nobody has tried."""
    known = app.extensions["tenantry"]
    shipped = [one.plugin_name for one in getattr(known.hooks.hook, name).get_hookimpls()]
    of_tests = {"garage", "depot", "orchard", "market"}
    assert set(shipped) - of_tests


def test_the_orchard_has_the_signatures_of_the_hooks(app):
    """What a hook's specification names is what an implementation may take."""
    orchard = app.extensions["tenantry"].modules["orchard"]
    for name, hook in HOOKS.items():
        said, done = inspect.signature(hook), inspect.signature(getattr(orchard, name))
        assert list(said.parameters) == list(done.parameters), name


def test_the_example_of_the_readme_uses_only_the_sdk():
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom):
            assert node.module == "app.sdk"
            assert {alias.name for alias in node.names} <= set(sdk.__all__)


def test_every_command_of_the_readme_exists():
    from click.testing import CliRunner

    from app.cli import tenantry

    words = set(re.findall(r"tenantry ([a-z]+)(?: ([a-z]+))?", (ROOT / "README.md").read_text()))
    known = CliRunner().invoke(tenantry, ["--help"]).output
    for group, _command in words:
        assert re.search(rf"^  {group}\b", known, re.MULTILINE), f"tenantry {group}"
