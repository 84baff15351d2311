"""Names of files, made fit to be shown and sent."""

from __future__ import annotations

import unicodedata

from flask_babel import gettext as _

NAME_LIMIT = 200
_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian and emoji are written."""


def clean_name(name: str) -> str:
    """No folders, no control or direction characters, not endless; the ending stays."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in unicodedata.normalize("NFC", base) if _is_harmless(char)).strip(" .")
    if len(plain) > NAME_LIMIT:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[: NAME_LIMIT - 20]}{dot}{ending[:19]}" if dot else plain[:NAME_LIMIT]
    return plain or _("file")


def _is_harmless(char: str) -> bool:
    return unicodedata.category(char)[0] != "C" or char in _JOINERS
