"""Starts the application with many generated plugins and says what it took; `test_startup` runs it by itself.

python -m tests.start_many FOLDER   ->   seconds of the processor, seconds, statements, resources
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from app import create_app
from app.host.discovery import Found, discover
from app.host.scaffold import read, source
from app.testing.counting import count_statements
from config import load_settings

PLUGINS, RECORDS = 30, 5
FIELDS = "name:text! email:email phone:phone state:choice(open,done)! owner:contact sum:money due:day notes:long_text"


def write(folder: Path) -> list[Found]:
    """The plugins' modules, each in a package that bears its name."""
    found = []
    for number in range(PLUGINS):
        name = f"many_{number}"
        package = folder / "start_many_plugins" / name
        package.mkdir(parents=True)
        words = read(name, [f"Thing{one} {FIELDS}" for one in range(RECORDS)])
        (package / "plugin.py").write_text(source.module(words), encoding="utf-8")
        found.append(Found(name, f"start_many_plugins.{name}.plugin"))
    return found


def main(folder: Path) -> None:
    """Write, start, tell."""
    found = [*discover(), *write(folder)]
    sys.path.insert(0, str(folder))
    settings = load_settings({"TENANTRY_ENV": "test", "TENANTRY_VAR": str(folder)})
    began, worked = time.perf_counter(), time.process_time()
    with count_statements() as seen:
        app = create_app(settings, found)
    took, work = time.perf_counter() - began, time.process_time() - worked
    registry = app.extensions["tenantry"]
    resources = sum(one.plugin.name.startswith("many_") for one in registry.entries.values())
    print(f"{work:.2f} {took:.2f} {len(seen)} {resources} {len(registry.quarantined)}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
