"""The files around the module of a new plugin: its tests, its package, its README."""

from __future__ import annotations

from app.host.scaffold.reading import PluginWords


def tests(plugin: PluginWords) -> str:
    """Tests of the package itself: what holds for every plugin, `tenantry plugin check` asks."""
    records = ", ".join(sorted(record.name for record in plugin.shown))
    cases = ", ".join(f'({record.name}, "{record.key}")' for record in plugin.shown)
    return f'''"""What is true of this plugin. What must be true of every plugin: tenantry plugin check {plugin.name}"""

from typing import Any

import pytest

from {plugin.package}.plugin import {records}


@pytest.mark.parametrize(("model", "name"), [{cases}])
def test_records_are_seen_by_their_own_tenant_alone(house: Any, samples: Any, model: Any, name: str) -> None:
    with house.inside(house.acme) as session:
        key = samples.record(session, model).id
        session.commit()
    path = f"/{plugin.name}/{{name}}/{{key}}"
    assert house.browser("owner", house.acme).go(path).status_code == 200
    assert house.api("owner", house.acme).get(path).status_code == 200
    assert house.browser("owner", house.globex).go(path).status_code == 404
    assert house.api("owner", house.globex).get(path).status_code == 404
    assert house.api("viewer", house.acme).delete(path).status_code == 403
'''


def pyproject(plugin: PluginWords) -> str:
    """How the package is built, found and tested."""
    return f'''[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{plugin.project}"
dynamic = ["version"]
description = "{plugin.title}: a plugin of Tenantry"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["tenantry"]

[project.optional-dependencies]
test = ["tenantry[test]"]

[project.entry-points."tenantry.plugins"]
{plugin.name} = "{plugin.package}.plugin"

[tool.hatch.version]
path = "{plugin.package}/plugin.py"
pattern = 'version="(?P<version>[^"]+)"'

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
packages = ["{plugin.package}"]

[tool.mypy]
files = ["{plugin.package}", "tests"]
exclude = "/migrations/"
strict = true

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "-p no:valkey -p app.testing.fixtures --import-mode=importlib"
'''


def readme(plugin: PluginWords) -> str:
    """What a stranger needs to know of the package."""
    records = "\n".join(f"- **{record.title}**: {', '.join(field.label for field in record.fields)}"
                        for record in plugin.records)  # fmt: skip
    return f"""# {plugin.title}

A plugin of Tenantry. It keeps:

{records}

    pip install -e .                      # beside an installed tenantry
    tenantry up                           # its tables and permissions, and the server
    tenantry plugin enable {plugin.name} --tenant acme
    tenantry up --reload                  # while you write: starts anew whenever a file changes
    pip install -e ".[test]" && pytest    # its tests
    tenantry plugin check {plugin.name} --quick   # what every plugin must keep; minutes without --quick

`{plugin.package}/plugin.py` is all there is to edit. After a change of its records, while `tenantry up` runs,
`tenantry db revision {plugin.name} -m "..."` writes the migration and `tenantry words extract {plugin.name}` puts new
words into `{plugin.package}/translations`. Then start `tenantry up` anew. The version stands in `plugin.py` alone.
"""
