"""Compiles the translation catalogues while the package is built, so that no compiled file lives in git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = ("app/web/translations/*/LC_MESSAGES/*.po", "plugins/*/translations/*/LC_MESSAGES/*.po")


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every .po under `root` that is newer than its .mo; returns the files written."""
    written: list[Path] = []
    for pattern in CATALOGUES:
        for source in sorted(root.glob(pattern)):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with source.open("rb") as reader:
                catalogue = read_po(reader, locale=source.parent.parent.name)
            with target.open("wb") as writer:
                write_mo(writer, catalogue)
            written.append(target)
    return written


class TranslationBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for wheels and for editable installs alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues(Path(self.root))
